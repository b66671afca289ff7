package secably_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/adapters/web/secably"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

// documented is a server with the document's targets: the ids that the document
// gives them and their scans stand for those of here.
type documented struct{ *webtest.Server }

func document(t *testing.T, plan string) documented {
	t.Helper()
	s := documented{webtest.New(t, stores)}
	s.Set("2025-10-01T10:14:58Z")
	s.Plan(domain.SecAbly, plan)
	s.Say("123", fmt.Sprint(s.Target("secably.com", "secably")))
	s.Say("456", fmt.Sprint(s.Target("https://example.com", "My Website")))
	return s
}

// asks replays a request that starts a scan, with the id that the document
// gives it: here it is the next position in the log.
func (s documented) asks(name, id string) uuid.UUID {
	scan := s.Next(uuid.NewString())
	log, _ := s.Desk.Log.(*memory.Log)
	all := log.Stored(0)
	s.Say(id, fmt.Sprint(all[len(all)-1].Position+1))
	s.Replay(name)
	return scan
}

// scansReplayed replays what the document says of scans.
func scansReplayed(t *testing.T) *webtest.Server {
	t.Helper()
	s := document(t, "startup")
	s.Uninstall(domain.SSLyze)
	ports := s.asks("nmap-create", "5309")
	s.Replay("nmap-queued", "nmap-wrong")
	s.Set("2025-10-01T10:15:00Z")
	s.See(ports, "nmap", domain.Advance{Percent: 40}, domain.Port{Port: 80, Protocol: "tcp"})
	s.Replay("nmap-running", "nmap-of-another")
	s.See(ports, "nmap", domain.Port{Port: 443, Protocol: "tcp"}, domain.Host{Address: "192.0.2.7", Latency: 0.025},
		domain.Service{Port: 80, Protocol: "tcp", Name: "http"}, domain.Service{Port: 443, Protocol: "tcp", Name: "https"},
		webtest.Weak("a", domain.Low), webtest.Weak("b", domain.Low))
	s.Later(4460 * time.Millisecond)
	s.End(ports, domain.Tested, "", domain.Coverage{What: "1-1000/tcp", Outcome: domain.Tested})
	s.Replay("nmap", "scans", "scan-unknown", "scan-export-pdf", "scan-export-wrong")

	tls := s.asks("sslyze-create", "5310")
	s.Set("2025-10-01T10:15:10Z")
	s.See(tls, domain.TLS, domain.TLSEndpoint{
		Port: 443, Protocols: map[string]bool{"SSLv3": false, "TLSv1.2": true, "TLSv1.3": true}, Certificate: &domain.Certificate{
			Trusted: true, NameMatch: true, Issuer: "CN=R3,O=Let's Encrypt,C=US", NotAfter: time.Date(2025, 12, 31, 23, 59, 59, 0, time.UTC),
		},
	})
	s.Replay("scan-export-early")
	s.Later(3620 * time.Millisecond)
	s.End(tls, domain.Tested, "", domain.Coverage{What: "certificate", Outcome: domain.Tested})
	s.Replay("sslyze")

	web := s.asks("zap-create", "5311")
	s.Say("789", fmt.Sprint(s.Number(web)))
	s.See(web, "zap", bad("a", "Cookie Without Flag", domain.Low), bad("b", "Missing Security Headers", domain.Medium), bad("c", "Directory Browsing", domain.Medium),
		bad("d", "SQL Injection", domain.High), bad("e", "Timestamp Disclosure", domain.Low))
	s.End(web, domain.Tested, "", domain.Coverage{What: "https://example.com/", Outcome: domain.Tested})
	s.Replay("scan")
	s.Uninstall(domain.ZAP)
	s.Replay("zap-absent")
	s.asks("openvas-create", "5312")
	s.Set("2025-10-01T12:00:00Z")
	s.asks("scan-create", "12345")
	s.Replay("scan-create-fast", "scan-create-without", "scan-create-unknown", "scan-create-wrong", "scan-cancel", "scan-cancel-again")
	return s.Server
}

// bad is a weakness in the words of the document.
func bad(id, title string, severity domain.Severity) domain.Weakness {
	return domain.Weakness{Advisory: domain.Advisory{ID: id, Title: title, Severity: severity, Description: "...", Remedy: "..."}, Where: "/"}
}

// paymentReplayed replays what the document says of too few credits.
func paymentReplayed(t *testing.T) *webtest.Server {
	t.Helper()
	s := document(t, "indie")
	s.Post("/api/v1/zap/scan/", fmt.Sprintf(`{"target_id": %d}`, s.Target("a.example", "a"))).Is(201).Like(`{"credits_remaining": 5}`)
	s.Replay("openvas-payment")
	return s.Server
}

// TestPaymentRequired is the document's example.
func TestPaymentRequired(t *testing.T) {
	refused := &domain.Error{Code: domain.Payment, Message: "Insufficient scan credits", Short: &domain.Shortfall{
		Profile: domain.OpenVASDiscovery, Required: 10, Available: 5, Monthly: 5,
	}}
	if status := secably.Contract.StatusOf(refused.Code); status != fiber.StatusPaymentRequired {
		t.Errorf("status %d", status)
	}
	got, err := json.Marshal(secably.Contract.Body(refused, 0))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"available":5,"error":"Insufficient scan credits","monthly_credits":5,"purchased_credits":0,"required":10,` +
		`"scan_profile":"discovery","scanner_type":"openvas","upgrade_url":"/pricing/"}`
	if string(got) != want {
		t.Errorf("body\n got %s\nwant %s", got, want)
	}
}
