package commands_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// attempt begins an attempt at ann's one request, and gives the one before up.
func (s *scenario) attempt() commands.Caller {
	s.t.Helper()
	answers := &memory.Answers{Log: s.log, Now: s.clock}
	later(time.Minute)(s)
	known, err := answers.Begin(s.t.Context(), commands.Attempt{Record: "r", ID: uuid.New()}, time.Minute, time.Hour)
	if err != nil {
		s.t.Fatal(err)
	}
	known.Seed = []byte("a seed that attempts share")
	by := byAnn
	by.Once = known
	return by
}

// TestAttempts gives every command again in a second attempt, after the first
// one's process has ended between its effect and its answer: nothing is
// appended, and the answer is the same.
func TestAttempts(t *testing.T) {
	scan := did(request(byAnn, domain.IsSafeSite, siteA))
	issued := did(func(s *scenario) error {
		_, _, err := s.desk.IssueKey(s.t.Context(), commands.IssueKey{Account: ann, Name: "first"})
		return err
	})
	for name, c := range map[string]struct {
		given   []step
		command func(s *scenario, by commands.Caller) (answer any, err error)
	}{
		"request a scan": {nil, func(s *scenario, by commands.Caller) (any, error) {
			e, err := s.desk.RequestScan(s.t.Context(), commands.RequestScan{By: by, Contract: domain.ScannerAPI, Target: siteA, Profile: domain.Quick})
			s.sites[siteA.Value] = domain.Unresolvable // its name is gone meanwhile
			return e.ID, err
		}},
		"retest a scan": {[]step{scan}, func(s *scenario, by commands.Caller) (any, error) {
			e, err := s.desk.RetestScan(s.t.Context(), commands.RetestScan{By: by, Contract: domain.IsSafeSite, Scan: id(1)})
			return e.ID, err
		}},
		"add a target": {nil, func(s *scenario, by commands.Caller) (any, error) {
			return s.desk.AddTarget(s.t.Context(), commands.AddTarget{By: by, Target: siteA, Name: "shop"})
		}},
		"change a target": {[]step{listed("a.example")}, func(s *scenario, by commands.Caller) (any, error) {
			name := "another"
			return nil, s.desk.ChangeTarget(s.t.Context(), commands.ChangeTarget{By: by, ID: id(1), Name: &name})
		}},
		"remove a target": {[]step{listed("a.example")}, func(s *scenario, by commands.Caller) (any, error) {
			return nil, s.desk.RemoveTarget(s.t.Context(), commands.RemoveTarget{By: by, ID: id(1)})
		}},
		"erase a target": {[]step{listed("a.example")}, func(s *scenario, by commands.Caller) (any, error) {
			return nil, s.desk.EraseTarget(s.t.Context(), commands.EraseTarget{By: by, ID: id(1), Reason: domain.ForAccount})
		}},
		"verify a target": {[]step{listed("a.example")}, func(s *scenario, by commands.Caller) (any, error) {
			s.published["_scanledger.a.example"] = []string{s.desk.ProofOf(ann, on("a.example").Target)}
			defer clear(s.published) // the record is gone meanwhile
			v, err := s.desk.VerifyTarget(s.t.Context(), commands.VerifyTarget{By: by, ID: id(1)})
			return fmt.Sprintf("%+v %+v", v.Proof, v.Looked), err
		}},
		"add a schedule": {[]step{listed("a.example")}, func(s *scenario, by commands.Caller) (any, error) {
			defer later(40 * time.Minute)(s) // it would be due at another time
			return s.desk.AddSchedule(s.t.Context(), commands.AddSchedule{By: by, Target: id(1), Schedule: inUTC("30 23 * * *")})
		}},
		"change a schedule": {[]step{hourly("a.example")}, func(s *scenario, by commands.Caller) (any, error) {
			return nil, changeSchedule(by, commands.ChangeSchedule{TimeZone: new("Asia/Kolkata")})(s)
		}},
		"pause a schedule": {[]step{hourly("a.example")}, func(s *scenario, by commands.Caller) (any, error) {
			return s.desk.PauseSchedule(s.t.Context(), commands.PauseSchedule{By: by, Target: id(1)})
		}},
		"resume a schedule": {[]step{hourly("a.example"), happened(target1, domain.SchedulePaused{})}, func(s *scenario, by commands.Caller) (any, error) {
			defer later(40 * time.Minute)(s)
			return s.desk.ResumeSchedule(s.t.Context(), commands.ResumeSchedule{By: by, Target: id(1)})
		}},
		"remove a schedule": {[]step{hourly("a.example")}, func(s *scenario, by commands.Caller) (any, error) {
			return nil, removeSchedule(by)(s)
		}},
		"cancel a scan": {[]step{scan}, func(s *scenario, by commands.Caller) (any, error) {
			return nil, s.desk.CancelScan(s.t.Context(), commands.CancelScan{By: by, Scan: id(1)})
		}},
		"register an account": {nil, func(s *scenario, by commands.Caller) (any, error) {
			return s.desk.RegisterAccount(s.t.Context(), commands.RegisterAccount{By: by, Email: "cleo@example.com", Password: password})
		}},
		"issue a key": {nil, func(s *scenario, by commands.Caller) (any, error) {
			id, key, err := s.desk.IssueKey(s.t.Context(), commands.IssueKey{By: by, Account: ann, Name: "ci"})
			if _, err := s.desk.GrantOf(s.t.Context(), key); err != nil {
				s.t.Errorf("the key opens nothing: %v", err)
			}
			return id.String() + " " + key, err
		}},
		"revoke a key": {[]step{issued}, func(s *scenario, by commands.Caller) (any, error) {
			return nil, s.desk.RevokeKey(s.t.Context(), commands.RevokeKey{By: by, Key: id(1)})
		}},
		"grant credits": {nil, func(s *scenario, by commands.Caller) (any, error) {
			return nil, s.desk.GrantCredits(s.t.Context(), commands.GrantCredits{By: by, Account: ann, Amount: 5})
		}},
		"make an operator": {nil, func(s *scenario, by commands.Caller) (any, error) {
			return nil, s.desk.SetOperator(s.t.Context(), commands.SetOperator{By: by, Account: ann, Operator: true})
		}},
		"judge a finding": {[]step{found}, func(s *scenario, by commands.Caller) (any, error) {
			until := time.Date(2026, 5, 31, 23, 1, 30, 0, time.UTC) // has come before the second attempt
			return nil, judge(by, domain.RiskAccepted, "why", &until)(s)
		}},
		"set a plan": {nil, func(s *scenario, by commands.Caller) (any, error) {
			return nil, s.desk.SetPlan(s.t.Context(), commands.SetPlan{By: by, Account: ann, Contract: domain.IsSafeSite, Plan: "pro"})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(t, c.given...)
			before := len(s.log.Stored(0))
			first, err := c.command(s, s.attempt())
			if made := len(s.log.Stored(0)) - before; err != nil || made != 1 {
				t.Fatalf("the first attempt makes %d events, %v", made, err)
			}
			var second any
			s.when(func(s *scenario) (err error) {
				second, err = c.command(s, s.attempt())
				return err
			}).then()
			if !reflect.DeepEqual(second, first) {
				t.Errorf("the second attempt answers %v, the first one %v", second, first)
			}
		})
	}
}

