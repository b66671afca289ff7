package zap

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/domain"
)

// website is a site that answers, for the guard's own look at it.
func website(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<h1>Tea</h1>")) }))
	t.Cleanup(s.Close)
	return s.URL
}

func scan(t *testing.T, ctx context.Context, f *fake, site string, p domain.Profile) (*scantest.Told, error) {
	t.Helper()
	job, told := scantest.Job(t, site+"/", p)
	job.Options, job.Verified = domain.DefaultOptions(p), true
	return told, f.scanner().Scan(ctx, job, told.See)
}

// found are the weaknesses with their places.
func found(told *scantest.Told) (all []string) {
	for _, w := range told.Weaknesses {
		all = append(all, w.Advisory.ID+" "+w.Where)
	}
	slices.Sort(all)
	return all
}

var all = []string{"zap/990001 ", "zap/990002 ", "zap/990003 /login?user", "zap/990003 /search?q"}

func TestScan(t *testing.T) {
	for _, c := range []struct {
		profile domain.Profile
		spider  bool
		proven  bool
		asked   []string
		not     []string
		tested  []string
	}{
		{domain.ZAPFull, true, true, []string{"spider/action/scan", "ascan/action/scan"}, nil, []string{"spider", "zap/990001", "zap/990002", "zap/990003"}},
		{domain.ZAPFull, true, false, []string{"spider/action/scan"}, []string{"ascan/action/scan"}, []string{"spider", "zap/990001"}},
		{domain.ZAPBaseline, true, true, []string{"spider/action/scan"}, []string{"ascan/action/scan"}, []string{"spider", "zap/990001"}},
		{domain.ZAPBaseline, false, true, []string{"core/action/accessUrl"}, []string{"spider/action/scan", "ascan/action/scan"}, []string{"zap/990001"}},
	} {
		site := website(t)
		f := newFake(t, site)
		job, told := scantest.Job(t, site+"/", c.profile)
		job.Options, job.Verified = domain.Options{ZAP: &domain.ZAPOptions{Spider: c.spider}}, c.proven
		if err := f.scanner().Scan(t.Context(), job, told.See); err != nil {
			t.Fatal(err)
		}
		for _, call := range c.asked {
			if f.times(call) != 1 {
				t.Errorf("%s: %s was asked %d times", c.profile, call, f.times(call))
			}
		}
		for _, call := range c.not {
			if f.times(call) != 0 {
				t.Errorf("%s: %s was asked", c.profile, call)
			}
		}
		for _, what := range c.tested {
			if told.Coverage[what].Outcome != domain.Tested {
				t.Errorf("%s: %s is %+v", c.profile, what, told.Coverage[what])
			}
		}
		if _, said := told.Coverage["zap/990003"]; said != (c.profile == domain.ZAPFull && c.proven) {
			t.Errorf("%s: active rules are %+v", c.profile, told.Coverage["zap/990003"])
		}
		if line := told.Coverage[activeRules]; c.profile == domain.ZAPFull && !c.proven && line.Reason != "target not verified" {
			t.Errorf("not proven: %+v", line)
		}
		if !c.spider && told.Coverage["spider"].Outcome != domain.Skipped {
			t.Errorf("no spider: %+v", told.Coverage["spider"])
		}
		if got := found(told); !slices.Equal(got, all) {
			t.Errorf("%s: found %q", c.profile, got)
		}
		if told.Percent != 100 || f.left() != 0 {
			t.Errorf("%s: %d %%, %d contexts left", c.profile, told.Percent, f.left())
		}
	}
}

// TestEvidence keeps each alert as it came.
func TestEvidence(t *testing.T) {
	site := website(t)
	told, err := scan(t, t.Context(), newFake(t, site), site, domain.ZAPFull)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range told.Weaknesses {
		if !strings.Contains(told.Kept[w.Evidence], strings.TrimPrefix(w.Advisory.ID, "zap/")) {
			t.Errorf("%s has the evidence %q", w.Advisory.ID, told.Kept[w.Evidence])
		}
	}
}

