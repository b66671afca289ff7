package commands_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// weak is what a scan of siteA has found, and what lasts of it.
var weak = domain.Subject{
	Finding: domain.FindingID(ann, siteA.Value, domain.FingerprintOf(siteA, "tls/certificate/expired", "443/tcp")),
	Target:  siteA, Seen: []domain.Spot{{Rule: "tls/certificate/expired", Where: "443/tcp"}},
}

// found is a scan of ann's that has found it.
var found = happened(domain.NewStream(domain.ScanFamily, id(900)),
	requested(id(900), ann, domain.IsSafeSite, siteA), domain.FindingRaised{Tool: domain.TLS, Finding: "tls/certificate/expired", Where: "443/tcp", Severity: domain.High})

func judge(by commands.Caller, r domain.Ruling, reason string, until *time.Time) func(*scenario) error {
	return func(s *scenario) error {
		return s.desk.JudgeFinding(s.t.Context(), commands.JudgeFinding{By: by, Finding: weak.Finding, Ruling: r, Reason: reason, Until: until})
	}
}

// TestJudgeFinding reads from the event what was said, and opens why.
func TestJudgeFinding(t *testing.T) {
	until := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC) // an hour from now
	for ruling, given := range map[domain.Ruling]*scenario{
		domain.RiskAccepted:  given(t, found).when(judge(byAnn, domain.RiskAccepted, " It is old\nand goes soon ", &until)),
		domain.FalsePositive: given(t, found).when(judge(byAnn, domain.FalsePositive, " It is old\nand goes soon ", &until)),
	} {
		stored := given.log.Stored(given.mark)
		if given.err != nil || len(stored) != 1 || strings.Contains(string(stored[0].Payload), "old") {
			t.Fatalf("%s: %v, %+v", ruling, given.err, stored)
		}
		said, open, err := given.desk.Judgements(t.Context(), ann)
		if err != nil || len(said) != 1 {
			t.Fatalf("%s: %+v, %v", ruling, said, err)
		}
		j := said[0]
		if why, err := open(j.Reason); err != nil || why != "It is old\nand goes soon" {
			t.Errorf("%s: %q, %v", ruling, why, err)
		}
		if j.Ruling != ruling || j.Finding != weak.Finding || !j.Until.Equal(until) || j.Actor != "account:"+ann.String() || stored[0].Stream != domain.NewStream(domain.AccountFamily, ann) {
			t.Errorf("%s: %+v", ruling, j)
		}
	}
}

func TestJudgeFindingRefused(t *testing.T) {
	past, now := time.Date(2026, 5, 31, 22, 0, 0, 0, time.UTC), time.Date(2026, 5, 31, 23, 0, 0, 0, time.UTC)
	soon := now.Add(time.Hour)
	accepted := did(judge(byAnn, domain.RiskAccepted, "why", &soon))
	given(t, found).when(judge(byAnn, domain.RiskAccepted, " \n", nil)).refused(domain.Invalid)
	given(t, found).when(judge(byAnn, domain.RiskAccepted, strings.Repeat("ü", 2001), nil)).refused(domain.Invalid)
	given(t, found).when(judge(byAnn, domain.RiskAccepted, "a\x00b", nil)).refused(domain.Invalid)
	given(t, found).when(judge(byAnn, domain.RiskAccepted, "why", &past)).refused(domain.Invalid)
	given(t, found).when(judge(byAnn, domain.FalsePositive, "why", &now)).refused(domain.Invalid)
	given(t, found).when(judge(byBob, domain.RiskAccepted, "why", nil)).refused(domain.NotFound)
	given(t).when(judge(byAnn, domain.RiskAccepted, "why", nil)).refused(domain.NotFound)
	given(t, found).when(judge(byAnn, domain.NoRuling, "why", nil)).refused(domain.Conflict)
	given(t, found, accepted, later(time.Hour)).when(judge(byAnn, domain.NoRuling, "why", nil)).refused(domain.Conflict)
	given(t, found, accepted, did(judge(byAnn, domain.NoRuling, "why", nil))).when(judge(byAnn, domain.NoRuling, "why", nil)).refused(domain.Conflict)
}

// TestJudgeFindingAgain gives one ruling after another: each is an event, and the
// newest holds.
func TestJudgeFindingAgain(t *testing.T) {
	s := given(t, found)
	for _, r := range []domain.Ruling{domain.RiskAccepted, domain.RiskAccepted, domain.FalsePositive, domain.NoRuling, domain.FalsePositive} {
		if err := judge(byAnn, r, "why", nil)(s); err != nil {
			t.Fatal(err)
		}
	}
	if said, _, err := s.desk.Judgements(t.Context(), ann); err != nil || len(said) != 5 || said[4].Ruling != domain.FalsePositive {
		t.Errorf("%+v, %v", said, err)
	}
	if _, _, err := s.desk.Judgements(t.Context(), uuid.UUID{7}); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("of nobody: %v", err)
	}
}

// TestJudgementsErased: what was said of findings goes with the account.
func TestJudgementsErased(t *testing.T) {
	s := given(t, found, did(judge(byAnn, domain.RiskAccepted, "why", nil)))
	if err := s.desk.DeleteAccount(t.Context(), commands.DeleteAccount{Account: ann}); err != nil {
		t.Fatal(err)
	}
	for _, stored := range s.log.Stored(0) {
		if stored.Type == (domain.FindingAccepted{}).Kind() && stored.Payload != nil {
			t.Errorf("left: %s", stored.Payload)
		}
	}
}
