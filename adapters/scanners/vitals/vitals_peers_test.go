//go:build peers

package vitals

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/conformance/peers"
	"github.com/scanledger/scanledger/domain"
)

// slowPages have something to measure in each vital, far above what a machine
// that has other things to do adds to it.
var slowPages = map[string]string{
	"a late server":     `<h1>Tea</h1><p>Green and black tea.</p>`,
	"a late image":      `<h1>Tea</h1><img src="/image.svg?wait=1500" width="380" height="600">`,
	"blocking scripts":  `<h1>Tea</h1><script>` + busy + `requestAnimationFrame(()=>setTimeout(()=>busy(700),300));setTimeout(()=>busy(500),2000)</script>`,
	"a page that moves": `<h1>Tea</h1><p>Green and black tea.</p><script>setTimeout(()=>{const d=document.createElement("div");d.style.height="200px";document.body.prepend(d)},1200);setTimeout(()=>{const d=document.createElement("div");d.style.height="150px";document.body.prepend(d)},1900)</script>`,
	"a late style":      `<link rel="stylesheet" href="/style.css?wait=1200"><h1>Tea</h1><p>Green and black tea.</p>`,
}

// TestPeerVitals sets our figures beside lighthouse's, unthrottled: medians of
// RUNS (5) visits to each page, within a quarter of each other. Below 100 ms, and
// of a shift below 0.01, there is nothing to compare but the machine.
func TestPeerVitals(t *testing.T) {
	runs := 5
	if n, err := strconv.Atoi(os.Getenv("RUNS")); err == nil {
		runs = n
	}
	table := peers.New(t, "lighthouse 13.5.0", nil)
	for _, name := range slices.Sorted(maps.Keys(slowPages)) {
		address := serve(t, waiting(`<!DOCTYPE html><html lang="en"><head><title>Tea</title><meta name="viewport" content="width=device-width"></head><body>`+slowPages[name]))
		var ours, theirs []map[string]float64
		for range runs {
			s, err := scan(t, address+"/", pageTime)
			if err != nil || s.vitals == nil {
				t.Fatal(err)
			}
			ours = append(ours, figures(*s.vitals))
			var told []map[string]float64
			peers.Lighthouse(t, "vitals", []string{address + "/"}, &told)
			theirs = append(theirs, told[0])
		}
		for _, m := range metrics {
			x, y := median(ours, m.name), median(theirs, m.name)
			what := fmt.Sprintf("vitals/%s/%s", name, m.name)
			if floor := floors[m.name]; x < floor && y < floor {
				table.Better(what, true, m.show(x), m.show(y))
				continue
			}
			table.Ratio(what, x, y, units[m.name], 0.75, 1.25)
		}
	}
}

var floors = map[string]float64{"lcp": 100, "fcp": 100, "ttfb": 100, "tbt": 100, "cls": 0.01}
var units = map[string]string{"lcp": "ms", "fcp": "ms", "ttfb": "ms", "tbt": "ms", "cls": "score"}

func figures(v domain.PageVitals) map[string]float64 {
	all := map[string]float64{}
	for _, m := range metrics {
		if value := m.of(v); value != nil {
			all[m.name] = *value
		}
	}
	return all
}

func median(runs []map[string]float64, name string) float64 {
	var all []float64
	for _, r := range runs {
		all = append(all, r[name])
	}
	slices.Sort(all)
	return all[len(all)/2]
}

// waiting serves a page after 600 ms, and what it loads after what it asks for.
func waiting(text string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		wait, kind, body := 600, "text/html; charset=utf-8", text
		switch r.URL.Path {
		case "/image.svg":
			kind, body = "image/svg+xml", `<svg xmlns="http://www.w3.org/2000/svg" width="380" height="600"><rect width="380" height="600" fill="green"/><circle cx="100" cy="100" r="80" fill="white"/></svg>`
		case "/style.css":
			kind, body = "text/css", "h1 { color: green }"
		case "/favicon.ico":
			kind, body = "image/svg+xml", "<svg/>"
		}
		if n, err := strconv.Atoi(r.URL.Query().Get("wait")); err == nil {
			wait = n
		}
		select {
		case <-time.After(time.Duration(wait) * time.Millisecond):
		case <-r.Context().Done():
		}
		w.Header().Set("Content-Type", kind)
		fmt.Fprint(w, body)
	}
}
