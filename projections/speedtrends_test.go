package projections

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// speedTests are tests, newest first, of so many Mbit/s down each, some hours
// apart, with a ping each of 10 ms.
func speedTests(hours int, mbps ...float64) (rows []SpeedTestRow) {
	at := time.Date(2026, 5, 10, 23, 0, 0, 0, time.UTC)
	for n, v := range mbps {
		r := SpeedTestRow{ID: uuid.UUID{byte(n + 1)}, At: at.Add(-time.Duration(n*hours) * time.Hour), Figures: domain.SpeedFigures{Latency: new(10.0)}}
		if v > 0 {
			r.Figures.Download = new(v * 1e6)
		}
		rows = append(rows, r)
	}
	return rows
}

func TestSpeedTrends(t *testing.T) {
	t.Run("none", func(t *testing.T) {
		want := SpeedTrends{Spread: map[string]Spread{}, Days: []SpeedDay{}, Change: map[string]float64{}, Breaches: []Breach{}}
		if got := SpeedTrendsOf(nil, SpeedThresholds{}); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("spread leaves out what was not measured", func(t *testing.T) {
		got := SpeedTrendsOf(speedTests(1, 40, 0, 20, 30, 10), SpeedThresholds{})
		want := Spread{Count: 4, Min: 10, P5: 11.5, P25: 17.5, Median: 25, P75: 32.5, P95: 38.5, Max: 40, Mean: 25}
		if got.Tests != 5 || got.Spread["download"] != want || got.Spread["ping"].Count != 5 || len(got.Spread) != 2 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("change is from the older half to the newer", func(t *testing.T) {
		for _, row := range []struct {
			mbps []float64
			want map[string]float64
		}{
			{[]float64{10}, map[string]float64{}},
			{[]float64{15, 10}, map[string]float64{"download": 0.5, "ping": 0}},
			{[]float64{5, 99, 10}, map[string]float64{"download": -0.5, "ping": 0}}, // the middle one is in neither
			{[]float64{0, 10}, map[string]float64{"ping": 0}},
		} {
			if got := SpeedTrendsOf(speedTests(1, row.mbps...), SpeedThresholds{}).Change; !reflect.DeepEqual(got, row.want) {
				t.Errorf("%v: %v", row.mbps, got)
			}
		}
	})
	t.Run("days are UTC's, the oldest first, without those of no test", func(t *testing.T) {
		got := SpeedTrendsOf(speedTests(20, 40, 20, 30), SpeedThresholds{}).Days // 23:00, 3:00 and 7:00 of the day before
		want := []SpeedDay{
			{"2026-05-09", 1, map[string]float64{"download": 30, "ping": 10}}, {"2026-05-10", 2, map[string]float64{"download": 30, "ping": 10}},
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v", got)
		}
	})
	t.Run("what is just at a threshold is none beyond it", func(t *testing.T) {
		got := SpeedTrendsOf(speedTests(1, 40, 29.9, 30, 0), SpeedThresholds{Download: new(30.0), Ping: new(10.0), Jitter: new(0.0)}).Breaches
		if len(got) != 1 || got[0].Figure != "download" || got[0].Value != 29.9 || got[0].Test != (uuid.UUID{2}).String() {
			t.Errorf("%+v", got)
		}
		if got := SpeedTrendsOf(speedTests(1, 1), SpeedThresholds{Ping: new(9.0), Loss: new(0.0)}).Breaches; len(got) != 1 || got[0].Threshold != 9 {
			t.Errorf("%+v", got)
		}
	})
}

// TestSpeedTestRow reads back what was written.
func TestSpeedTestRow(t *testing.T) {
	samples := domain.SpeedSamples{Idle: []float64{1, 2}, Download: []domain.Transfer{{Size: 10, MS: 300, Pings: []float64{4}}}, Upload: []domain.Transfer{{Size: 10, MS: 300}}}
	for _, test := range []domain.SpeedTestCompleted{
		{}, {Origin: domain.FromLibreSpeed, Figures: domain.SpeedFigures{Download: new(1.5), Loss: new(0.25)}},
		{Account: uuid.UUID{1}, Origin: domain.FromBrowser, Server: "local", Location: "here", Method: 1, Figures: domain.MeasureSpeed(samples), Samples: samples},
	} {
		e := domain.Envelope{ID: uuid.UUID{9}, At: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), Event: test}
		if got, err := SpeedTestRowFrom(SpeedTests.Values(e)); err != nil || !reflect.DeepEqual(got, SpeedTestRowOf(e)) {
			t.Errorf("%v\n got %+v\nwant %+v", err, got, SpeedTestRowOf(e))
		}
		if len(SpeedTests.Values(e)) != len(SpeedTests.Columns) || SpeedTests.Account(e) != test.Account {
			t.Errorf("%d values", len(SpeedTests.Values(e)))
		}
	}
	if _, err := SpeedTestRowFrom(append(SpeedTests.Values(domain.Envelope{})[:15], "{")); err == nil {
		t.Error("samples that are no JSON are read")
	}
}
