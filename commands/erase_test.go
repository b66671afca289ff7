package commands_test

import (
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

func deleteAccount(account uuid.UUID) func(*scenario) error {
	return func(s *scenario) error {
		return s.desk.DeleteAccount(s.t.Context(), commands.DeleteAccount{By: commands.Caller{Operator: true}, Account: account})
	}
}

func erase(scan uuid.UUID, reason string) func(*scenario) error {
	return func(s *scenario) error {
		return s.desk.EraseScan(s.t.Context(), commands.EraseScan{By: commands.Caller{Operator: true}, Scan: scan, Reason: reason})
	}
}

func TestDeleteAccount(t *testing.T) {
	given(t).when(deleteAccount(ann)).then(domain.AccountDeleted{Account: ann})
	given(t).when(deleteAccount(id(9))).refused(domain.NotFound)
	given(t, did(deleteAccount(ann))).when(deleteAccount(ann)).refused(domain.NotFound)
	given(t, did(deleteAccount(ann))).when(request(byAnn, domain.IsSafeSite, siteA)).refused(domain.NotFound)
	given(t, did(deleteAccount(ann))).when(func(s *scenario) error {
		_, _, err := s.desk.IssueKey(t.Context(), commands.IssueKey{Account: ann, Name: "late"})
		return err
	}).refused(domain.NotFound)
	given(t, did(deleteAccount(ann))).when(request(byBob, domain.IsSafeSite, siteA)).then(requested(id(2), bob, domain.IsSafeSite, siteA))
}

// TestDeleteAccountForgets looks for what opened the account, and for what it
// was known by.
func TestDeleteAccountForgets(t *testing.T) {
	s := given(t, did(register("ann@example.com", password)))
	account := id(1)
	key, others := s.issue(account, 0), s.issue(bob, 0)
	grant, err := s.desk.GrantOf(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	did(deleteAccount(account))(s)
	if _, err := s.desk.GrantOf(t.Context(), key); domain.CodeOf(err) != domain.BadKey {
		t.Errorf("its key opens: %v", err)
	}
	if _, err := s.desk.GrantOf(t.Context(), others); err != nil {
		t.Errorf("another's key: %v", err)
	}
	for _, name := range []string{"vault:", "password:"} {
		if kept, err := s.log.Secret(t.Context(), name+account.String()); domain.CodeOf(err) != domain.NotFound {
			t.Errorf("%s is kept: %v, %v", name, kept, err)
		}
	}
	s.when(func(s *scenario) error { return s.desk.RevokeKey(t.Context(), commands.RevokeKey{Key: grant.Key}) }).refused(domain.NotFound)
	if _, err := s.desk.AccountByEmail(t.Context(), "ann@example.com"); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("it is found by its address: %v", err)
	}
	did(register("ann@example.com", password))(s)
	if again, err := s.desk.AccountByEmail(t.Context(), "ann@example.com"); err != nil || again == account {
		t.Errorf("registered anew is %s, %v", again, err)
	}
}

func TestEraseScan(t *testing.T) {
	done := []step{scanned(siteA, domain.Ports), finished(domain.Ports, domain.Tested, ""), happened(scan1, domain.ScanCompleted{})}
	gone := domain.ScanErased{Reason: domain.ForRetention}
	given(t, done...).when(erase(id(1), domain.ForRetention)).then(gone)
	given(t, append(done, did(erase(id(1), domain.ForRetention)))...).when(erase(id(1), domain.ForAccount)).then()
	given(t, scanned(siteA, domain.Ports)).when(erase(id(1), domain.ForRetention)).refused(domain.Conflict)
	given(t, scanned(siteA, domain.Ports)).when(erase(id(1), domain.ForAccount)).
		then(domain.Erased{Event: domain.ScanCancelled{}}, domain.ScanErased{Reason: domain.ForAccount})
	given(t).when(erase(id(1), domain.ForAccount)).refused(domain.NotFound)

	erased := given(t, append(done, did(erase(id(1), domain.ForRetention)))...)
	erased.when(cancelled(byAnn, id(1))).refused(domain.NotFound)
	erased.when(func(s *scenario) error {
		_, err := s.desk.RetestScan(t.Context(), commands.RetestScan{By: byAnn, Contract: domain.ScannerAPI, Scan: id(1)})
		return err
	}).refused(domain.NotFound)
	erased.when(func(s *scenario) error {
		_, err := s.desk.TakeProbe(t.Context(), lease(domain.Ports, 2), "w")
		return err
	}).refused(domain.Over)
}

var scan1 = domain.NewStream(domain.ScanFamily, id(1))

// TestEraseRunning erases a scan under the hands of a worker: it writes nothing
// more, its probes are gone, and target and queue are free.
func TestEraseRunning(t *testing.T) {
	s := given(t, limited(1, 0), did(request(byAnn, domain.ScannerAPI, siteA)))
	first := requestOf(s, id(1))
	if err := s.inbox.Enqueue(t.Context(), first, "cause"); err != nil {
		t.Fatal(err)
	}
	did(erase(id(1), domain.ForAccount))(s)
	if l, err := s.inbox.Lease(t.Context(), "w", 1); err != nil || l != nil {
		t.Errorf("a probe waits: %+v, %v", l, err)
	}
	did(request(byAnn, domain.ScannerAPI, siteA))(s)

	s = given(t, scanned(siteA, domain.Ports, domain.Headers))
	run := s.take(lease(domain.Ports, 1))
	did(erase(id(1), domain.ForAccount))(s)
	s.when(func(s *scenario) error { return run.Record(t.Context(), []domain.Observation{port80}) }).refused(domain.Over)
	s.when(func(s *scenario) error { return run.Finish(t.Context(), domain.Tested, "", nil) }).refused(domain.Over)
	for _, e := range s.log.Stored(0) {
		if e.Stream == scan1 && (e.Payload != nil) != (e.Type == "scan.erased") {
			t.Errorf("version %d, %s, has the payload %q", e.Version, e.Type, e.Payload)
		}
	}
}
