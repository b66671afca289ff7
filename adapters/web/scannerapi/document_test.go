package scannerapi_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { webtest.Main(m) }

func stores(limits commands.ScanLimits) func(now func() time.Time) webtest.Stores {
	return func(now func() time.Time) webtest.Stores {
		s := webtest.InMemory(now)
		s.Scans = limits
		return s
	}
}

// The scans that the requests in testdata name.
const (
	documented = "a1b2c3d4-e5f6-7890-abcd-ef1234567890"
	undomained = "b1b2c3d4-e5f6-7890-abcd-ef1234567890"
	retested   = "c1b2c3d4-e5f6-7890-abcd-ef1234567890"
	failed     = "f1b2c3d4-e5f6-7890-abcd-ef1234567890"
)

// TestDocument replays every request of the document, and what it says of
// errors, in an order in which a client could send them.
func TestDocument(t *testing.T) {
	s := webtest.New(t, stores(commands.ScanLimits{}))
	s.Plan(domain.IsSafeSite, domain.InternalPlan)
	for i := range 41 {
		s.Scan(domain.IsSafeSite, fmt.Sprintf("https://%d.example/", i))
	}
	scan := s.Next(documented)
	s.Replay("submit", "submit-again", "status-queued", "submit-invalid", "submit-invalid-domain")
	s.Set("2026-04-03T12:00:05Z")
	s.See(scan, domain.Ports, domain.Advance{Percent: 90}, domain.Port{Port: 443, Protocol: "tcp"})
	s.Replay("status-running")
	s.See(scan, domain.Headers, webtest.Weak("a", domain.High), webtest.Weak("b", domain.High), webtest.Weak("c", domain.Informational))
	s.Set("2026-04-03T12:02:30Z")
	s.Finish(scan, domain.Tested, "")
	s.Replay("status", "status-unknown", "list", "list-limit", "list-target", "list-invalid-target")
	s.Next(retested)
	s.Replay("retest", "retest-again", "retest-unknown", "cancel", "cancel-cancelled", "cancel-complete", "cancel-unknown")
	s.Next(undomained)
	s.Replay("submit-without-domain")
	s.Next(failed)
	s.Finish(s.Scan(domain.ScannerAPI, "192.168.1.9"), domain.Failed, "no answer")
	s.Replay("status-failed", "cancel-failed", "no-token", "wrong-token")

	month := webtest.New(t, stores(commands.ScanLimits{Monthly: 1}))
	month.Next(documented)
	month.Finish(month.Scan(domain.ScannerAPI, "192.168.1.2"), domain.Tested, "")
	month.Replay("submit-monthly-limit", "retest-monthly-limit")
	queue := webtest.New(t, stores(commands.ScanLimits{Queue: 1}))
	queue.Scan(domain.ScannerAPI, "192.168.1.2")
	queue.Replay("submit-queue-full")
	often := webtest.New(t, stores(commands.ScanLimits{}))
	for range 60 {
		often.Get("/api/v1/scans").Is(200)
	}
	often.Replay("rate-limited")

	webtest.AllReplayed(t, s, month, queue, often)
}
