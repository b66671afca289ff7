package account_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// credits is what has to sum up of an answer.
type credits struct {
	Balance int
	Entries []struct {
		Amount int
		Kind   string
	}
}

// TestCredits reads the ledger wherever it is mounted, and as soon as something
// has been added to it.
func TestCredits(t *testing.T) {
	s := webtest.New(t, stores)
	for _, path := range []string{"/api/v1/credits", "/api/v1/credits/", "/secably/api/v1/credits/"} {
		s.Get(path).Is(http.StatusOK).Like(`{"balance": 0, "monthly_credits": 0, "purchased_credits": 0, "entries": []}`)
	}
	if err := s.Desk.GrantCredits(t.Context(), commands.GrantCredits{By: commands.Caller{Request: "r"}, Account: s.Account, Amount: 4, Reason: "Invoice 4711"}); err != nil {
		t.Fatal(err)
	}
	s.Plan(domain.SecAbly, "indie")
	target, err := domain.ParseTarget("https://example.com/")
	if err != nil {
		t.Fatal(err)
	}
	scan := s.Next("a1b2c3d4-e5f6-7890-abcd-ef1234567890")
	if _, err := s.Desk.RequestScan(t.Context(), commands.RequestScan{
		By: commands.Caller{Account: s.Account}, Contract: domain.SecAbly, Target: target, Profile: domain.ZAPBaseline,
	}); err != nil {
		t.Fatal(err)
	}
	s.Get("/api/v1/credits/").Is(http.StatusOK).Like(fmt.Sprintf(`{"balance": 9, "monthly_credits": 5, "purchased_credits": 4, "entries": [
		{"amount": 4, "kind": "granted", "at": "2026-04-03T12:00:00Z", "cause": "r", "reason": "Invoice 4711"},
		{"amount": 10, "kind": "granted", "at": "2026-04-03T12:00:00Z", "cause": "2026-04", "reason": ""},
		{"amount": -5, "kind": "held", "at": "2026-04-03T12:00:00Z", "cause": %q}]}`, scan))
	s.Cancel(scan)
	var got credits
	s.Get("/api/v1/credits/").Is(http.StatusOK).Into(&got)
	sum := 0
	for _, e := range got.Entries {
		sum += e.Amount
	}
	if sum != got.Balance || got.Balance != 14 || len(got.Entries) != 4 || got.Entries[3].Kind != "released" {
		t.Errorf("credits %+v sum to %d", got, sum)
	}
}

// TestCreditsAreOnesOwn asks without a key, with a wrong one and with another's.
func TestCreditsAreOnesOwn(t *testing.T) {
	s := webtest.New(t, stores)
	if err := s.Desk.GrantCredits(t.Context(), commands.GrantCredits{Account: s.Account, Amount: 4}); err != nil {
		t.Fatal(err)
	}
	s.Get("/api/v1/credits/", "Authorization:").Is(http.StatusUnauthorized)
	s.Get("/api/v1/credits/", "Authorization: Bearer 7AZ_wrong").Is(http.StatusUnauthorized)
	key, _ := s.Issue(s.Register("bob@example.com"))
	s.Get("/api/v1/credits/", "Authorization: Bearer "+key).Is(http.StatusOK).Like(`{"balance": 0}`)
}