// TestAttemptOfManyCommands is broken off between two commands of one kind:
// the next attempt finds the first one done and does the second.
func TestAttemptOfManyCommands(t *testing.T) {
	s := given(t)
	by := s.attempt()
	both := func(by commands.Caller) func(*scenario) error {
		return func(s *scenario) error {
			if err := request(by, domain.IsSafeSite, siteA)(s); err != nil {
				return err
			}
			return request(by, domain.IsSafeSite, siteB)(s)
		}
	}
	s.sites[siteB.Value] = domain.Unavailable
	s.when(both(by)).err = nil
	s.then(requested(id(1), ann, domain.IsSafeSite, siteA))
	delete(s.sites, siteB.Value)
	s.when(both(s.attempt())).then(requested(id(3), ann, domain.IsSafeSite, siteB))
	s.when(both(s.attempt())).then()
}

// TestAttemptTakenOver gives a command in an attempt that is not the newest.
func TestAttemptTakenOver(t *testing.T) {
	s := given(t)
	dead := s.attempt()
	heir := s.attempt()
	s.when(request(dead, domain.ScannerAPI, siteA)).refused(domain.InFlight)
	s.when(request(heir, domain.ScannerAPI, siteA)).then(requested(id(3), ann, domain.ScannerAPI, siteA))
	s.when(request(dead, domain.ScannerAPI, siteB)).refused(domain.InFlight)
}

// TestSecretsOfAttempts are another request's never.
func TestSecretsOfAttempts(t *testing.T) {
	s := given(t)
	issue := func(by commands.Caller) (key string) {
		_, key, err := s.desk.IssueKey(t.Context(), commands.IssueKey{By: by, Account: ann, Name: "ci"})
		if err != nil {
			t.Fatal(err)
		}
		return key
	}
	seen := map[string]bool{}
	by := s.attempt()
	seen[issue(by)], seen[issue(by)] = true, true
	by = s.attempt()
	by.Once.Seed, by.Once.Done = []byte("the seed of another request"), nil
	seen[issue(by)] = true
	seedless := s.attempt()
	seedless.Once.Seed, seedless.Once.Done = nil, nil
	seen[issue(seedless)], seen[issue(seedless)] = true, true
	if len(seen) != 5 {
		t.Errorf("%d different keys of 5", len(seen))
	}
}
