package domain

import (
	"cmp"
	"slices"
)

// The words by which web.dev judges a web vital.
const (
	VitalGood             = "good"
	VitalNeedsImprovement = "needs improvement"
	VitalPoor             = "poor"
)

// vitalLimits are up to where a web vital is good, and beyond which it is
// poor, in the unit of PageVitals: web.dev's, and for tbt Lighthouse's.
var vitalLimits = map[string][2]float64{
	"lcp": {2500, 4000}, "cls": {0.1, 0.25}, "fcp": {1800, 3000}, "ttfb": {800, 1800}, "tbt": {200, 600},
}

// VitalRating is web.dev's word for a vital ("lcp", "cls", "fcp", "ttfb" or
// "tbt"); "" for another name.
func VitalRating(name string, value float64) string {
	limits, known := vitalLimits[name]
	switch {
	case !known:
		return ""
	case value <= limits[0]:
		return VitalGood
	case value <= limits[1]:
		return VitalNeedsImprovement
	default:
		return VitalPoor
	}
}

// PageTimeline is what a browser told of one page as it loaded: the raw
// evidence of its vitals. Times are in milliseconds from the beginning of the
// navigation.
type PageTimeline struct {
	URL     string             `json:"url"`
	Browser string             `json:"browser,omitempty"`
	Ended   float64            `json:"ended"` // when the browser stopped looking
	Entries []PerformanceEntry `json:"entries"`
}

// PerformanceEntry is one entry of the browser's performance timeline, with
// the browser's own names; a field is 0 where the entry's type has none.
type PerformanceEntry struct {
	EntryType     string  `json:"entryType"` // "navigation", "paint", "largest-contentful-paint", "layout-shift", "longtask", "resource"
	Name          string  `json:"name,omitempty"`
	StartTime     float64 `json:"startTime"`
	Duration      float64 `json:"duration"`
	ResponseStart float64 `json:"responseStart,omitempty"`
	ResponseEnd   float64 `json:"responseEnd,omitempty"`
	DOMReady      float64 `json:"domContentLoadedEventEnd,omitempty"`
	Loaded        float64 `json:"loadEventEnd,omitempty"`
	Size          float64 `json:"size,omitempty"`
	Value         float64 `json:"value,omitempty"` // of a layout shift
	Input         bool    `json:"hadRecentInput,omitempty"`
}

// Lighthouse's rules: a task blocks for what it takes beyond 50 ms, a page is at
// rest in a window of 5 s without such tasks and with at most two requests under
// way; layout shifts are one session while no more than 1 s lies between two and
// no more than 5 s between the first and the last.
const (
	blocking     = 50
	restWindow   = 5000
	restRequests = 2
	shiftGap     = 1000
	shiftSession = 5000
)

// Of returns the entries of a type, in the order of their beginnings.
func (t PageTimeline) Of(entryType string) (found []PerformanceEntry) {
	for _, e := range t.Entries {
		if e.EntryType == entryType {
			found = append(found, e)
		}
	}
	slices.SortStableFunc(found, func(a, b PerformanceEntry) int { return cmp.Compare(a.StartTime, b.StartTime) })
	return found
}

// Navigation is the page's own request; later entries know more of it.
func (t PageTimeline) Navigation() PerformanceEntry {
	n := PerformanceEntry{}
	for _, e := range t.Of("navigation") {
		n.ResponseStart, n.ResponseEnd = max(n.ResponseStart, e.ResponseStart), max(n.ResponseEnd, e.ResponseEnd)
		n.DOMReady, n.Loaded = max(n.DOMReady, e.DOMReady), max(n.Loaded, e.Loaded)
	}
	return n
}

// Vitals reckons the page's vitals as Lighthouse does unthrottled. A page that
// painted nothing has only its ttfb; the others than ttfb and fcp are null until
// the page was loaded and at rest, for they may still grow.
func (t PageTimeline) Vitals() PageVitals {
	v := PageVitals{URL: t.URL, Browser: t.Browser}
	if first := t.Navigation().ResponseStart; first > 0 {
		v.TTFB = &first
	}
	if v.FCP = t.firstPaint(); v.FCP == nil {
		return v
	}
	rest, ok := t.AtRest()
	if !ok {
		return v
	}
	shift, blocked := layoutShift(t.Of("layout-shift")), blockedTime(t.Of("longtask"), *v.FCP, rest)
	v.CLS, v.TBT = &shift, &blocked
	if candidates := t.Of("largest-contentful-paint"); len(candidates) > 0 {
		v.LCP = &candidates[len(candidates)-1].StartTime
	}
	return v
}

func (t PageTimeline) firstPaint() *float64 {
	for _, e := range t.Of("paint") {
		if e.Name == "first-contentful-paint" {
			return &e.StartTime
		}
	}
	return nil
}

// AtRest is when the page could be used, Lighthouse's time to interactive: the
// beginning of the first window of rest after it was painted, and not before its
// document was there. False while there is none, or the page is not loaded.
func (t PageTimeline) AtRest() (float64, bool) {
	painted, page := t.firstPaint(), t.Navigation()
	if painted == nil || page.Loaded == 0 {
		return 0, false
	}
	busy := append(t.longTasks(), t.crowded()...)
	slices.SortFunc(busy, func(a, b stretch) int { return cmp.Compare(a.from, b.from) })
	from := 0.0
	for _, b := range append(busy, stretch{t.Ended, t.Ended}) {
		if b.from-from >= restWindow && b.from > *painted+restWindow {
			return max(from, *painted, page.DOMReady), true
		}
		from = max(from, b.to)
	}
	return 0, false
}

// stretch is from one time to another.
type stretch struct{ from, to float64 }

func (t PageTimeline) longTasks() (busy []stretch) {
	for _, e := range t.Of("longtask") {
		if e.Duration >= blocking {
			busy = append(busy, stretch{e.StartTime, e.StartTime + e.Duration})
		}
	}
	return busy
}

// crowded are the stretches in which more requests were under way than a page
// at rest may have.
func (t PageTimeline) crowded() (busy []stretch) {
	type change struct {
		at   float64
		more int
	}
	page := t.Navigation()
	changes := []change{{0, 1}, {page.ResponseEnd, -1}}
	for _, e := range t.Of("resource") {
		changes = append(changes, change{e.StartTime, 1}, change{max(e.ResponseEnd, e.StartTime), -1})
	}
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.more, b.more)) })
	under, from := 0, 0.0
	for _, c := range changes {
		was := under
		under += c.more
		switch {
		case was <= restRequests && under > restRequests:
			from = c.at
		case was > restRequests && under <= restRequests:
			busy = append(busy, stretch{from, c.at})
		}
	}
	return busy
}

// blockedTime is what tasks take beyond 50 ms between two times.
func blockedTime(tasks []PerformanceEntry, from, to float64) (sum float64) {
	for _, e := range tasks {
		within := min(e.StartTime+e.Duration, to) - max(e.StartTime, from)
		sum += max(within-blocking, 0)
	}
	return sum
}

// layoutShift is the sum of the worst session of shifts that no visitor caused.
func layoutShift(shifts []PerformanceEntry) (worst float64) {
	var sum, first, last float64
	for _, e := range shifts {
		if e.Input {
			continue
		}
		if sum == 0 || e.StartTime-last > shiftGap || e.StartTime-first > shiftSession {
			sum, first = 0, e.StartTime
		}
		sum, last = sum+e.Value, e.StartTime
		worst = max(worst, sum)
	}
	return worst
}
