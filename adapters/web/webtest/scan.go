package webtest

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// Register opens an account.
func (s *Server) Register(email string) uuid.UUID {
	s.t.Helper()
	account, err := s.Desk.RegisterAccount(s.t.Context(), commands.RegisterAccount{Email: email, Password: "correct horse"})
	must(s.t, err)
	return account
}

// Issue makes a key for an account, for all addresses or for some.
func (s *Server) Issue(account uuid.UUID, allow ...string) (key string, id uuid.UUID) {
	s.t.Helper()
	id, key, err := s.Desk.IssueKey(s.t.Context(), commands.IssueKey{Account: account, Name: "test", AllowIP: allow})
	must(s.t, err)
	return key, id
}

// Expiring makes a key of Account that holds for a time.
func (s *Server) Expiring(after time.Duration) (key string) {
	s.t.Helper()
	_, key, err := s.Desk.IssueKey(s.t.Context(), commands.IssueKey{Account: s.Account, Name: "test", Expires: after})
	must(s.t, err)
	return key
}

// Revoke ends a key.
func (s *Server) Revoke(key uuid.UUID) {
	s.t.Helper()
	must(s.t, s.Desk.RevokeKey(s.t.Context(), commands.RevokeKey{Key: key}))
}

// Plan moves Account to another plan.
func (s *Server) Plan(c domain.Contract, plan string) {
	s.t.Helper()
	must(s.t, s.Desk.SetPlan(s.t.Context(), commands.SetPlan{Account: s.Account, Contract: c, Plan: plan}))
}

// Operate makes an account an operator, or none.
func (s *Server) Operate(account uuid.UUID, operator bool) {
	s.t.Helper()
	must(s.t, s.Desk.SetOperator(s.t.Context(), commands.SetOperator{Account: account, Operator: operator}))
}

// Scan opens a scan of Account's through a contract, without HTTP.
func (s *Server) Scan(c domain.Contract, target string) uuid.UUID {
	s.t.Helper()
	parsed, err := domain.ParseTarget(target)
	must(s.t, err)
	requested, err := s.Desk.RequestScan(s.t.Context(), commands.RequestScan{
		By: commands.Caller{Account: s.Account, Request: "before"}, Contract: c, Target: parsed, Profile: domain.Standard,
	})
	must(s.t, err)
	return requested.Stream.ID()
}

// Begin takes a scan's first probe, as a worker does.
func (s *Server) Begin(scan uuid.UUID) {
	s.t.Helper()
	s.take(scan, domain.Ports)
}

// See records what a probe of a scan sees.
func (s *Server) See(scan uuid.UUID, tool domain.Tool, seen ...domain.Observation) {
	s.t.Helper()
	must(s.t, s.take(scan, tool).Record(s.t.Context(), seen))
}

// Finish ends all probes of a scan alike, and so the scan.
func (s *Server) Finish(scan uuid.UUID, outcome domain.Outcome, reason string) {
	s.t.Helper()
	for _, tool := range domain.Standard.Tools() {
		must(s.t, s.take(scan, tool).Finish(s.t.Context(), outcome, reason, nil))
	}
}

// End ends the probes of a scan alike, whatever runs it, with what they looked
// at.
func (s *Server) End(scan uuid.UUID, outcome domain.Outcome, reason string, looked ...domain.Coverage) {
	s.t.Helper()
	history, err := s.Desk.Log.Read(s.t.Context(), domain.NewStream(domain.ScanFamily, scan), 0)
	must(s.t, err)
	for _, tool := range domain.Fold(new(domain.Scan), history).ScanRequested.Probes {
		must(s.t, s.take(scan, tool).Finish(s.t.Context(), outcome, reason, looked))
	}
}

// Number is a scan's integer id.
func (s *Server) Number(scan uuid.UUID) int64 {
	s.t.Helper()
	history, err := s.Desk.Log.Read(s.t.Context(), domain.NewStream(domain.ScanFamily, scan), 0)
	must(s.t, err)
	return history[0].Position
}

// Target puts a target on Account's list, and returns its integer id.
func (s *Server) Target(value, name string) int64 {
	s.t.Helper()
	parsed, err := domain.ParseTarget(value)
	must(s.t, err)
	added, err := s.Desk.AddTarget(s.t.Context(), commands.AddTarget{By: commands.Caller{Account: s.Account}, Target: parsed, Name: name})
	must(s.t, err)
	return added[0].Position
}

// Planned puts a target on Account's list that is scanned every day, and returns its
// integer id, which is its schedule's too.
func (s *Server) Planned(value string) int64 {
	s.t.Helper()
	parsed, err := domain.ParseTarget(value)
	must(s.t, err)
	added, err := s.Desk.AddTarget(s.t.Context(), commands.AddTarget{By: commands.Caller{Account: s.Account}, Target: parsed, Frequency: domain.Daily})
	must(s.t, err)
	return added[0].Position
}

// Cancel cancels a scan of Account's.
func (s *Server) Cancel(scan uuid.UUID) {
	s.t.Helper()
	must(s.t, s.Desk.CancelScan(s.t.Context(), commands.CancelScan{By: commands.Caller{Account: s.Account}, Scan: scan}))
}

func (s *Server) take(scan uuid.UUID, tool domain.Tool) *commands.Run {
	s.t.Helper()
	run, err := s.Desk.TakeProbe(s.t.Context(), commands.Lease{Scan: scan, Account: s.Account, Tool: tool, Token: 1, Attempt: 1}, "w")
	must(s.t, err)
	return run
}

// Finding has a scan of Account's find a weakness in a target, and returns what
// lasts of it.
func (s *Server) Finding(target string) uuid.UUID {
	s.t.Helper()
	scan := s.Scan(domain.ScannerAPI, target)
	weak := Weak("tls/certificate/expired", domain.High)
	s.See(scan, domain.TLS, weak)
	s.End(scan, domain.Tested, "", domain.Coverage{What: "certificate", Outcome: domain.Tested})
	parsed, err := domain.ParseTarget(target)
	must(s.t, err)
	return domain.FindingID(s.Account, parsed.Value, domain.FingerprintOf(parsed, weak.Advisory.ID, weak.Where))
}

// Rule has Account say something of a finding.
func (s *Server) Rule(finding uuid.UUID, ruling domain.Ruling) {
	s.t.Helper()
	must(s.t, s.Desk.JudgeFinding(s.t.Context(), commands.JudgeFinding{
		By: commands.Caller{Account: s.Account}, Finding: finding, Ruling: ruling, Reason: "before",
	}))
}

// Weak is a weakness of a severity, one for each name.
func Weak(name string, severity domain.Severity) domain.Weakness {
	return domain.Weakness{Advisory: domain.Advisory{ID: name, Title: name, Severity: severity}, Where: "443/tcp"}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Shorten makes a short link of Account's, and returns its id.
func (s *Server) Shorten(destination, code string) string {
	s.t.Helper()
	made, err := s.Desk.ShortenLink(s.t.Context(), commands.ShortenLink{
		By: commands.Caller{Account: s.Account}, Code: code, Details: domain.LinkDetails{Destination: destination},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return made.Stream.ID().String()
}

// LookAgain has what the link of a code leads to looked at again.
func (s *Server) LookAgain(code string) {
	s.t.Helper()
	stream, err := s.Desk.Secrets.Claimed(s.t.Context(), domain.LinkClaim(code))
	if err == nil {
		err = s.Desk.JudgeLink(s.t.Context(), commands.JudgeLink{By: commands.Caller{Worker: "w"}, Link: stream.ID()})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