// TestWrongKey says what to look at, and not the key.
func TestWrongKey(t *testing.T) {
	site := website(t)
	f := newFake(t, site)
	s := New(Options{URL: f.url, Key: "secret", Pace: 1})
	job, told := scantest.Job(t, site+"/", domain.ZAPBaseline)
	var not *scanners.NotTested
	if err := s.Scan(t.Context(), job, told.See); !errors.As(err, &not) || not.Outcome != domain.Failed || !strings.Contains(not.Reason, "SCANLEDGER_ZAP_KEY") || strings.Contains(not.Reason, "secret") {
		t.Errorf("%v", err)
	}
	if _, err := s.Ping(t.Context()); !errors.Is(err, errSilent) {
		t.Errorf("ping: %v", err)
	}
	if version, err := f.scanner().Ping(t.Context()); version != "version 2.17.0" || err != nil {
		t.Errorf("ping: %q, %v", version, err)
	}
}

// TestCancel stops what runs in ZAP, and leaves nothing there.
func TestCancel(t *testing.T) {
	for _, component := range []string{"spider", "pscan", "ascan"} {
		site := website(t)
		f := newFake(t, site)
		ctx, cancel := context.WithCancel(t.Context())
		f.steps[component] = []string{"5"}
		call := map[string]string{"spider": "spider/view/status", "ascan": "ascan/view/status", "pscan": "pscan/view/recordsToScan"}[component]
		f.before = func(_ http.ResponseWriter, _ *http.Request, now string) bool {
			if now == call && f.times(call) == 3 {
				cancel()
			}
			return false
		}
		told, err := scan(t, ctx, f, site, domain.ZAPFull)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", component, err)
		}
		if f.times("spider/action/stopAllScans") < 2 || f.times("ascan/action/stopAllScans") < 2 || f.left() != 0 {
			t.Errorf("%s: not stopped, %d contexts left", component, f.left())
		}
		if got := found(told); !slices.Equal(got, all) {
			t.Errorf("%s: of what was found until then there is %q", component, got)
		}
	}
}

// TestSilence asks again where ZAP hangs up.
func TestSilence(t *testing.T) {
	site := website(t)
	f := newFake(t, site)
	f.before = func(w http.ResponseWriter, _ *http.Request, now string) bool {
		if strings.Contains(now, "/view/") && f.times(now) == 1 {
			hangUp(w)
			return true
		}
		return false
	}
	told, err := scan(t, t.Context(), f, site, domain.ZAPFull)
	if got := found(told); err != nil || !slices.Equal(got, all) {
		t.Errorf("%q, %v", got, err)
	}
}

// TestLostStart finds the scan that was started though the answer was lost.
func TestLostStart(t *testing.T) {
	site := website(t)
	f := newFake(t, site)
	f.answers["spider/view/scans"] = []byte(`{"scans":[{"id":"7","state":"RUNNING"}]}`)
	asked := ""
	f.before = func(w http.ResponseWriter, r *http.Request, now string) bool {
		if now == "spider/view/status" {
			asked = r.FormValue("scanId")
		}
		if now == "spider/action/scan" {
			hangUp(w)
		}
		return now == "spider/action/scan"
	}
	if _, err := scan(t, t.Context(), f, site, domain.ZAPBaseline); err != nil || asked != "7" {
		t.Errorf("asked for %q: %v", asked, err)
	}
}

