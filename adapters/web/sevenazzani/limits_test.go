package sevenazzani_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

// TestLimits admit ten requests a second and a hundred a minute, for each key
// alone.
func TestLimits(t *testing.T) {
	s := webtest.New(t, stores)
	second, _ := s.Issue(s.Account)
	other := "Authorization: Bearer " + second
	for range 10 {
		for n := range 10 {
			s.Get("/api/scans/statistics/").Is(200).Has("X-RateLimit-Limit: 10", fmt.Sprintf("X-RateLimit-Remaining: %d", 9-n), "RateLimit-Limit:")
		}
		if s.Now().Second() < 9 {
			s.Get("/7azzani/api/scans/").Is(429).Has("Retry-After: 1").Like(`{"error": "Rate limit exceeded", "message": "Maximum 10 requests per second", "retry_after": 1}`)
		}
		s.Get("/api/scans/", other).Is(200).Has("X-RateLimit-Remaining: 9")
		s.Later(time.Second)
	}
	s.Get("/api/scans/").Is(429).Has("X-RateLimit-Limit: 100", "X-RateLimit-Remaining: 0", "X-RateLimit-Reset: 1775217660", "Retry-After: 50").
		Like(`{"error": "Rate limit exceeded", "message": "Maximum 100 requests per minute", "retry_after": 50}`)
	s.Get("/api/scans/", other).Is(200)
	s.Later(50 * time.Second)
	s.Get("/api/scans/").Is(200).Has(`RateLimit-Policy: "second";q=10;w=1, "minute";q=100;w=60`, `RateLimit: "second";r=9;t=1, "minute";r=99;t=60`)
}

// TestStrangers count by their address, against the free plan.
func TestStrangers(t *testing.T) {
	s := webtest.New(t, stores)
	for i := range 10 {
		s.Get("/api/scans/", []string{"Authorization:", "Authorization: Bearer 7AZ_wrong"}[i%2]).Is(401).Has("X-RateLimit-Limit: 10", fmt.Sprintf("X-RateLimit-Remaining: %d", 9-i))
	}
	s.Get("/api/scans/", "Authorization:").Is(429).Has("Retry-After: 1")
	s.Get("/api/scans/").Is(200)
}

// TestInternal has no limits.
func TestInternal(t *testing.T) {
	s := webtest.New(t, stores)
	s.Plan(domain.SevenAzzani, domain.InternalPlan)
	for range 101 {
		s.Get("/api/scans/").Is(200).Has("X-RateLimit-Limit: 999999999", "X-RateLimit-Remaining: 999999999", `RateLimit: "second";r=999999999;t=1`)
	}
}
