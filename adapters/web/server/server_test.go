package server_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// TestHealth answers without a key, and what is ready by its body.
func TestHealth(t *testing.T) {
	readiness := server.Readiness{Status: "ready", Engines: map[string]string{"postgres": "ok"}}
	for state, want := range map[string]int{"ready": 200, "degraded": 200, "unready": 503} {
		readiness.Status = state
		s := unlimited(t, func(o *server.Options) {
			o.Ready = func(context.Context) server.Readiness { return readiness }
			o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("up 1\n")) })
		})
		s.Get("/healthz", noToken).Is(200).Like(`{"status": "ok"}`)
		if a := s.Get("/readyz", noToken).Like(`{"status": "` + state + `", "engines": {"postgres": "ok"}}`); a.Status != want {
			t.Errorf("%s: %d", state, a.Status)
		}
		if a := s.Get("/metrics", noToken).Is(200); a.Body != "up 1\n" {
			t.Errorf("metrics: %s", a.Body)
		}
	}
}

// TestWithoutRole serves the probes alone.
func TestWithoutRole(t *testing.T) {
	s := unlimited(t, func(o *server.Options) { o.APIRole = false })
	s.Get("/healthz").Is(200)
	s.Get("/readyz").Is(200)
	for _, path := range []string{"/api/v1/scan", "/api/v1/scans", "/api/v1/report", "/scanner/api/v1/scans", "/report/" + nobody, "/.well-known/scanledger-keys.json"} {
		s.Get(path).Is(404)
	}
}

// TestMethods are refused with those that the path takes.
func TestMethods(t *testing.T) {
	s := unlimited(t)
	scan := s.Scan(domain.ScannerAPI, "192.0.2.1").String()
	for path, allow := range map[string]string{
		"/api/v1/scan": "GET, HEAD, POST", "/api/v1/scan/": "GET, HEAD, POST", "/api/v1/scans": "GET, HEAD", "/api/v1/scan/" + scan: "GET, HEAD",
		"/api/v1/scan/" + scan + "/retest": "POST", "/api/v1/scan/" + scan + "/cancel": "POST", "/api/v1/scan/" + scan + "/events": "GET, HEAD",
		"/api/v1/report": "GET, HEAD", "/api/report/rpt_" + scan + "/pdf": "GET, HEAD", "/report/" + scan: "GET, HEAD", "/healthz": "GET, HEAD",
		"/scanner/api/v1/scan": "POST", "/issafesite/api/v1/scan": "GET, HEAD, POST",
	} {
		for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, http.MethodTrace} {
			a := s.Do(method, path, "").Is(405)
			got := map[string]bool{}
			for _, m := range strings.Split(a.Header.Get("Allow"), ", ") {
				got[m] = true
			}
			for _, m := range strings.Split(allow, ", ") {
				if !got[m] {
					t.Errorf("%s %s allows %q, want %q", method, path, a.Header.Get("Allow"), allow)
				}
				delete(got, m)
			}
			if len(got) > 0 {
				t.Errorf("%s %s allows %q, want %q", method, path, a.Header.Get("Allow"), allow)
			}
		}
	}
	s.Get("/api/v1/scan/" + scan + "/cancel").Is(405)
	s.Post("/api/v1/scans", "").Is(405)
	for _, method := range []string{"BREW", "FOO", "QUERY", "PROPFIND", strings.Repeat("X", 100)} {
		s.Do(method, "/api/v1/scan", "").Is(405).Has("Allow: GET, HEAD, POST", "Content-Type: application/json").Like(`{"error": "This path does not take this method; the Allow header names those it takes"}`)
		s.Do(method, "/api/scans/", "", "Content-Type: application/json").Is(405).Has("X-RateLimit-Limit: 10").Like(`{"error": "Method Not Allowed", "message": "This path does not take this method; the Allow header names those it takes"}`)
		s.Do(method, "/nothing", "").Is(404).Has("Content-Type: application/json")
		s.Do(method, "/api/v1/nothing", "{}").Is(404).Like(`{"error": "There is nothing at this path"}`)
	}
	s.Get("/api/v1/scans").Is(200)
}

// bursting is a reader that panics.
type bursting struct{ projections.Reader }

func (bursting) Scans(context.Context, projections.ScanFilter) ([]projections.ScanRow, int, error) {
	panic("secret of the handler")
}

// TestPanic answers 500 without a word of it, and the server goes on.
func TestPanic(t *testing.T) {
	s := unlimited(t, func(o *server.Options) {
		o.Scanner.Reader, o.IsSafeSite.Reader = bursting{o.Reader}, bursting{o.Reader}
		o.Ready = func(context.Context) server.Readiness { panic("secret of readiness") }
	})
	for _, path := range []string{"/readyz", "/api/v1/scans", "/api/v1/scan", "/api/v1/report", "/issafesite/api/v1/scan"} {
		a := s.Get(path).Is(500).Like(`{"error": "Internal server error"}`)
		if strings.Contains(a.Body, "secret") || a.Header.Get("X-Request-ID") == "" || a.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %v %s", path, a.Header, a.Body)
		}
	}
	s.Get("/healthz").Is(200)
	if log := s.Logged(); !strings.Contains(log, "secret of the handler") || !strings.Contains(log, "secret of readiness") {
		t.Error("the panics were not logged")
	}
}

