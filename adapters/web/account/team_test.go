package account_test

import (
	"net/http"
	"testing"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// TestTeam makes a team of two who have named each other, and of nobody who has
// not asked for it.
func TestTeam(t *testing.T) {
	s := webtest.New(t, stores)
	s.Plan(domain.IsSafeSite, domain.InternalPlan)
	bob := s.Register("bob@example.com")
	key, _ := s.Issue(bob)
	as := "Authorization: Bearer " + key
	if err := s.Desk.ChangeProfile(t.Context(), commands.ChangeProfile{By: commands.Caller{Account: bob}, FirstName: word("Bob"), LastName: word("B")}); err != nil {
		t.Fatal(err)
	}
	s.Get("/api/v1/team/").Is(200).Like(`{"count": 1, "results": [{"email": "ann@example.com", "role": "owner", "status": "active"}]}`)
	s.Scan(domain.ScannerAPI, "192.0.2.1")
	s.Post("/api/v1/team/", `{"email": "Bob@Example.com"}`).Is(201).Like(`{"email": "Bob@Example.com", "status": "invited"}`)
	s.Get("/api/v1/team/").Is(200).Like(`{"count": 2, "results": [{}, {"email": "bob@example.com", "status": "invited", "role": "member", "first_name": ""}]}`)
	s.Get("/api/v1/team/", as).Is(200).Like(`{"count": 1, "results": [{"email": "bob@example.com", "role": "owner"}]}`)
	s.Get("/api/v1/scans", as).Is(200).Like(`{"total": 0}`)
	s.Post("/api/v1/team/", `{"email": "ann@example.com"}`, as).Is(201).Like(`{"status": "active"}`)
	s.Get("/api/v1/scans", as).Is(200).Like(`{"total": 1}`)
	s.Get("/api/v1/team/", as).Is(200).Like(`{"count": 2, "results": [{"email": "ann@example.com", "role": "owner"}, {"email": "bob@example.com", "first_name": "Bob", "status": "active"}]}`)
	for _, status := range []int{204, 404} {
		s.Do(http.MethodDelete, "/api/v1/team/", `{"email": "ann@example.com"}`, as).Is(status)
	}
	s.Get("/api/v1/scans", as).Is(200).Like(`{"total": 0}`)
	s.Post("/api/v1/team/", `{"email": "nobody@example.com"}`).Is(404)
	s.Post("/api/v1/team/", `{"email": "ann@example.com"}`).Is(400)
	s.Post("/api/v1/team/", `{}`).Is(400).Like(`{"error": "email is required"}`)
	s.Do(http.MethodDelete, "/api/v1/team/", `{}`).Is(400)
	s.Do(http.MethodDelete, "/api/v1/team/", `{"email": "nobody@example.com"}`).Is(404)
}

func word(s string) *string { return &s }
