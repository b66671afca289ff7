package vitals

import (
	"fmt"

	"github.com/scanledger/scanledger/domain"
)

// metric is one of the vitals.
type metric struct {
	name string // in reports
	id   string // in advisories
	of   func(domain.PageVitals) *float64
	show func(float64) string
}

var metrics = []metric{
	{"lcp", "slow-largest-paint", func(v domain.PageVitals) *float64 { return v.LCP }, milliseconds},
	{"cls", "layout-shift", func(v domain.PageVitals) *float64 { return v.CLS }, score},
	{"fcp", "slow-first-paint", func(v domain.PageVitals) *float64 { return v.FCP }, milliseconds},
	{"ttfb", "slow-first-byte", func(v domain.PageVitals) *float64 { return v.TTFB }, milliseconds},
	{"tbt", "blocking-scripts", func(v domain.PageVitals) *float64 { return v.TBT }, milliseconds},
}

func milliseconds(v float64) string { return fmt.Sprintf("%.0f ms", v) }
func score(v float64) string        { return fmt.Sprintf("%.3f", v) }

// advisory returns what is known of a rule.
func advisory(id string) domain.Advisory {
	a := advisories[id]
	a.ID = id
	return a
}

// advisories weigh nothing in the security score: a slow page is no weakness.
var advisories = map[string]domain.Advisory{
	"vitals/slow-largest-paint": {
		Title: "The main part of the page comes late", Severity: domain.Informational,
		Description: "The largest image or text of the page is shown after more than 2.5 seconds, by when visitors leave.",
		Remedy:      "Load that image or text first: have it in the HTML, preload it, and let scripts and styles that it does not need wait.",
		References:  []string{"https://web.dev/articles/lcp"},
	},
	"vitals/layout-shift": {
		Title: "The page moves while it loads", Severity: domain.Informational,
		Description: "What visitors read or want to press is moved by what comes later; the sum of the shifts is above 0.1.",
		Remedy:      "Give images, frames and advertisements their size in the HTML, and put nothing above what is shown already.",
		References:  []string{"https://web.dev/articles/cls"},
	},
	"vitals/slow-first-paint": {
		Title: "The page is blank for long", Severity: domain.Informational,
		Description: "Nothing is shown in the first 1.8 seconds.",
		Remedy:      "Shorten the way to the first paint: answer sooner, and load the scripts and styles late that it does not need.",
		References:  []string{"https://web.dev/articles/fcp"},
	},
	"vitals/slow-first-byte": {
		Title: "The server answers late", Severity: domain.Informational,
		Description: "The first byte of the page comes after more than 0.8 seconds, redirections included.",
		Remedy:      "Cache pages near the visitors, and leave out redirections.",
		References:  []string{"https://web.dev/articles/ttfb"},
	},
	"vitals/blocking-scripts": {
		Title: "Scripts keep the page from answering", Severity: domain.Informational,
		Description: "While it loads, the page does not react to its visitor for more than 0.2 seconds in all.",
		Remedy:      "Send less script, load what is not needed at once late, and split tasks that take longer than 50 ms.",
		References:  []string{"https://web.dev/articles/tbt"},
	},
}
