package commands_test

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// sawAll is a scan of siteA by tls that looked at everything, and saw these rules
// broken on its port.
func sawAll(scan uint32, rules ...string) step {
	events := []domain.Event{requested(id(scan), ann, domain.IsSafeSite, siteA)}
	for _, rule := range rules {
		events = append(events, domain.FindingRaised{Tool: domain.TLS, Finding: rule, Where: "443/tcp", Severity: domain.High})
	}
	events = append(events, domain.ProbeFinished{Tool: domain.TLS, Outcome: domain.Tested, Coverage: []domain.Coverage{{What: "443/tcp", Outcome: domain.Tested}}},
		domain.ScanCompleted{Scores: domain.Grade(domain.Measured{})})
	return happened(domain.NewStream(domain.ScanFamily, id(scan)), events...)
}

func compare(scan uuid.UUID) func(*scenario) error {
	return func(s *scenario) error {
		return s.desk.CompareScan(s.t.Context(), commands.CompareScan{By: commands.Caller{Worker: "compare"}, Scan: scan})
	}
}

func compared(rules ...string) domain.Compared {
	var all []domain.Fingerprint
	for _, rule := range rules {
		all = append(all, domain.FingerprintOf(siteA, rule, "443/tcp"))
	}
	return domain.ComparedOf(all)
}

// TestCompareScan notes once what a scan found beside the one before.
func TestCompareScan(t *testing.T) {
	const rc4, export, null = "tls/cipher/rc4", "tls/cipher/export", "tls/cipher/null"
	told := domain.ScanCompared{
		Against: id(900), FingerprintVersion: domain.FingerprintVersion, Worst: domain.High,
		New: compared(null), Fixed: compared(rc4), Reopened: compared(), Unchanged: compared(export), NotTestedAgain: compared(),
	}
	s := given(t, sawAll(900, rc4, export), later(time.Hour), sawAll(901, export, null))
	s.when(compare(id(901))).then(told)
	s.when(compare(id(901))).then()
	s.when(compare(id(900))).then() // there is none before it
	given(t, sawAll(900, rc4), sawAll(901, rc4)).when(compare(id(901))).then(domain.ScanCompared{
		Against: id(900), FingerprintVersion: domain.FingerprintVersion, New: compared(), Fixed: compared(), Reopened: compared(), Unchanged: compared(rc4), NotTestedAgain: compared(),
	})
}

// TestCompareScanRuled: what the account lives with, or calls false, is counted and is not the worst.
func TestCompareScanRuled(t *testing.T) {
	const rc4, null = "tls/cipher/rc4", "tls/cipher/null"
	told := func(worst domain.Severity) domain.ScanCompared {
		return domain.ScanCompared{
			Against: id(900), FingerprintVersion: domain.FingerprintVersion, Worst: worst,
			New: compared(null), Fixed: compared(), Reopened: compared(), Unchanged: compared(rc4), NotTestedAgain: compared(),
		}
	}
	subject := domain.Subject{Finding: id(7), Target: siteA, Seen: []domain.Spot{{Rule: null, Where: "443/tcp"}}}
	tomorrow, yesterday := time.Date(2026, 6, 2, 0, 0, 0, 0, time.UTC), time.Date(2026, 5, 30, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		said  []domain.Event
		worst domain.Severity
	}{
		"nothing":            {nil, domain.High},
		"accepted":           {[]domain.Event{domain.FindingAccepted{Subject: subject}}, ""},
		"until tomorrow":     {[]domain.Event{domain.FindingAccepted{Subject: subject, Until: &tomorrow}}, ""},
		"until yesterday":    {[]domain.Event{domain.FindingAccepted{Subject: subject, Until: &yesterday}}, domain.High},
		"a false positive":   {[]domain.Event{domain.FindingDismissed{Subject: subject}}, ""},
		"taken back":         {[]domain.Event{domain.FindingDismissed{Subject: subject}, domain.FindingReopened{Subject: subject}}, domain.High},
		"of another finding": {[]domain.Event{domain.FindingAccepted{Subject: domain.Subject{Target: siteA, Seen: []domain.Spot{{Rule: rc4, Where: "443/tcp"}}}}}, domain.High},
	} {
		t.Run(name, func(t *testing.T) {
			steps := []step{sawAll(900, rc4), sawAll(901, rc4, null)}
			if len(c.said) > 0 {
				steps = append(steps, happened(domain.NewStream(domain.AccountFamily, ann), c.said...))
			}
			given(t, steps...).when(compare(id(901))).then(told(c.worst))
		})
	}
}

// TestCompareScanNot has scans of which nothing is told.
func TestCompareScanNot(t *testing.T) {
	stream := domain.NewStream(domain.ScanFamily, id(901))
	asked := requested(id(901), ann, domain.IsSafeSite, siteA)
	given(t).when(compare(id(901))).refused(domain.NotFound)
	given(t, sawAll(900), happened(stream, asked)).when(compare(id(901))).refused(domain.Conflict)
	given(t, sawAll(900), happened(stream, asked, domain.ScanCancelled{By: "ann"})).when(compare(id(901))).then()
	given(t, sawAll(900), sawAll(901), did(func(s *scenario) error {
		return s.desk.EraseScan(s.t.Context(), commands.EraseScan{Scan: id(901), Reason: domain.ForRetention})
	})).when(compare(id(901))).then()
	given(t, sawAll(900), sawAll(901), did(func(s *scenario) error {
		return s.desk.EraseScan(s.t.Context(), commands.EraseScan{Scan: id(900), Reason: domain.ForRetention})
	})).when(compare(id(901))).then()
}
