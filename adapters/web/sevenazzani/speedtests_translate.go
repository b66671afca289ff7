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

// readable is a figure as people read it: of loss, which is a share, four digits.
func readable(name string, v float64) float64 {
	if name == "packet_loss" {
		return share(v)
	}
	return round(v)
}

func share(v float64) float64 { return math.Round(v*1e4) / 1e4 }

// analyticsOf are trends in the contract's shape.
func analyticsOf(t projections.SpeedTrends) speedAnalytics {
	a := speedAnalytics{
		Tests: t.Tests, Figures: map[string]speedSpread{}, Trend: map[string]float64{}, Daily: make([]speedDay, len(t.Days)), Breaches: make([]speedBreach, len(t.Breaches)),
	}
	for name, s := range t.Spread {
		of := func(v float64) float64 { return readable(name, v) }
		a.Figures[name] = speedSpread{
			Count: s.Count, Mean: of(s.Mean), Min: of(s.Min), P5: of(s.P5), P25: of(s.P25), Median: of(s.Median), P75: of(s.P75), P95: of(s.P95), Max: of(s.Max),
		}
	}
	for name, change := range t.Change {
		a.Trend[name] = share(change)
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
		a.Breaches[i] = speedBreach{TestID: b.Test, CreatedAt: stamp(b.At), Figure: b.Figure, Value: readable(b.Figure, b.Value), Threshold: b.Threshold}
	}
	return a
}
