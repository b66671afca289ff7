package domain

import "testing"

func auditsWith(outcomes map[string]string) []SEOAudit {
	var audits []SEOAudit
	for _, id := range SEOAudits {
		outcome := outcomes[id]
		if outcome == "" {
			outcome = SEOPass
		}
		audits = append(audits, SEOAudit{ID: id, Outcome: outcome})
	}
	return audits
}

func TestSEOScore(t *testing.T) {
	tests := []struct {
		name   string
		audits []SEOAudit
		score  int
		ok     bool
	}{
		{"nothing audited", nil, 0, false},
		{"nothing applies", []SEOAudit{{ID: "canonical", Outcome: SEONotApplicable}}, 0, false},
		{"an audit nobody knows", []SEOAudit{{ID: "font-size", Outcome: SEOPass}}, 0, false},
		{"all pass", auditsWith(nil), 100, true},
		// 9 / (9 + 93/23) = 0.690
		{"blocked from indexing", auditsWith(map[string]string{"is-crawlable": SEOFail}), 69, true},
		// (93/23 + 8) / (93/23 + 9) = 0.923
		{"no title", auditsWith(map[string]string{"document-title": SEOFail}), 92, true},
		// (93/23 + 5) / (93/23 + 6) = 0.900
		{"three do not apply, one fails", auditsWith(map[string]string{
			"robots-txt": SEONotApplicable, "image-alt": SEONotApplicable, "canonical": SEONotApplicable,
			"meta-description": SEOFail,
		}), 90, true},
		{"only failures", []SEOAudit{{ID: "is-crawlable", Outcome: SEOFail}}, 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			score, ok := SEOScore(tt.audits)
			if score != tt.score || ok != tt.ok {
				t.Errorf("SEOScore = %d, %v, want %d, %v", score, ok, tt.score, tt.ok)
			}
		})
	}
}
