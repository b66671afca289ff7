//go:build peers

package zap

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/conformance/peers"
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/domain"
)

// shop is a site with links, a form, and one parameter that comes back as it is.
func shop(t *testing.T) string {
	t.Helper()
	pages := map[string]string{
		"/":      `<a href="/about">About</a> <a href="/search?q=a">Search</a> <a href="/safe?q=a">Safe</a> <form method="post" action="/login"><input name="user"><input type="submit"></form>`,
		"/about": `<p>Tea</p>`,
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server", "Apache/2.4.10 (Debian)")
		switch page, known := pages[r.URL.Path]; {
		case r.URL.Path == "/search":
			fmt.Fprintf(w, "<html>%s", r.FormValue("q"))
		case r.URL.Path == "/login":
			fmt.Fprintf(w, "<html>%s", r.FormValue("user"))
		case r.URL.Path == "/safe":
			fmt.Fprintf(w, "<html>%s", html.EscapeString(r.FormValue("q")))
		case known:
			fmt.Fprintf(w, "<html>%s", page)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// daemon is a ZAP of its own.
func daemon(t *testing.T) Options {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	dir := peers.Path(t, "zap")
	cmd := exec.Command("java", "-Xmx512m", "-cp", dir+"/lib/*", "org.zaproxy.zap.ZAP", "-daemon", "-host", "127.0.0.1", "-port", port,
		"-installdir", dir, "-dir", t.TempDir(), "-config", "api.key="+key, "-silent")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	o := Options{URL: "http://127.0.0.1:" + port, Key: key}
	for deadline := time.Now().Add(2 * time.Minute); ; {
		if _, err = New(o).Ping(t.Context()); err == nil {
			return o
		}
		if time.Now().After(deadline) || scanners.Rest(t.Context(), 200*time.Millisecond) != nil {
			t.Fatal(err)
		}
	}
}

// judgedByNone is nil for the end of a scan that no rule has taken part in, as is right of the core alone.
func judgedByNone(err error) error {
	var not *scanners.NotTested
	if errors.As(err, &not) && not.Outcome == domain.Failed && strings.HasPrefix(not.Reason, "none of ZAP's rules") {
		return nil
	}
	return fmt.Errorf("it ends with %v, and no rule has run", err)
}

// TestPeerZAP runs both profiles by the real core of ZAP, which has no passive rules,
// with the active one of deploy/peers/zap, and calls one off.
func TestPeerZAP(t *testing.T) {
	o, site := daemon(t), shop(t)
	table := peers.New(t, "ZAP 2.17.0, its core with a test rule", nil)
	// Only our proxy knows this name, and which address of it was checked.
	named := strings.Replace(site, "127.0.0.1", "shop.example", 1)
	t.Run("pinned", func(t *testing.T) {
		job, told := scantest.Job(t, named+"/", domain.ZAPBaseline)
		err := job.Net.Pin(t.Context(), "shop.example", "127.0.0.1")
		if err == nil {
			err = judgedByNone(New(o).Scan(t.Context(), job, told.See))
		}
		line := told.Coverage["the checked address of shop.example"]
		table.Row("zap/pinned", fmt.Sprint(err, line.Outcome, len(told.Visits) >= 5), fmt.Sprint(nil, domain.Tested, true))
		c := newClient(o)
		defer c.close()
		after, _, failed := (&run{client: c}).wayOut(t.Context())
		if failed != nil || after != (setting{Host: "localhost", Port: "8090"}) {
			t.Errorf("left in ZAP: %+v, %v", after, failed)
		}
	})
	for _, c := range []struct {
		profile domain.Profile
		want    []string
	}{
		{domain.ZAPBaseline, nil},
		{domain.ZAPFull, []string{"zap/990003 /login?user", "zap/990003 /search?q"}},
	} {
		job, told := scantest.Job(t, site+"/", c.profile)
		job.Verified = true
		err := New(o).Scan(t.Context(), job, told.See)
		if c.profile == domain.ZAPBaseline {
			err = judgedByNone(err)
		}
		if err != nil || told.Coverage["spider"].Outcome != domain.Tested || told.Coverage["passive rules"].Outcome != domain.Skipped || len(told.Visits) < 5 {
			t.Errorf("%s: %v, %+v, %d pages", c.profile, err, told.Coverage, len(told.Visits))
		}
		table.Row(string(c.profile), strings.Join(found(told), ", "), strings.Join(c.want, ", "))
	}
	t.Run("called off", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		job, told := scantest.Job(t, site+"/", domain.ZAPFull)
		job.Verified = true
		var at time.Time
		err := New(o).Scan(ctx, job, func(seen domain.Observation) {
			told.See(seen)
			if w, ok := seen.(domain.Weakness); ok && strings.HasPrefix(w.Advisory.ID, "zap/990003") {
				at = time.Now()
				cancel()
			}
		})
		took := time.Since(at)
		table.Better("zap/cancel", errors.Is(err, context.Canceled) && took < 3*time.Second, fmt.Sprintf("%.1f s", took.Seconds()), "2 s and a little")
		c := newClient(o)
		defer c.close()
		for deadline := time.Now().Add(30 * time.Second); ; { // a session that was told to end takes its time
			var left struct {
				Contexts []string `json:"contextList"`
			}
			var scans struct {
				Scans []any `json:"scans"`
			}
			err := errors.Join(c.ask(t.Context(), "context/view/contextList", &left), c.ask(t.Context(), "ascan/view/scans", &scans))
			if err == nil && !slices.Contains(left.Contexts, held) && len(scans.Scans) == 0 {
				break
			}
			if time.Now().After(deadline) || scanners.Rest(t.Context(), 100*time.Millisecond) != nil {
				t.Fatalf("left in ZAP: %q, %v, %v", left.Contexts, scans.Scans, err)
			}
		}
	})
}
