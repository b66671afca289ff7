package commands_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

func regrade(scan uuid.UUID, grader int, since uuid.UUID) func(*scenario) error {
	return func(s *scenario) error {
		_, err := s.desk.RegradeScan(s.t.Context(), commands.RegradeScan{By: commands.Caller{Operator: true}, Scan: scan, Grader: grader, Since: since})
		return err
	}
}

// TestRegradeScan gives a scan the scores of other rules, once.
func TestRegradeScan(t *testing.T) {
	first, newest := domain.Graders[0], domain.Graders[domain.GraderVersion-1]
	seen := domain.Measured{Probes: map[domain.Tool]domain.Outcome{domain.Headers: domain.Tested, domain.Ports: domain.Tested, domain.TLS: domain.TimedOut}}
	graded := []step{
		scanned(siteA, domain.Headers, domain.Ports, domain.TLS), finished(domain.Headers, domain.Tested, ""), finished(domain.Ports, domain.Tested, ""), finished(domain.TLS, domain.TimedOut, "late"),
		happened(scan1, domain.ScanCompleted{Scores: first.Grade(seen)}),
	}
	anew := domain.ScanRegraded{Scores: newest.Grade(seen), Before: first.Grade(seen), Change: domain.Change{Total: new(-16), Site: new(0), Ruler: new(-16)}}
	back := domain.ScanRegraded{Scores: anew.Before, Before: anew.Scores, Change: domain.Change{Total: new(16), Site: new(0), Ruler: new(16)}}
	again := did(regrade(id(1), newest.Version, uuid.Nil))

	given(t, graded...).when(regrade(id(1), newest.Version, uuid.Nil)).then(anew)
	given(t, append(graded, again)...).when(regrade(id(1), newest.Version, uuid.Nil)).then()
	given(t, append(graded, again)...).when(regrade(id(1), first.Version, uuid.Nil)).then(back)
	given(t, graded...).when(regrade(id(1), first.Version, uuid.Nil)).then()
	given(t, graded...).when(regrade(id(1), first.Version+1, uuid.Nil)).then() // by which it has the same scores
	for code, when := range map[domain.Code][]func(*scenario) error{
		domain.NotFound: {regrade(uuid.UUID{99}, 1, uuid.Nil)},
		domain.Invalid:  {regrade(id(1), 0, uuid.Nil), regrade(id(1), domain.GraderVersion+1, uuid.Nil), regrade(id(1), newest.Version, uuid.UUID{99})},
	} {
		for _, w := range when {
			given(t, graded...).when(w).refused(code)
		}
	}
	given(t, graded[:4]...).when(regrade(id(1), 1, uuid.Nil)).refused(domain.Conflict)
	erased := append(graded, did(erase(id(1), domain.ForRetention)))
	given(t, erased...).when(regrade(id(1), newest.Version, uuid.Nil)).refused(domain.NotFound)
	given(t, append(graded, again)...).when(erase(id(1), domain.ForRetention)).then(domain.ScanErased{Reason: domain.ForRetention})
}

// TestTryRegrade says what would change and changes nothing.
func TestTryRegrade(t *testing.T) {
	seen := domain.Measured{Probes: map[domain.Tool]domain.Outcome{domain.Headers: domain.Tested, domain.TLS: domain.TimedOut}}
	s := given(t, scanned(siteA, domain.Headers, domain.TLS), finished(domain.Headers, domain.Tested, ""), finished(domain.TLS, domain.TimedOut, "late"), happened(scan1, domain.ScanCompleted{Scores: domain.Graders[0].Grade(seen)}))
	s.when(func(s *scenario) error {
		for _, grader := range []int{1, domain.GraderVersion} {
			e, err := s.desk.TryRegrade(t.Context(), commands.RegradeScan{Scan: id(1), Grader: grader})
			if err != nil || (e == nil) != (grader == 1) || e != nil && e.Grader != grader {
				t.Errorf("by %d: %+v, %v", grader, e, err)
			}
		}
		return nil
	}).then()
}
