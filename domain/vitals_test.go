package domain

import (
	"math"
	"testing"
)

func paint(at float64) PerformanceEntry {
	return PerformanceEntry{EntryType: "paint", Name: "first-contentful-paint", StartTime: at}
}

func loaded(at float64) PerformanceEntry {
	return PerformanceEntry{EntryType: "navigation", ResponseStart: 50, ResponseEnd: 60, DOMReady: at - 1, Loaded: at}
}

func task(from, for_ float64) PerformanceEntry {
	return PerformanceEntry{EntryType: "longtask", StartTime: from, Duration: for_}
}

func request(from, to float64) PerformanceEntry {
	return PerformanceEntry{EntryType: "resource", StartTime: from, ResponseEnd: to}
}

func shift(at, by float64) PerformanceEntry {
	return PerformanceEntry{EntryType: "layout-shift", StartTime: at, Value: by}
}

func TestVitalsOfATimeline(t *testing.T) {
	none := math.NaN()
	for _, c := range []struct {
		name                     string
		ended                    float64
		entries                  []PerformanceEntry
		lcp, cls, fcp, ttfb, tbt float64
	}{
		{"nothing came", 45000, nil, none, none, none, none, none},
		{"a blank page", 45000, []PerformanceEntry{loaded(100)}, none, none, none, 50, none},
		{"a still page", 5301, []PerformanceEntry{loaded(100), paint(300), {EntryType: "largest-contentful-paint", StartTime: 300}}, 300, 0, 300, 50, 0},
		{"no window of 5 s yet", 5300, []PerformanceEntry{loaded(100), paint(300)}, none, none, 300, 50, none},
		{"not loaded", 45000, []PerformanceEntry{{EntryType: "navigation", ResponseStart: 50, DOMReady: 90}, paint(300)}, none, none, 300, 50, none},
		{"the last candidate is the largest", 7000, []PerformanceEntry{loaded(100), paint(300),
			{EntryType: "largest-contentful-paint", StartTime: 900}, {EntryType: "largest-contentful-paint", StartTime: 300}}, 900, 0, 300, 50, 0},
		{"tasks block beyond 50 ms, after the first paint", 9000, []PerformanceEntry{loaded(100), paint(300), task(100, 150), task(400, 150), task(1000, 60)}, none, 0, 300, 50, 110},
		{"a task across the first paint is cut", 9000, []PerformanceEntry{loaded(100), paint(300), task(200, 200)}, none, 0, 300, 50, 50},
		{"what follows the first rest does not count", 20000, []PerformanceEntry{loaded(100), paint(300), task(400, 150), task(5551, 1000)}, none, 0, 300, 50, 100},
		{"what comes before it does", 20000, []PerformanceEntry{loaded(100), paint(300), task(400, 150), task(5549, 1000)}, none, 0, 300, 50, 1050},
		{"three requests are no rest", 20000, []PerformanceEntry{loaded(100), paint(300), request(400, 4000), request(400, 4000), request(400, 3000), task(5400, 250)}, none, 0, 300, 50, 200},
		{"two requests are", 20000, []PerformanceEntry{loaded(100), paint(300), request(400, 9000), request(400, 9000), task(5400, 250)}, none, 0, 300, 50, 0},
		{"shifts are one session while they follow closely", 9000, []PerformanceEntry{loaded(100), paint(300), shift(400, 0.1), shift(1400, 0.1), shift(2401, 0.15)}, none, 0.2, 300, 50, 0},
		{"a session is no longer than 5 s", 20000, []PerformanceEntry{loaded(100), paint(300),
			shift(0, .1), shift(1000, .1), shift(2000, .1), shift(3000, .1), shift(4000, .1), shift(5000, .1), shift(6000, .3)}, none, 0.6, 300, 50, 0},
		{"a visitor's own shift does not count", 9000, []PerformanceEntry{loaded(100), paint(300), {EntryType: "layout-shift", StartTime: 400, Value: 1, Input: true}}, none, 0, 300, 50, 0},
	} {
		v := PageTimeline{URL: "u", Browser: "b", Ended: c.ended, Entries: c.entries}.Vitals()
		if v.URL != "u" || v.Browser != "b" {
			t.Errorf("%s: %+v", c.name, v)
		}
		for name, pair := range map[string]struct {
			got  *float64
			want float64
		}{"lcp": {v.LCP, c.lcp}, "cls": {v.CLS, c.cls}, "fcp": {v.FCP, c.fcp}, "ttfb": {v.TTFB, c.ttfb}, "tbt": {v.TBT, c.tbt}} {
			switch {
			case pair.got == nil != math.IsNaN(pair.want):
				t.Errorf("%s: %s is there: %t", c.name, name, pair.got != nil)
			case pair.got != nil && math.Abs(*pair.got-pair.want) > 1e-9:
				t.Errorf("%s: %s %v, want %v", c.name, name, *pair.got, pair.want)
			}
		}
	}
}

func TestVitalRating(t *testing.T) {
	for _, c := range []struct {
		name  string
		value float64
		want  string
	}{
		{"lcp", 2500, VitalGood}, {"lcp", 2501, VitalNeedsImprovement}, {"lcp", 4001, VitalPoor},
		{"cls", 0.1, VitalGood}, {"cls", 0.25, VitalNeedsImprovement}, {"cls", 0.26, VitalPoor},
		{"fcp", 1801, VitalNeedsImprovement}, {"ttfb", 801, VitalNeedsImprovement}, {"tbt", 601, VitalPoor}, {"inp", 1, ""},
	} {
		if got := VitalRating(c.name, c.value); got != c.want {
			t.Errorf("%s %v: %q, want %q", c.name, c.value, got, c.want)
		}
	}
}
