package domain

import "testing"

func TestSeverityOf(t *testing.T) {
	for score, want := range map[float64]Severity{
		0: Informational, 0.1: Low, 3.9: Low, 4.0: Medium, 6.9: Medium, 7.0: High, 8.9: High, 9.0: Critical, 10: Critical,
	} {
		if got := SeverityOf(score); got != want {
			t.Errorf("%v is %s, want %s", score, got, want)
		}
	}
}

func TestScoreOf(t *testing.T) {
	if got := ScoreOf(nil); got != nil {
		t.Errorf("of nothing: %v", *got)
	}
	for _, c := range []struct {
		want    float64
		ratings []Rating
	}{
		{6.3, []Rating{{Version: "3.1", Score: 9.8}, {Version: "4.0", Score: 6.3}, {Version: "2.0", Score: 10}}},
		{0, []Rating{{Version: "3.1"}}},
		{5, []Rating{{Score: 4}, {Score: 5}}},
		{7.5, []Rating{{Score: 10}, {Version: "2.0", Score: 7.5}}},
	} {
		if got := ScoreOf(c.ratings); got == nil || *got != c.want {
			t.Errorf("%+v: %v, want %v", c.ratings, got, c.want)
		}
	}
}

// TestFindingLifted has a finding from before there were ratings.
func TestFindingLifted(t *testing.T) {
	e, err := Decode("finding.raised", 1, []byte(`{"tool":"tls","lease":2,"finding":"a","where":"443/tcp","title":"b","severity":"high","cwe":3,"cve":["CVE-2026-0001"],
		"description":"c","detail":"d","remedy":"e","references":["f"],"evidence":"g"}`))
	f, ok := e.(FindingRaised)
	if err != nil || !ok || f.Tool != TLS || f.Lease != 2 || f.Finding != "a" || f.Where != "443/tcp" || f.Title != "b" || f.Severity != High || f.CWE != 3 ||
		len(f.CVE) != 1 || f.CVSS == nil || len(f.CVSS) != 0 || f.Description != "c" || f.Detail != "d" || f.Remedy != "e" || f.References[0] != "f" || f.Evidence != "g" {
		t.Errorf("%+v, %v", e, err)
	}
}
