package sevenazzani_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { webtest.Main(m) }

var stores = webtest.InMemory

// documented is the scan that the requests in testdata name: the document's id
// as a UUID.
const documented = "abc12300-def4-4560-8000-000000000001"

// find lets a scan find weaknesses, one for each severity.
func find(s *webtest.Server, scan uuid.UUID, severities ...domain.Severity) {
	var seen []domain.Observation
	for i, severity := range severities {
		seen = append(seen, webtest.Weak(fmt.Sprintf("headers/%d", i), severity))
	}
	s.See(scan, domain.Headers, seen...)
}

// shelf are the 41 scans before the documented one, of which 37 complete, with
// 152 findings and 11 critical ones among them.
func shelf(s *webtest.Server) {
	for i := range 41 {
		scan := s.Scan(domain.IsSafeSite, fmt.Sprintf("https://%d.example", i))
		if i == 40 {
			continue
		}
		of := []domain.Severity{domain.Medium, domain.Low, domain.Low, domain.Informational}
		if i < 11 {
			of[0] = domain.Critical
		}
		if i < 38 {
			find(s, scan, of...)
		}
		switch {
		case i < 37:
			s.Finish(scan, domain.Tested, "")
		case i == 38:
			s.Finish(scan, domain.Failed, "no answer")
		case i == 39:
			s.Cancel(scan)
		}
	}
}

// TestDocument replays every request of the document, and what it says of
// errors, in an order in which a client could send them.
func TestDocument(t *testing.T) {
	s := webtest.New(t, stores, abc123)
	s.Plan(domain.IsSafeSite, domain.InternalPlan)
	shelf(s)
	scan := s.Next(documented)
	s.Replay("quick-scan", "quick-scan-without-url", "quick-scan-invalid-url", "quick-scan-invalid-type", "status-queued")
	s.Set("2026-04-03T12:00:05Z")
	s.Begin(scan)
	s.Replay("status-scanning")
	find(s, scan, domain.Medium, domain.Critical, domain.Informational, domain.Medium)
	s.Set("2026-04-03T12:01:30Z")
	s.Finish(scan, domain.Tested, "")
	s.Replay("status", "status-unknown", "report", "statistics", "no-key", "wrong-key")
	s.Record("example.com", known(t))
	s.Refuse("10.0.0.1", domain.Forbidden)
	s.Later(time.Second)
	s.Replay("lookup", "lookup-type", "lookup-without-domain", "lookup-private", "lookup-nothing", "lookup-history", "lookup-unknown")
	s.Later(time.Second)
	s.Replay("quick-scan-curl", "quick-scan-deep", "list", "list-default", "list-invalid-page")
	s.Later(time.Second)
	named(s)
	s.Replay("qr-preview", "qr-without-url", "qr-content-form")
	s.Later(time.Second)
	s.Next("5beed123-0789-4789-8789-000000000789")
	s.Replay("speedtest-run", "speedtest-history", "speedtest-analytics")

	links := webtest.New(t, stores, func(o *server.Options) { o.Azzani.PublicURL = "https://7azzani.com" })
	links.Set("2024-01-15T10:30:00Z")
	links.Next("1a2b3c00-def4-4560-8000-000000000001")
	links.Replay("shorten", "shorten-python", "shorten-without-url", "shorten-taken", "toggle", "toggle-code", "link", "links")
	links.Later(time.Second)
	links.Replay("link-changed", "delete", "delete-unknown")

	often := webtest.New(t, stores)
	for range 10 {
		often.Get("/api/scans").Is(200)
	}
	often.Replay("rate-limited")
	webtest.AllReplayed(t, s, links, often)
}
