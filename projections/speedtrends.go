package projections

import (
	"slices"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// SpeedTrends are what an account's tests come to together.
type SpeedTrends struct {
	Tests  int
	Spread map[string]Spread // by figure: download, upload (Mbit/s), ping, jitter (ms), packet_loss
	Days   []SpeedDay        // oldest first; those without a test are left out
	// Change is by how much the median of the second half of the tests differs
	// from that of the first, as a share of it: 0.1 is a tenth more.
	Change   map[string]float64
	Breaches []Breach // newest first
}

// Spread is how the values of a figure lie.
type Spread struct {
	Count                               int
	Min, P5, P25, Median, P75, P95, Max float64
	Mean                                float64
}

// SpeedDay is one day, in UTC: the medians of its tests.
type SpeedDay struct {
	Day    string // 2006-01-02
	Tests  int
	Median map[string]float64
}

// SpeedThresholds are what an account expects of a line; nil for what it does not.
type SpeedThresholds struct {
	Download, Upload *float64 // Mbit/s at least
	Ping, Jitter     *float64 // ms at most
	Loss             *float64 // 0 to 1 at most
}

// Breach is a test that was beyond a threshold.
type Breach struct {
	Test      string
	At        time.Time
	Figure    string
	Value     float64
	Threshold float64
}

// speedFigures are the figures of trends, each as people read it.
var speedFigures = []struct {
	name  string
	least bool // whether a threshold is the least that is expected
	of    func(domain.SpeedFigures) *float64
	limit func(SpeedThresholds) *float64
}{
	{"download", true, func(f domain.SpeedFigures) *float64 { return Megabits(f.Download) }, func(t SpeedThresholds) *float64 { return t.Download }},
	{"upload", true, func(f domain.SpeedFigures) *float64 { return Megabits(f.Upload) }, func(t SpeedThresholds) *float64 { return t.Upload }},
	{"ping", false, func(f domain.SpeedFigures) *float64 { return f.Latency }, func(t SpeedThresholds) *float64 { return t.Ping }},
	{"jitter", false, func(f domain.SpeedFigures) *float64 { return f.Jitter }, func(t SpeedThresholds) *float64 { return t.Jitter }},
	{"packet_loss", false, func(f domain.SpeedFigures) *float64 { return f.Loss }, func(t SpeedThresholds) *float64 { return t.Loss }},
}

// Megabits is bits per second as Mbit/s.
func Megabits(bps *float64) *float64 {
	if bps == nil {
		return nil
	}
	return new(*bps / 1e6)
}

// SpeedTrendsOf folds tests, newest first.
func SpeedTrendsOf(rows []SpeedTestRow, t SpeedThresholds) SpeedTrends {
	all := SpeedTrends{Tests: len(rows), Spread: map[string]Spread{}, Change: map[string]float64{}, Days: []SpeedDay{}, Breaches: []Breach{}}
	half := len(rows) / 2
	for _, figure := range speedFigures {
		values := valuesOf(rows, figure.of)
		if len(values) > 0 {
			all.Spread[figure.name] = spreadOf(values)
		}
		newer, older := domain.Percentile(valuesOf(rows[:half], figure.of), 0.5), domain.Percentile(valuesOf(rows[len(rows)-half:], figure.of), 0.5)
		if newer != nil && older != nil && *older != 0 {
			all.Change[figure.name] = *newer / *older - 1
		}
	}
	for _, r := range rows {
		all.Breaches = append(all.Breaches, breaches(r, t)...)
	}
	for day := range byDay(rows) {
		all.Days = append(all.Days, day)
	}
	slices.Reverse(all.Days)
	return all
}

// valuesOf are the values of a figure, of the tests that measured it.
func valuesOf(rows []SpeedTestRow, of func(domain.SpeedFigures) *float64) (values []float64) {
	for _, r := range rows {
		if v := of(r.Figures); v != nil {
			values = append(values, *v)
		}
	}
	return values
}

func spreadOf(values []float64) Spread {
	at := func(share float64) float64 { return *domain.Percentile(values, share) }
	s := Spread{Count: len(values), Min: at(0), P5: at(0.05), P25: at(0.25), Median: at(0.5), P75: at(0.75), P95: at(0.95), Max: at(1)}
	for _, v := range values {
		s.Mean += v / float64(len(values))
	}
	return s
}

// byDay yields the days of tests, newest first as they are.
func byDay(rows []SpeedTestRow) func(func(SpeedDay) bool) {
	return func(yield func(SpeedDay) bool) {
		for len(rows) > 0 {
			day, n := dayOf(rows[0]), 1
			for n < len(rows) && dayOf(rows[n]) == day {
				n++
			}
			d := SpeedDay{Day: day, Tests: n, Median: map[string]float64{}}
			for _, figure := range speedFigures {
				if m := domain.Percentile(valuesOf(rows[:n], figure.of), 0.5); m != nil {
					d.Median[figure.name] = *m
				}
			}
			if !yield(d) {
				return
			}
			rows = rows[n:]
		}
	}
}

func dayOf(r SpeedTestRow) string { return r.At.UTC().Format(time.DateOnly) }

// breaches are the thresholds that a test was beyond.
func breaches(r SpeedTestRow, t SpeedThresholds) (list []Breach) {
	for _, figure := range speedFigures {
		v, limit := figure.of(r.Figures), figure.limit(t)
		if v == nil || limit == nil || figure.least && *v >= *limit || !figure.least && *v <= *limit {
			continue
		}
		list = append(list, Breach{Test: r.ID.String(), At: r.At, Figure: figure.name, Value: *v, Threshold: *limit})
	}
	return list
}