// TestBroken answers make no finding, and the reason is told.
func TestBroken(t *testing.T) {
	for name, broken := range map[string]func(w http.ResponseWriter){
		"half":     func(w http.ResponseWriter) { w.Write([]byte(`{"alerts":[{"id":"1","pluginId":`)) },
		"html":     func(w http.ResponseWriter) { w.Write([]byte(`<html>`)) },
		"a list":   func(w http.ResponseWriter) { w.Write([]byte(`[1]`)) },
		"an error": func(w http.ResponseWriter) { w.WriteHeader(500) },
		"endless": func(w http.ResponseWriter) {
			for line := []byte(strings.Repeat(" ", 1<<20)); ; {
				if _, err := w.Write(line); err != nil {
					return
				}
			}
		},
	} {
		site := website(t)
		f := newFake(t, site)
		f.before = func(w http.ResponseWriter, _ *http.Request, now string) bool {
			if now == "alert/view/alerts" {
				broken(w)
			}
			return now == "alert/view/alerts"
		}
		told, err := scan(t, t.Context(), f, site, domain.ZAPBaseline)
		var not *scanners.NotTested
		if !errors.As(err, &not) || not.Outcome != domain.Failed || len(told.Weaknesses) != 0 || f.left() != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestTurn lets a holder finish that shows life, and takes the place of a dead one.
func TestTurn(t *testing.T) {
	for _, lives := range []int{0, 2 * deaf} {
		site := website(t)
		f := newFake(t, site)
		f.contexts[held] = "alive"
		looks := 0
		f.before = func(_ http.ResponseWriter, _ *http.Request, now string) bool {
			f.mu.Lock()
			defer f.mu.Unlock()
			if now == "context/view/excludeRegexs" {
				if looks++; looks < lives {
					f.contexts[held] += "!"
				} else if lives > 0 {
					delete(f.contexts, held)
				}
			}
			return false
		}
		if _, err := scan(t, t.Context(), f, site, domain.ZAPBaseline); err != nil {
			t.Fatal(err)
		}
		if least := max(lives, deaf); looks < least || looks > least+2 {
			t.Errorf("a holder that shows life %d times: ZAP was taken after %d looks", lives, looks)
		}
	}
}

// TestClear ends what a dead holder has left running, and lets alone who shows life.
func TestClear(t *testing.T) {
	for _, lives := range []bool{false, true} {
		f := newFake(t, website(t))
		f.contexts[held] = "alive"
		looks := 0
		ctx, cancel := context.WithCancel(t.Context())
		f.before = func(_ http.ResponseWriter, _ *http.Request, now string) bool {
			f.mu.Lock()
			defer f.mu.Unlock()
			if now == "context/view/excludeRegexs" && lives {
				if looks++; looks%deaf == 0 {
					f.contexts[held] += "!"
				}
				if looks == 2*patience {
					cancel()
				}
			}
			return false
		}
		s := f.scanner()
		err := s.Clear(ctx, nil)
		if lives && (!errors.Is(err, context.Canceled) || f.left() != 1 || f.times("spider/action/stopAllScans") != 0) {
			t.Errorf("a holder that lives: %v, %d contexts left", err, f.left())
		}
		if !lives && (err != nil || f.left() != 0 || f.times("spider/action/stopAllScans") != 1 || f.times("ascan/action/stopAllScans") != 1) {
			t.Errorf("a dead holder: %v, %d contexts left", err, f.left())
		}
		cancel()
		if lives {
			continue
		}
		if err := s.Clear(t.Context(), nil); err != nil || f.times("core/action/newSession") != 1 {
			t.Errorf("with nobody there: %v, %d sessions", err, f.times("core/action/newSession"))
		}
	}
	if err := New(Options{}).Clear(t.Context(), nil); err != nil {
		t.Errorf("where there is no ZAP: %v", err)
	}
}

// TestNoRules says so where ZAP has none: such a scan has nothing to be graded by.
func TestNoRules(t *testing.T) {
	site := website(t)
	f := newFake(t, site)
	f.before = func(w http.ResponseWriter, _ *http.Request, now string) bool {
		switch {
		case strings.HasPrefix(now, "pscan/"):
			w.WriteHeader(400)
			w.Write([]byte(`{"code":"no_implementor","message":"No Implementor"}`))
		case now == "ascan/action/scan":
			w.WriteHeader(400)
			w.Write([]byte(`{"code":"url_not_found","message":"URL Not Found in the Scan Tree"}`))
		default:
			return false
		}
		return true
	}
	told, err := scan(t, t.Context(), f, site, domain.ZAPFull)
	var not *scanners.NotTested
	if !errors.As(err, &not) || not.Outcome != domain.Failed || !strings.Contains(not.Reason, "pscanrules") || f.left() != 0 || told.Coverage["passive rules"].Outcome != domain.Skipped || told.Coverage["active rules"].Outcome != domain.Skipped {
		t.Errorf("%+v, %v", told.Coverage, err)
	}
}
