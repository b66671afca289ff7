package server_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/domain"
)

// TestDiff compares scans of one site, and no others.
func TestDiff(t *testing.T) {
	s := unlimited(t)
	scan := func(target string, outcome domain.Outcome, seen ...string) uuid.UUID {
		id := s.Scan(domain.ScannerAPI, target)
		for _, rule := range seen {
			s.See(id, domain.Headers, webtest.Weak(rule, domain.High))
		}
		s.End(id, outcome, "", domain.Coverage{What: "all", Outcome: outcome})
		return id
	}
	first := scan("a.example", domain.Tested, "x/one", "x/two")
	other := scan("b.example", domain.Tested, "x/one")
	second := scan("a.example", domain.Tested, "x/one")
	third := scan("a.example", domain.Failed, "x/two", "x/three")
	diff := func(id uuid.UUID, query string, headers ...string) webtest.Answer {
		return s.Get("/api/v1/scan/"+id.String()+"/diff"+query, headers...)
	}
	diff(second, "").Is(200).Like(`{"scan": "` + second.String() + `", "against": "` + first.String() + `", "target": "a.example", "new": [], "reopened": [], "not_tested_again": [],
		"fixed": [{"rule": "x/two", "severity": "high", "where": "443/tcp", "scanners": ["headers"]}], "unchanged": [{"rule": "x/one", "score": null, "cve": [], "fixed_at": null}]}`)
	diff(third, "?against=previous").Is(200).Like(`{"against": "` + second.String() + `", "new": [{"rule": "x/three"}], "reopened": [{"rule": "x/two"}], "not_tested_again": [{"rule": "x/one"}], "fixed": [], "unchanged": []}`)
	diff(third, "?against="+first.String()).Is(200).Like(`{"against": "` + first.String() + `", "new": [{"rule": "x/three"}], "reopened": [], "unchanged": [{"rule": "x/two"}], "not_tested_again": [{"rule": "x/one"}]}`)
	for query, want := range map[string]string{
		"":                              "There is no earlier scan of a.example to compare with",
		"?against=" + second.String():   "against must be an earlier scan than the one that is compared",
		"?against=" + first.String():    "against must be an earlier scan than the one that is compared",
		"?against=" + other.String():    "against must be a scan of a.example, as this one is",
		"?against=" + uuid.NewString():  "against must be a scan of a.example, as this one is",
		"?against=yesterday":            "against must be the id of a scan, or previous",
		"?against=" + uuid.Nil.String(): "against must be the id of a scan, or previous",
	} {
		a := diff(first, query).Like(`{"error": "` + want + `"}`)
		if status := map[bool]int{true: 404, false: 400}[query == ""]; a.Status != status {
			t.Errorf("%s: %d", query, a.Status)
		}
	}
	key, _ := s.Issue(s.Register("bob@example.com"))
	diff(second, "", "Authorization: Bearer "+key).Is(404).Like(`{"error": "Scan not found"}`)
	diff(uuid.New(), "").Is(404)
}
