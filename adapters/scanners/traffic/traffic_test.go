package traffic

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type seen struct {
	parts    map[string]domain.TrafficPart
	coverage map[string]domain.Coverage
}

func look(ctx context.Context, t *testing.T, raw string, profile domain.Profile) (seen, error) {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	port, _ := strconv.Atoi(u.Port())
	guard := scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	job := scanners.Job{
		Target: domain.Target{
			Kind: domain.URLTarget, Value: raw, Host: u.Hostname(), Domain: u.Hostname(),
			Scheme: u.Scheme, Port: port, Path: u.RequestURI(),
		},
		Profile: profile, Net: guard.Session(),
		Keep: func(string, []byte) domain.Hash { return "kept" },
	}
	s := seen{parts: map[string]domain.TrafficPart{}, coverage: map[string]domain.Coverage{}}
	err = (&Scanner{pause: time.Millisecond}).Scan(ctx, job, func(o domain.Observation) {
		switch o := o.(type) {
		case domain.TrafficPart:
			s.parts[o.Name] = o
		case domain.Coverage:
			s.coverage[o.What] = o
		case domain.Weakness:
			t.Errorf("a weakness was reported: %+v", o)
		}
	})
	return s, err
}

// fit is a site that does everything right; it counts its requests by path.
type fit struct {
	mu    sync.Mutex
	count map[string]int
}

func (f *fit) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	f.count[r.URL.Path]++
	f.mu.Unlock()
	w.Header().Set("ETag", `"1"`)
	if r.URL.Path == "/" {
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Cache-Control", "no-cache")
	} else {
		w.Header().Set("Content-Type", "text/css")
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	defer z.Close()
	fmt.Fprint(z, "<title>x</title><!--", strings.Repeat("word ", 1000), "-->")
	for i := range 12 {
		fmt.Fprintf(z, "<link rel=stylesheet href=/%d.css><link rel=stylesheet href=/%d.css#x>", i, i)
	}
	fmt.Fprint(z, "<script src=https://elsewhere.test/x.js></script><img loading=lazy src=/lazy.png>")
}

func TestAFitSite(t *testing.T) {
	f := &fit{count: map[string]int{}}
	server := httptest.NewUnstartedServer(f)
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	s, err := look(t.Context(), t, server.URL+"/", domain.Quick)
	if err != nil {
		t.Fatal(err)
	}
	for name := range domain.TrafficWeights {
		p, ok := s.parts[name]
		if !ok || p.Score < 80 || s.coverage[name].Outcome != domain.Tested {
			t.Errorf("%s is %+v, coverage %+v", name, p, s.coverage[name])
		}
	}
	for name, want := range map[string]domain.TrafficPart{
		"availability": {Value: 1, Unit: "ratio"}, "compression": {Value: 1, Unit: "ratio"}, "caching": {Value: 1, Unit: "ratio"},
		"http2": {Value: 1}, "redirects": {Value: 0, Unit: "count"},
	} {
		if p := s.parts[name]; p.Score != 100 || p.Value != want.Value || p.Unit != want.Unit {
			t.Errorf("%s is %+v, want %v %s and 100", name, p, want.Value, want.Unit)
		}
	}
	if p := s.parts["page-weight"]; p.Unit != "bytes" || p.Value < 500 || p.Value > 11*2000 || !strings.Contains(p.Detail, "10 of 12") {
		t.Errorf("page-weight is %+v, want the compressed bytes of the page and 10 of 12 assets", p)
	}
	if p := s.parts["time-to-first-byte"]; p.Unit != "ms" || p.Value <= 0 {
		t.Errorf("time-to-first-byte is %+v", p)
	}
	if f.count["/"] != 1+3 || len(f.count) != 1+10 || f.count["/0.css"] != 1 {
		t.Errorf("requests by path: %v, want the page 4 times and 10 assets once", f.count)
	}
}

func TestAnUnfitSite(t *testing.T) {
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/page":
			if calls.Add(1) > 3 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<script src=x.js></script>", strings.Repeat("word ", 1000))
		case "/x.js":
			w.Header().Set("Content-Type", "text/javascript")
			w.Write(make([]byte, 5000))
		default:
			hop, _ := strconv.Atoi(r.URL.Query().Get("hop"))
			if hop == 2 {
				http.Redirect(w, r, "/page", http.StatusFound)
				return
			}
			http.Redirect(w, r, fmt.Sprintf("/?hop=%d", hop+1), http.StatusFound)
		}
	}))
	defer server.Close()
	s, err := look(t.Context(), t, server.URL+"/", domain.Standard)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]domain.TrafficPart{
		"compression":  {Score: 0, Value: 0},
		"caching":      {Score: 0, Value: 0},
		"http2":        {Score: 0, Value: 0},
		"redirects":    {Score: 30, Value: 3},
		"availability": {Score: 0, Value: 0.4}, // the page, two more, then three failures
	}
	for name, w := range want {
		if p := s.parts[name]; p.Score != w.Score || p.Value != w.Value {
			t.Errorf("%s is %+v, want score %d and value %v", name, p, w.Score, w.Value)
		}
	}
	if p := s.parts["page-weight"]; p.Value < 10_000 {
		t.Errorf("page-weight is %+v, want the page and its script", p)
	}
	if !strings.Contains(s.parts["availability"].Detail, "503") {
		t.Errorf("availability does not say what failed: %+v", s.parts["availability"])
	}
}

