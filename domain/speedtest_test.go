package domain

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"testing"
)

// moved is a request that took so many milliseconds, with round trips meanwhile.
func moved(size int64, ms float64, pings ...float64) Transfer {
	return Transfer{Size: size, MS: ms, Pings: pings}
}

// TestMeasureSpeed has a row for each rule of the method.
func TestMeasureSpeed(t *testing.T) {
	twenty := make([]float64, 25)
	for i := range twenty {
		twenty[i] = float64(i)
	}
	for _, row := range []struct {
		what    string
		samples SpeedSamples
		want    SpeedFigures
	}{
		{"nothing", SpeedSamples{}, SpeedFigures{}},
		{"latency is the median, jitter the mean of what follows each other", SpeedSamples{Idle: []float64{10, 14, 12, 30}},
			SpeedFigures{Latency: new(13.0), Jitter: new(8.0)}},
		{"one round trip has no jitter", SpeedSamples{Idle: []float64{10}}, SpeedFigures{Latency: new(10.0)}},
		{"the server's time is none of the line's", SpeedSamples{Download: []Transfer{{Size: 1e6, MS: 110, ServerMS: 10}}},
			SpeedFigures{Download: new(8e7)}},
		{"what moved counts, not what was asked for", SpeedSamples{Upload: []Transfer{{Size: 1e6, Bytes: 2e6, MS: 100}}},
			SpeedFigures{Upload: new(1.6e8)}},
		{"a request of less than 10 ms says nothing", SpeedSamples{Download: []Transfer{moved(1e6, 9.9)}}, SpeedFigures{}},
		{"the 90th percentile, between the nearest", SpeedSamples{Download: []Transfer{moved(1e6, 80), moved(1e6, 100), moved(1e6, 160)}},
			SpeedFigures{Download: new(9.6e7)}},
		{"a set is loaded where all its requests lasted", SpeedSamples{Download: []Transfer{moved(1e6, 249, 1), moved(1e6, 400, 2), moved(2e6, 250, 40, 50)}},
			SpeedFigures{Download: new(8*2e6/.25 - .2*(8*2e6/.25-8*1e6/.249)), DownLoaded: new(45.0), DownJitter: new(10.0)}},
		{"the smaller sets come first, and the last twenty count", SpeedSamples{Upload: []Transfer{moved(2e6, 8000, twenty...), moved(1e6, 8000, 1000)}},
			SpeedFigures{Upload: new(1.9e6), UpLoaded: new(14.5), UpJitter: new(1.0)}},
		{"packets that were lost", SpeedSamples{Idle: []float64{1}, Sent: 1000, Lost: 25}, SpeedFigures{Latency: new(1.0), Loss: new(0.025)}},
	} {
		got := MeasureSpeed(row.samples)
		got.Scores = nil
		if !same(got, row.want) {
			t.Errorf("%s:\n got %s\nwant %s", row.what, toldSpeed(t, got), toldSpeed(t, row.want))
		}
	}
}

// same compares figures to a millionth.
func same(a, b SpeedFigures) bool {
	va, vb := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range va.NumField() {
		x, ok := va.Field(i).Interface().(*float64)
		y, _ := vb.Field(i).Interface().(*float64)
		if ok && ((x == nil) != (y == nil) || x != nil && math.Abs(*x-*y) > 1e-6*math.Abs(*y)) {
			return false
		}
	}
	return a.Bloat == b.Bloat
}

func toldSpeed(t *testing.T, f SpeedFigures) string {
	t.Helper()
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestBufferbloat grades the mean rise of both directions.
func TestBufferbloat(t *testing.T) {
	for _, row := range []struct {
		idle, down, up float64
		want           string
	}{
		{10, 12, 12, "A+"}, {10, 14.9, 14.9, "A+"}, {10, 15, 15, "A"}, {10, 10, 69.9, "A"}, {10, 40, 40, "B"}, {10, 70, 70, "C"},
		{10, 209, 209, "C"}, {10, 210, 210, "D"}, {10, 409, 409, "D"}, {10, 410, 410, "F"}, {10, 5, 5, "A+"},
	} {
		if got := bufferbloat(SpeedFigures{Latency: &row.idle, DownLoaded: &row.down, UpLoaded: &row.up}); got != row.want {
			t.Errorf("%v: %s", row, got)
		}
	}
	if got := bufferbloat(SpeedFigures{Latency: new(1.0), DownLoaded: new(9.0)}); got != "" {
		t.Errorf("with one direction alone it is %s", got)
	}
}

// TestSuitabilities adds up points, and has none for what rests on something
// that was not measured.
func TestSuitabilities(t *testing.T) {
	for _, row := range []struct {
		what string
		f    SpeedFigures
		want map[string]Suitability
	}{
		{"nothing", SpeedFigures{}, nil},
		{"nothing under load", SpeedFigures{Latency: new(5.0), Jitter: new(1.0), Download: new(1e9), Loss: new(0.0)}, nil},
		{"the best", SpeedFigures{Latency: new(5.0), Jitter: new(1.0), Download: new(1e9), Loss: new(0.0), DownLoaded: new(6.0), UpLoaded: new(9.0)},
			map[string]Suitability{"streaming": {80, "great"}, "gaming": {50, "great"}, "rtc": {60, "great"}}},
		{"loss that is not known counts nothing", SpeedFigures{Latency: new(5.0), Download: new(1e8), DownLoaded: new(6.0)},
			map[string]Suitability{"streaming": {70, "great"}, "gaming": {40, "great"}}},
		{"thresholds belong to what is above", SpeedFigures{Latency: new(10.0), Jitter: new(10.0), Download: new(1e6), Loss: new(0.01), DownLoaded: new(20.0)},
			map[string]Suitability{"streaming": {30, "average"}, "gaming": {25, "good"}, "rtc": {30, "good"}}},
		{"never below nothing", SpeedFigures{Latency: new(500.0), Jitter: new(500.0), Download: new(1.0), Loss: new(1.0), DownLoaded: new(1500.0), UpLoaded: new(600.0)},
			map[string]Suitability{"streaming": {0, "bad"}, "gaming": {0, "bad"}, "rtc": {0, "bad"}}},
	} {
		if got := suitabilities(row.f); !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s: %v", row.what, got)
		}
	}
}

