package main

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// answering is a server that does one thing with every connection.
func answering(t *testing.T, do func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go do(c)
		}
	}()
	return l.Addr().String()
}

func reset(c net.Conn) {
	c.(*net.TCPConn).SetLinger(0)
	c.Close()
}

func babble(c net.Conn) {
	defer c.Close()
	io.WriteString(c, "220 this is no TLS\r\n")
	io.Copy(io.Discard, io.LimitReader(c, 1))
}

// site answers every request alike.
func site(t *testing.T, status int) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" && status < 500 {
			io.WriteString(w, "User-agent: *\nDisallow: /\n")
			return
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestDarkTargets scans what cannot be looked at, with the scanners as they
// are: none of it has a security grade, while what can be looked at in part has;
// and of everything that belongs to the scan the ledger says how it ended.
func TestDarkTargets(t *testing.T) {
	never := "http://" + freePort(t, "127.84.0.1")
	for name, c := range map[string]struct {
		target  string
		profile domain.Profile
		graded  bool
	}{
		"a site on which nothing listens, quick":    {never, domain.Quick, false},
		"a site on which nothing listens, standard": {never, domain.Standard, false},
		"a site on which nothing listens, deep":     {never, domain.Deep, false},
		"a host on which nothing listens":           {"127.84.0.1", domain.Quick, false},
		"ports alone, each of which says no":        {"127.84.0.1", domain.NmapQuick, true}, // it could look, and nothing stands open
		"TLS alone":                                 {"127.84.0.1", domain.SSLyzeOnly, false},
		"connections that are reset":                {"http://" + answering(t, reset), domain.Quick, false},
		"TLS that fails":                            {"https://" + answering(t, babble), domain.Quick, false},
		"errors of the server alone":                {site(t, http.StatusServiceUnavailable), domain.Quick, false},
		"robots that are to stay away":              {site(t, http.StatusOK), domain.Quick, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target, err := domain.ParseTarget(c.target)
			if err != nil {
				t.Fatal(err)
			}
			var history []domain.Envelope
			err = local(Config{AllowTargets: []string{"127.0.0.0/8"}, Resolver: nameserver(t)})(t.Context(), target, c.profile, func(e domain.Envelope) { history = append(history, e) })
			if err != nil {
				t.Fatal(err)
			}
			row, report, err := projections.AsOf(history, len(history))
			if err != nil {
				t.Fatal(err)
			}
			graded := row.Scores != nil && row.Scores.Security != nil
			if graded != c.graded || !row.State.Over() {
				t.Errorf("%s: %q, scores %+v", row.State, row.Reason, row.Scores)
			}
			wantWholeLedger(t, report.Document, c.graded)
		})
	}
}

// wantWholeLedger finds each probe in the ledger; what was not tested has a
// reason, and of what has no grade something was not tested.
func wantWholeLedger(t *testing.T, d projections.Document, graded bool) {
	t.Helper()
	ledger := d.Ledger()
	dark := 0
	for _, p := range d.Probes {
		if !slices.ContainsFunc(ledger, func(c projections.CoverageFact) bool { return c.Probe == p.Tool }) {
			t.Errorf("the ledger has nothing of %s", p.Tool)
		}
	}
	for _, c := range ledger {
		if (c.Reason == "") != (c.Outcome == domain.Tested) {
			t.Errorf("%s, %s: %s because of %q", c.Probe, c.What, c.Outcome, c.Reason)
		}
		if c.Outcome != domain.Tested {
			dark++
		}
	}
	if !graded && dark == 0 {
		t.Errorf("all was tested, and there is no grade: %+v", ledger)
	}
}