// TestRequestID keeps a sane id, and draws one for any other. It is the cause
// of what follows, with the trace.
func TestRequestID(t *testing.T) {
	s := unlimited(t)
	for _, id := range []string{"12345678", "request_of-Mine", strings.Repeat("a", 64), uuid.NewString()} {
		s.Get("/healthz", "X-Request-ID: "+id).Is(200).Has("X-Request-ID: " + id)
		s.Get("/nothing", "X-Request-ID: "+id).Is(404).Has("X-Request-ID: " + id)
	}
	for _, id := range []string{"", "short", strings.Repeat("a", 65), "with spaces in it", "<script>alert(1)</script>", "a;b=c;d=e", "ünicode-ünicode", "a\tb\tc\td\te", "../../etc/passwd"} {
		a := s.Get("/healthz", "X-Request-ID: "+id).Is(200)
		if _, err := uuid.Parse(a.Header.Get("X-Request-ID")); err != nil {
			t.Errorf("%q became %q", id, a.Header.Get("X-Request-ID"))
		}
	}
	submitted := s.Post("/api/v1/scan", `{"target": "a.example"}`, "X-Request-ID: request-of-mine").Is(201).Field("id")
	s.Get("/api/v1/scan/" + submitted + "/events").Like(`{"events": [{"cause": "request-of-mine"}]}`)
	drawn := s.Post("/api/v1/scan", `{"target": "b.example"}`, "X-Request-ID: not sane").Is(201)
	s.Get("/api/v1/scan/" + drawn.Field("id") + "/events").Like(`{"events": [{"cause": "` + drawn.Header.Get("X-Request-ID") + `"}]}`)
}

// TestServed counts every call of a contract, whatever became of it and where
// nothing stands too, and no other.
func TestServed(t *testing.T) {
	s := unlimited(t)
	scan := s.Scan(domain.IsSafeSite, "https://a.example").String()
	s.Get("/healthz")
	s.Get("/nothing")
	s.Post("/api/v1/scan", `{"target": "a.example"}`).Is(201)
	s.Post("/api/v1/scan", `{"url": "https://a.example"}`, noToken).Is(401)
	s.Get("/api/v1/scan/" + scan).Is(200)
	s.Do(http.MethodHead, "/api/v1/scan/"+scan, "").Is(200)
	s.Get("/issafesite/api/v1/scan/x").Is(404)
	s.Get("/api/v1/scan/"+scan+"/events", "Accept: text/event-stream", "Last-Event-ID: 1", "Authorization: Bearer x").Is(403)
	s.Get("/7azzani/secret/of/mine").Is(404)
	s.Do(http.MethodDelete, "/api/v1/profile/", `{}`).Is(405)
	s.Post("/scanner/api/v1/scan", strings.Repeat(" ", 2<<20)).Is(413)
	want := []domain.RequestServed{
		{Contract: domain.ScannerAPI, Operation: "/api/v1/scan", Method: "POST", Status: 201, BytesIn: 23},
		{Contract: domain.IsSafeSite, Operation: "/api/v1/scan", Method: "POST", Status: 401, BytesIn: 28},
		{Contract: domain.IsSafeSite, Operation: "/api/v1/scan/:id", Method: "GET", Status: 200},
		{Contract: domain.IsSafeSite, Operation: "/api/v1/scan/:id", Method: "HEAD", Status: 200},
		{Contract: domain.IsSafeSite, Operation: "/issafesite/api/v1/scan/:id", Method: "GET", Status: 404},
		{Contract: domain.IsSafeSite, Operation: "/api/v1/scan/:id/events", Method: "GET", Status: 403},
		{Contract: domain.SevenAzzani, Operation: "/*", Method: "GET", Status: 404},
		{Contract: domain.SecAbly, Operation: "/*", Method: "DELETE", Status: 405, BytesIn: 2},
		{Contract: domain.ScannerAPI, Operation: "/*", Method: "POST", Status: 413},
	}
	got := s.Served()
	if len(got) != len(want) {
		t.Fatalf("%d calls: %+v", len(got), got)
	}
	for i, g := range got {
		known := g.Account == s.Account && g.Key != uuid.Nil
		if known != (g.Status < 400 || g.Status >= 404) || (g.BytesOut == 0) != (g.Method == http.MethodHead) {
			t.Errorf("call %d: account %s, %d bytes", i, g.Account, g.BytesOut)
		}
		g.Account, g.Key, g.BytesOut, g.DurationUS = uuid.Nil, uuid.Nil, 0, 0
		if g != want[i] {
			t.Errorf("call %d: %+v, want %+v", i, g, want[i])
		}
	}
}

// TestLinksThroughMounts work for a client that resolves them against its base
// URL.
func TestLinksThroughMounts(t *testing.T) {
	s := unlimited(t)
	safe := s.Post("/issafesite/api/v1/scan", `{"url": "https://a.example"}`).Is(202)
	for _, prefix := range []string{"", "/issafesite"} {
		s.Get(prefix + safe.Field("statusUrl")).Is(200).Like(`{"status": "PENDING"}`)
	}
	s.Finish(uuid.MustParse(safe.Field("id")), domain.Tested, "")
	var list struct {
		Data []struct{ DownloadURL string }
	}
	s.Get("/issafesite/api/v1/report").Is(200).Into(&list)
	for _, prefix := range []string{"", "/issafesite"} {
		s.Get(prefix + list.Data[0].DownloadURL).Is(200)
	}
}