// TestSpeedSamplesFit has as much in every list as it may have, of the longest
// numbers: the event is one that can be told.
func TestSpeedSamplesFit(t *testing.T) {
	const long = 1.2345678901234567e-101
	pings := slices.Repeat([]float64{long}, MaxRoundTrips)
	transfer := Transfer{Size: MaxTransferSize, Bytes: 2 * MaxTransferSize, MS: 123456.78901234567, ServerMS: long}
	s := SpeedSamples{Idle: pings, Download: slices.Repeat([]Transfer{transfer}, MaxTransfers), Upload: slices.Repeat([]Transfer{transfer}, MaxTransfers), Sent: MaxPackets, Lost: MaxPackets}
	for i := range MaxAllRoundTrips/MaxRoundTrips - 1 {
		s.Download[i].Pings = pings
	}
	if err := s.Check(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Encode(SpeedTestCompleted{Samples: s, Figures: MeasureSpeed(s)}); err != nil {
		t.Error(err)
	}
	s.Upload[0].Pings = []float64{1}
	if err := s.Check(); CodeOf(err) != Invalid || err.Error() != "samples must have at most 20000 round trips in all: these have 20001" {
		t.Error(err)
	}
}

// TestSpeedSamplesCheck refuses what nobody can have measured, and names it.
func TestSpeedSamplesCheck(t *testing.T) {
	good := Transfer{Size: 1e6, MS: 100, ServerMS: 100}
	for says, s := range map[string]SpeedSamples{
		"samples must have idle_ms, download or upload":                       {},
		"samples.idle_ms must have at most 1000 items":                        {Idle: make([]float64, 1001)},
		"samples.idle_ms[1] must be from 0 to 600000 milliseconds":            {Idle: []float64{0, -1}},
		"samples.idle_ms[0] must be from 0 to 600000 milliseconds":            {Idle: []float64{math.NaN()}},
		"samples.download must have at most 200 items":                        {Download: make([]Transfer, 201)},
		"samples.download[0].size must be from 1 to 1073741824 bytes":         {Download: []Transfer{{MS: 1}}},
		"samples.upload[1].bytes must be from 0 to 2147483648":                {Upload: []Transfer{good, {Size: 1, Bytes: -1}}},
		"samples.upload[0].ms must be from 0 to 600000 milliseconds":          {Upload: []Transfer{{Size: 1, MS: math.Inf(1)}}},
		"samples.upload[0].server_ms must be from 0 to ms":                    {Upload: []Transfer{{Size: 1, MS: 1, ServerMS: 2}}},
		"samples.upload[0].pings_ms[0] must be from 0 to 600000 milliseconds": {Upload: []Transfer{{Size: 1, MS: 1, Pings: []float64{600_001}}}},
		"samples.packets_sent must be from 0 to 1000000":                      {Idle: []float64{1}, Sent: -1},
		"samples.packets_lost must be from 0 to packets_sent":                 {Idle: []float64{1}, Sent: 1, Lost: 2},
	} {
		if err := s.Check(); CodeOf(err) != Invalid || err.Error() != says {
			t.Errorf("got %v, want %s", err, says)
		}
	}
	if err := (SpeedSamples{Idle: []float64{1}, Download: []Transfer{good}, Upload: []Transfer{good}, Sent: 1, Lost: 1}).Check(); err != nil {
		t.Error(err)
	}
}

// TestJudged goes by the samples where there are any, whatever was told then.
func TestJudged(t *testing.T) {
	told := SpeedFigures{Latency: new(99.0)}
	if method, f := (SpeedTestCompleted{Method: 0, Figures: told}).Judged(); method != 0 || *f.Latency != 99 {
		t.Errorf("%d %v", method, f)
	}
	if method, f := (SpeedTestCompleted{Method: 0, Figures: told, Samples: SpeedSamples{Idle: []float64{5}}}).Judged(); method != SpeedMethodVersion || *f.Latency != 5 {
		t.Errorf("%d %v", method, f)
	}
}

// FuzzSpeedSamples takes nothing of which no figures can be told.
func FuzzSpeedSamples(f *testing.F) {
	f.Add([]byte(`{"idle_ms":[1,2.5],"download":[{"size":100000,"ms":300,"server_ms":1,"pings_ms":[9,10]}],"upload":[{"size":1,"bytes":9,"ms":11}],"packets_sent":10,"packets_lost":1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var s SpeedSamples
		if json.Unmarshal(raw, &s) != nil || s.Check() != nil {
			return
		}
		if _, err := json.Marshal(SpeedTestCompleted{Figures: MeasureSpeed(s), Samples: s}); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
	})
}
