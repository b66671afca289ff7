package projections

import (
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

func TestFindingFilter(t *testing.T) {
	rows := scans(t, domain.FingerprintOf, nil,
		said{"ports saw ports/redis/no-password at 6379/tcp", tlsSaw, "headers saw headers/csp/missing", "tls tested"},
		said{sslyzeSaw, "headers tested"}, said{"content saw content/library/jquery@1.8.3 at /JS/app.js"})
	rows[0].Seen[0].Severity, rows[0].Seen[0].Title, rows[0].Seen[0].CVE = domain.Critical, "Redis is open", []string{"CVE-2022-0543"}
	rows[0].Seen[1].Severity, rows[0].Seen[1].Title = domain.Medium, "TLS 1.0 is offered"
	rows[1].Seen[0].Severity, rows[1].Seen[0].Title = domain.Low, "Old TLS"
	rows[0].Seen[2].Severity, rows[0].Seen[2].Title = domain.Medium, "No policy"
	rows[2].Seen[0].Severity, rows[2].Seen[0].Title = domain.Medium, "An old jQuery"
	rows[0].Seen[0].CVSS = []domain.Rating{{Version: "3.1", Score: 10}}
	rows[0].Seen[1].CVSS = []domain.Rating{{Version: "4.0", Score: 4.5}, {Version: "3.1", Score: 9}}
	rows[1].Seen[0].CVSS = []domain.Rating{{Version: "4.0", Score: 5}}
	rows[0].Seen[2].CVSS = []domain.Rating{{Version: "4.0", Score: 0}}
	rows[2].Seen[0].CVSS = nil
	rows[2].TargetValue, rows[2].Target.Value = "https://b.example/", "https://b.example/"
	all := LastingOf(rows)
	Judge(all, []domain.Judgement{{Subject: all[0].Subject(), Ruling: domain.RiskAccepted}}, domain.FingerprintOf)
	const redis, tls, csp, jquery = "Redis is open", "TLS 1.0 is offered", "No policy", "An old jQuery"
	for _, c := range []struct {
		filter FindingFilter
		want   []string
	}{
		{FindingFilter{}, []string{redis, tls, csp, jquery}},
		{FindingFilter{State: FindingOpen}, []string{tls, jquery}},
		{FindingFilter{State: FindingFixed}, []string{csp}},
		{FindingFilter{State: FindingAccepted}, []string{redis}},
		{FindingFilter{State: FindingFalse}, nil},
		{FindingFilter{Severity: domain.Medium}, []string{tls, csp, jquery}},
		{FindingFilter{Severity: domain.Low}, nil},
		{FindingFilter{Target: "https://b.example/"}, []string{jquery}},
		{FindingFilter{Tool: "sslyze"}, []string{tls}},
		{FindingFilter{Tool: domain.TLS, State: FindingOpen}, []string{tls}},
		{FindingFilter{CVE: "cve-2022-0543"}, []string{redis}},
		{FindingFilter{Score: 5}, []string{redis, tls}},
		{FindingFilter{Score: 5.1}, []string{redis}},
		{FindingFilter{Sort: "score"}, []string{redis, tls, csp, jquery}},
		{FindingFilter{Sort: "-score"}, []string{jquery, csp, tls, redis}},
		{FindingFilter{Text: "OLD"}, []string{tls, jquery}},
		{FindingFilter{Text: "app.js"}, []string{jquery}},
		{FindingFilter{Text: "headers/csp"}, []string{csp}},
		{FindingFilter{Sort: "-severity"}, []string{tls, csp, jquery, redis}},
		{FindingFilter{Sort: "first_seen"}, []string{redis, tls, csp, jquery}},
		{FindingFilter{Sort: "-last_seen"}, []string{jquery, tls, csp, redis}},
		{FindingFilter{Sort: "title"}, []string{jquery, csp, redis, tls}},
		{FindingFilter{Sort: "-target"}, []string{jquery, redis, tls, csp}},
	} {
		var got []string
		for _, l := range c.filter.Choose(all, at(900)) {
			got = append(got, l.Shown().Title)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.filter, got, c.want)
		}
	}
	if got := all[1].CVSS(); !slices.Equal(got, []domain.Rating{{Version: "4.0", Score: 5}, {Version: "3.1", Score: 9}}) {
		t.Errorf("the worst of each version by both who see it: %+v", got)
	}
	if got := all[2].Score(); got == nil || *got != 0 {
		t.Errorf("rated none by who had seen it: %v", got)
	}
	if got := all[3].Score(); got != nil || len(all[3].CVSS()) != 0 {
		t.Errorf("rated by nobody: %v", *got)
	}
	if got := FindingOf(all, all[2].ID()); got != all[2] || FindingOf(all, uuid.New()) != nil {
		t.Errorf("by its id: %+v", got)
	}
	if _, err := SubjectOf(rows, uuid.New()); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("an unknown finding: %v", err)
	}
}

// TestScoreOrder has two findings of one score: the worse severity comes first.
func TestScoreOrder(t *testing.T) {
	rows := scans(t, domain.FingerprintOf, nil, said{"ports saw ports/redis/no-password at 6379/tcp", "content saw content/exposed/environment at /.env"})
	for i, severity := range []domain.Severity{domain.High, domain.Critical} {
		rows[0].Seen[i].Severity, rows[0].Seen[i].CVSS = severity, []domain.Rating{{Version: "4.0", Score: 8.7}}
	}
	chosen := FindingFilter{Sort: "score"}.Choose(LastingOf(rows), at(900))
	if len(chosen) != 2 || chosen[0].Shown().Severity != domain.Critical {
		t.Errorf("the first is %s", chosen[0].Shown().Severity)
	}
}
