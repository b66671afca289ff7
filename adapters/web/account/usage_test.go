package account_test

import (
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/web/webtest"
)

// TestUsage counts calls by day, operation and key, and of one account alone.
func TestUsage(t *testing.T) {
	s := webtest.New(t, stores)
	other, _ := s.Issue(s.Register("bob@example.com"))
	for range 3 {
		s.Get("/api/v1/keys/").Is(200)
	}
	s.Get("/api/v1/targets/999/").Is(404)
	s.Get("/api/v1/profile/", "Authorization: Bearer "+other).Is(200)
	s.Later(1e9) // a range ends before now

	s.Get("/api/v1/usage/?by=operation").Is(200).Like(`{"by": "operation", "time_zone": "UTC", "from": "2026-03-05T00:00:00Z", "results": [
		{"contract": "secably", "operation": "/api/v1/keys", "method": "GET", "requests": 3, "errors": 0, "statuses": {"2xx": 3, "3xx": 0, "4xx": 0, "5xx": 0}},
		{"contract": "secably", "operation": "/api/v1/targets/:id", "method": "GET", "requests": 1, "errors": 1, "statuses": {"2xx": 0, "3xx": 0, "4xx": 1, "5xx": 0}}
	]}`)
	s.Get("/api/v1/usage/?by=endpoint").Is(200).Like(`{"by": "operation", "count": 2}`)
	page := s.Get("/api/v1/usage/?by=operation&page_size=1&page=2").Is(200).Like(`{"count": 2, "results": [{"requests": 1}]}`)
	if previous := s.URL + "/api/v1/usage/?by=operation&page=1&page_size=1"; page.Field("previous") != previous || !strings.Contains(page.Body, `"next":null`) {
		t.Error(page.Body)
	}
	s.Get("/api/v1/usage/?by=operation&page=9").Is(200).Like(`{"count": 2, "next": null, "results": []}`)
	day := s.Get("/api/v1/usage/?time_zone=Pacific/Auckland").Is(200)
	if !strings.Contains(day.Body, `"results":[{"day":"2026-04-04","requests":4,`) { // and the first question, which was asked now
		t.Error(day.Body)
	}
	key := s.Get("/api/v1/usage/?by=key&from=2026-04-03&to=2026-04-03").Is(200)
	if !strings.Contains(key.Body, `"key_name":"`) || strings.Count(key.Body, `"requests":`) != 1 {
		t.Error(key.Body)
	}
	for query, says := range map[string]string{
		"by=week": "by must be", "page=0": "page must be", "page_size=x": "page_size must be", "from=2020-01-01": "at most 366 days apart", "from=x": "from must be", "from=2026-05-01": "from must be before to",
	} {
		if a := s.Get("/api/v1/usage/?" + query).Is(400); !strings.Contains(a.Body, says) {
			t.Errorf("%s: %s", query, a.Body)
		}
	}
	s.Get("/api/v1/usage/", "Authorization:").Is(401)
}
