package secably_test

import (
	"testing"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// TestDocument replays the document's requests about accounts, and what it says
// of errors, in an order in which a client could send them.
func TestDocument(t *testing.T) {
	s := webtest.New(t, stores)
	s.Set("2024-01-01T00:00:00Z")
	s.Replay("register", "register-taken", "register-mismatch", "register-common", "login", "login-wrong", "login-unknown", "login-without", "plans")
	access, refresh := s.LogIn("user@example.com", "secure_password123!")
	s.Say("ACCESS_TOKEN", access)
	s.Say("REFRESH_TOKEN", refresh)
	user, err := s.Desk.AccountByEmail(t.Context(), "user@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Desk.SetPlan(t.Context(), commands.SetPlan{Account: user, Contract: domain.SecAbly, Plan: "startup"}); err != nil {
		t.Fatal(err)
	}
	s.Replay("profile", "profile-key", "profile-patch", "profile-patch-wrong", "no-token", "wrong-token")
	s.Post("/api/v1/scan", `{"url": "https://example.com"}`, "Authorization: Bearer "+access).Is(202)
	s.Replay("stats", "subscription", "refresh-unknown", "refresh", "change-password-wrong", "change-password")

	scanned := targetsReplayed(t)
	scanners, poor := scansReplayed(t), paymentReplayed(t)
	often := webtest.New(t, stores)
	often.Set("2024-01-01T00:00:00Z")
	for range 20 {
		often.Post("/secably/api/v1/auth/login", `{}`).Is(400)
	}
	often.Replay("login-too-often")
	webtest.AllReplayed(t, s, scanned, scanners, poor, often)
}

// targetsReplayed replays what the document says of targets and websites, by a
// token and by a key.
func targetsReplayed(t *testing.T) *webtest.Server {
	t.Helper()
	s := webtest.New(t, stores)
	s.Set("2024-01-01T00:00:00Z")
	account := s.Register("user@example.com")
	access, _ := s.LogIn("user@example.com", "correct horse")
	s.Say("ACCESS_TOKEN", access)
	if err := s.Desk.SetPlan(t.Context(), commands.SetPlan{Account: account, Contract: domain.SecAbly, Plan: "startup"}); err != nil {
		t.Fatal(err)
	}
	s.Replay("target-add", "website-add", "target-add-hostname", "target-taken", "target-wrong-type", "targets", "target", "target-patch", "target-patch-wrong",
		"target-put", "target-put-without", "target-delete", "target-unknown", "target-verify-none", "target-scan", "website-scan")
	site, err := domain.ParseTarget("https://example.com")
	if err != nil {
		t.Fatal(err)
	}
	s.Publish("_scanledger.example.com", "v=spf1 -all", s.Desk.ProofOf(account, site))
	s.Replay("target-verify")
	for _, value := range []string{"a.example", "b.example", "192.0.2.0/24", "2001:db8::1"} {
		s.Post("/api/v1/targets/", `{"target_value": "`+value+`"}`).Is(201)
	}
	s.Replay("targets-full")
	return s
}
