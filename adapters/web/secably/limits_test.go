package secably_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

// TestTiers admits exactly what the document says, and opens again with the
// next hour.
func TestTiers(t *testing.T) {
	for name, c := range map[string]struct {
		limit, month int
		ask          func(*webtest.Server, int) webtest.Answer
	}{
		"anonymous": {100, 0, func(s *webtest.Server, n int) webtest.Answer {
			return s.Get([]string{"/api/v1/plans/", "/api/v1/profile/"}[n%2], "Authorization:")
		}},
		"a wrong key": {100, 0, func(s *webtest.Server, _ int) webtest.Answer {
			return s.Get("/secably/api/v1/stats", "Authorization: Bearer 7AZ_wrong")
		}},
		"logged in": {1000, 2000, func(s *webtest.Server, _ int) webtest.Answer { return s.Get("/api/v1/profile/") }},
		"logins": {20, 0, func(s *webtest.Server, n int) webtest.Answer {
			return s.Post("/api/v1/auth/login/", fmt.Sprintf(`{"email": "%d@example.com", "password": "x"}`, n))
		}},
		"registrations": {5, 0, func(s *webtest.Server, n int) webtest.Answer {
			return s.Post("/api/v1/auth/register/", fmt.Sprintf(`{"email": "%d@example.com", "password": "correct horse", "password_confirm": "correct horse"}`, n))
		}},
		"old passwords": {20, 0, func(s *webtest.Server, _ int) webtest.Answer {
			return s.Post("/api/v1/auth/change-password/", `{"old_password": "x", "new_password": "another horse", "new_password_confirm": "another horse"}`)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := webtest.New(t, stores)
			s.Set("2026-04-03T12:00:30Z")
			s.Plan(domain.SecAbly, "indie")
			for n := range c.limit {
				a := c.ask(s, n).Has(fmt.Sprintf("X-RateLimit-Limit: %d", c.limit), fmt.Sprintf("X-RateLimit-Remaining: %d", c.limit-1-n), "X-RateLimit-Reset: 1775221200", "RateLimit-Limit:")
				if a.Status == 429 {
					t.Fatalf("request %d is refused: %s", n+1, a.Body)
				}
			}
			c.ask(s, c.limit).Is(429).Has("X-RateLimit-Remaining: 0", "Retry-After: 3570", "X-RateLimit-Reset: 1775221200")
			s.Later(time.Hour)
			if a := c.ask(s, c.limit+1); a.Status == 429 {
				t.Errorf("in the next hour: %s", a.Body)
			}
		})
	}
}

// TestMonth admits a plan's requests of a month, over all keys and logins of
// an account, and counts those of a plan without a limit too.
func TestMonth(t *testing.T) {
	s := webtest.New(t, stores)
	s.Set("2026-04-30T12:00:00Z")
	access, _ := s.LogIn("ann@example.com", "correct horse")
	second, _ := s.Issue(s.Account)
	for n := range 100 {
		bearer := []string{access, s.Key, second}[n%3]
		s.Get("/api/v1/profile/", "Authorization: Bearer "+bearer).Is(200).Has("X-RateLimit-Limit: 1000").Like(fmt.Sprintf(`{"monthly_usage": %d}`, n+1))
	}
	s.Get("/api/v1/profile/").Is(429).Has("X-RateLimit-Limit: 100", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 1777593600", "Retry-After: 43200")
	bob, _ := s.Issue(s.Register("bob@example.com"))
	s.Get("/api/v1/profile/", "Authorization: Bearer "+bob).Is(200)
	s.Get("/api/v1/scan").Is(200) // IsSafeSite's requests are others
	s.Plan(domain.SecAbly, "enterprise")
	s.Get("/api/v1/profile/").Is(200).Like(`{"monthly_usage": 102, "scans_per_month": null, "sites_limit": null, "can_add_site": true}`)
	s.Plan(domain.SecAbly, domain.InternalPlan)
	s.Get("/api/v1/profile/").Is(200).Has("X-RateLimit-Limit: 999999999", "X-RateLimit-Remaining: 999999999", `RateLimit-Policy: "hour";q=999999999;w=3600`).Like(`{"monthly_usage": 103, "subscription_type": "internal"}`)
	s.Set("2026-05-01T00:00:00Z")
	s.Plan(domain.SecAbly, domain.FreePlan)
	s.Get("/api/v1/profile/").Is(200).Like(`{"monthly_usage": 1}`)
}

// TestPolicy tells all windows in the IETF's headers.
func TestPolicy(t *testing.T) {
	s := webtest.New(t, stores)
	s.Set("2026-04-30T23:59:00Z")
	s.Get("/api/v1/profile/").Is(200).Has(`RateLimit-Policy: "hour";q=1000;w=3600, "month";q=100;w=2592000`, `RateLimit: "hour";r=999;t=60, "month";r=99;t=60`)
	s.Post("/api/v1/auth/login/", `{}`).Is(400).Has(`RateLimit-Policy: "hour";q=100;w=3600, "login-hour";q=20;w=3600`)
	s.Get("/api/v1/scans").Is(200).Has("RateLimit-Limit: 60", `RateLimit-Policy: "minute";q=60;w=60`, "X-RateLimit-Limit:")
}
