package server_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// FuzzSubmit sends any body to where both contracts take scans: it is taken or
// refused in JSON, and never breaks anything.
func FuzzSubmit(f *testing.F) {
	for _, seed := range []string{
		`{"target": "192.168.1.1", "domain": "example.com"}`, `{"url": "https://example.com", "depth": "STANDARD"}`, `{"url": null, "target": "a.example"}`,
		`{"url": "https://[2001:db8::1]:8443/a/../b?c=%ff#d"}`, `{"target": "xn--bcher-kva.example"}`, `{"url": 1}`, `[]`, ``, `{"url": "\ud800"}`, "{\"target\": \"\xff\"}",
		`{"target": "-oN /etc/x"}`, strings.Repeat(`{"url":`, 50), `{"url": "https://ministry.gov"}`,
	} {
		f.Add(seed)
	}
	s := unlimited(f)
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range submissions {
			a := s.In(t).Do(http.MethodPost, path, body, "Content-Type: application/json")
			switch a.Status {
			case 201, 202, 400, 409, 413:
			default:
				t.Fatalf("%s answers %d: %s", path, a.Status, a.Body)
			}
			var fields map[string]any
			if err := json.Unmarshal([]byte(a.Body), &fields); err != nil || (fields["error"] != nil) != (a.Status >= 400) {
				t.Fatalf("%s answers %d: %s", path, a.Status, a.Body)
			}
			if a.Status == 201 {
				s.Post("/api/v1/scan/"+a.Field("id")+"/cancel", "").Is(200)
			}
		}
	})
}
