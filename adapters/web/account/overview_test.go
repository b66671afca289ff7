package account_test

import (
	"testing"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// TestOverview tells where an account stands with every contract, and costs
// nothing of a plan.
func TestOverview(t *testing.T) {
	s := webtest.New(t, stores)
	s.Plan(domain.SecAbly, "indie")
	if err := s.Desk.GrantCredits(t.Context(), commands.GrantCredits{Account: s.Account, Amount: 4}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		s.Get("/api/v1/profile/").Is(200)
	}
	for range 2 {
		s.Get("/api/v1/account/").Is(200).Has("X-RateLimit-Limit: 1000").Like(`{"email": "ann@example.com", "date_joined": "2026-04-03T12:00:00Z", "plans": [
			{"contract": "7azzani", "plan": "free", "requests_per_second": 10, "requests_per_minute": 100, "requests_per_month": null},
			{"contract": "secably", "plan": "indie", "requests_per_month": 2000, "targets": 20, "credits_per_month": 10},
			{"contract": "issafesite", "plan": "free", "scans_per_month": 3, "requests_per_minute": 10},
			{"contract": "scanner", "plan": "free", "scans_per_month": null}],
			"usage": {"requests_this_month": 3, "targets": 0, "renews_at": "2026-05-01T00:00:00Z"}, "credits": {"balance": 14, "monthly_credits": 10, "purchased_credits": 4}}`)
	}
	s.Get("/api/v1/account/", "Authorization:").Is(401)
}
