package sevenazzani

import (
	"math"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// speedTestOf is a test in the contract's shape.
func speedTestOf(r projections.SpeedTestRow) speedTest {
	f := r.Figures
	t := speedTest{
		TestID: r.ID.String(), Location: r.Location, Server: r.Server, MeasuredBy: r.Origin, Method: r.Method,
		Download: rounded(projections.Megabits(f.Download)), Upload: rounded(projections.Megabits(f.Upload)), Ping: rounded(f.Latency), Jitter: rounded(f.Jitter),
		DownPing: rounded(f.DownLoaded), DownJitter: rounded(f.DownJitter), UpPing: rounded(f.UpLoaded), UpJitter: rounded(f.UpJitter),
		PacketLoss: f.Loss, Scores: f.Scores,
	}
	if f.Bloat != "" {
		t.Bloat = &f.Bloat
	}
	if t.Scores == nil {
		t.Scores = map[string]domain.Suitability{}
	}
	return t
}

// rounded has two digits after the point, as people read speeds.
func rounded(v *float64) *float64 {
	if v == nil {
		return nil
	}
	return new(round(*v))
}

func round(v float64) float64 { return math.Round(v*100) / 100 }

// analyticsOf are trends in the contract's shape.
func analyticsOf(t projections.SpeedTrends) speedAnalytics {
	a := speedAnalytics{
		Tests: t.Tests, Figures: map[string]speedSpread{}, Trend: map[string]float64{}, Daily: make([]speedDay, len(t.Days)), Breaches: make([]speedBreach, len(t.Breaches)),
	}
	for name, s := range t.Spread {
		a.Figures[name] = speedSpread{
			Count: s.Count, Mean: round(s.Mean), Min: round(s.Min), P5: round(s.P5), P25: round(s.P25), Median: round(s.Median), P75: round(s.P75), P95: round(s.P95), Max: round(s.Max),
		}
	}
	for name, change := range t.Change {
		a.Trend[name] = math.Round(change*1e4) / 1e4
	}
	for i, d := range t.Days {
		of := func(name string) *float64 {
			v, ok := d.Median[name]
			if !ok {
				return nil
			}
			return new(round(v))
		}
		a.Daily[i] = speedDay{Date: d.Day, Tests: d.Tests, Download: of("download"), Upload: of("upload"), Ping: of("ping"), Jitter: of("jitter")}
	}
	for i, b := range t.Breaches {
		a.Breaches[i] = speedBreach{TestID: b.Test, CreatedAt: stamp(b.At), Figure: b.Figure, Value: round(b.Value), Threshold: b.Threshold}
	}
	return a
}