func TestAnErrorPageIsNotMeasuredAsThePage(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	s, err := look(t.Context(), t, server.URL, domain.Quick)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"compression", "caching", "page-weight"} {
		if _, measured := s.parts[name]; measured || s.coverage[name].Outcome != domain.Skipped || !strings.Contains(s.coverage[name].Reason, "404") {
			t.Errorf("%s: measured %v, coverage %+v", name, measured, s.coverage[name])
		}
	}
	if p := s.parts["availability"]; p.Score != 100 {
		t.Errorf("availability is %+v: the server did answer", p)
	}
}

func TestASmallPageHasNothingToCompress(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<title>x</title>") }))
	defer server.Close()
	s, err := look(t.Context(), t, server.URL, domain.Quick)
	if _, measured := s.parts["compression"]; err != nil || measured || s.coverage["compression"].Outcome != domain.Skipped {
		t.Errorf("compression: measured %v, coverage %+v, %v", measured, s.coverage["compression"], err)
	}
}

func TestNoWebServer(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	_, err := look(t.Context(), t, server.URL, domain.Quick)
	var none *scanners.NotTested
	if !errors.As(err, &none) || none.Outcome != domain.Skipped || none.Reason == "" {
		t.Errorf("Scan = %v, want skipped with a reason", err)
	}
}

func TestACancelledScanEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var calls atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		if calls.Add(1) == 2 {
			cancel()
		}
	}))
	defer server.Close()
	if _, err := look(ctx, t, server.URL, domain.Deep); !errors.Is(err, context.Canceled) {
		t.Errorf("Scan = %v, want it cancelled", err)
	}
}

func TestCurves(t *testing.T) {
	tests := []struct {
		name  string
		curve curve
		value float64
		want  int
	}{
		{"nothing", firstByteCurve, 0, 100}, {"good", firstByteCurve, 800, 90}, {"between", firstByteCurve, 1300, 70},
		{"poor", firstByteCurve, 1800, 50}, {"worst", firstByteCurve, 1e9, 0}, {"below the first point", availabilityCurve, 0, 0},
		{"all", availabilityCurve, 1, 100}, {"nine of ten", availabilityCurve, 0.9, 50}, {"median page", weightCurve, 2652_000, 90},
	}
	for _, tt := range tests {
		if got := tt.curve.score(tt.value); got != tt.want {
			t.Errorf("%s: score(%v) = %d, want %d", tt.name, tt.value, got, tt.want)
		}
	}
}

func TestLifetime(t *testing.T) {
	tests := []struct {
		header map[string]string
		want   time.Duration
	}{
		{nil, 0},
		{map[string]string{"Cache-Control": "public, MAX-AGE=60"}, time.Minute},
		{map[string]string{"Cache-Control": `max-age="60"`}, time.Minute},
		{map[string]string{"Cache-Control": "max-age=60, no-store"}, 0},
		{map[string]string{"Cache-Control": "max-age=-1"}, 0},
		{map[string]string{"Cache-Control": "max-age=99999999999999999999"}, 0},
		{map[string]string{"Cache-Control": "max-age=9000000000000000000"}, 3650 * day},
		{map[string]string{"Date": "Thu, 01 Jan 2026 00:00:00 GMT", "Expires": "Fri, 02 Jan 2026 00:00:00 GMT"}, day},
		{map[string]string{"Date": "Thu, 01 Jan 2026 00:00:00 GMT", "Expires": "0"}, 0},
		{map[string]string{"Date": "Thu, 01 Jan 2026 00:00:00 GMT", "Expires": "Fri, 02 Jan 2026 00:00:00 GMT", "Cache-Control": "max-age=1"}, time.Second},
	}
	for _, tt := range tests {
		h := http.Header{}
		for name, value := range tt.header {
			h.Set(name, value)
		}
		if got := lifetime(h); got != tt.want {
			t.Errorf("lifetime(%v) = %v, want %v", tt.header, got, tt.want)
		}
	}
}

func TestEveryPartHasAWeight(t *testing.T) {
	if len(parts) != len(domain.TrafficWeights) {
		t.Errorf("%d parts, %d weights", len(parts), len(domain.TrafficWeights))
	}
	for _, p := range parts {
		if domain.TrafficWeights[p.name] == 0 {
			t.Errorf("%s weighs nothing", p.name)
		}
	}
}

func FuzzAssets(f *testing.F) {
	f.Add([]byte(`<base href=/a/><link rel="x icon" href=i.png><script src=//x.test:1/a.js></script><img src="a b">`))
	page := &url.URL{Scheme: "https", Host: "www.x.test", Path: "/"}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, u := range assetsOf(body, page) {
			if u.Scheme != "https" && u.Scheme != "http" || !sameSite(u, page) {
				t.Errorf("assetsOf(%q) has %s", body, u)
			}
		}
	})
}
