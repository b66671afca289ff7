package commands_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var (
	siteA = mustURL("https://a.example/")
	siteB = mustURL("https://b.example/")
)

// request asks for a quick scan.
func request(by commands.Caller, c domain.Contract, site domain.Target) func(*scenario) error {
	return func(s *scenario) error {
		_, err := s.desk.RequestScan(s.t.Context(), commands.RequestScan{By: by, Contract: c, Target: site, Profile: domain.Quick})
		return err
	}
}

// requested is what request leads to.
func requested(scan uuid.UUID, by uuid.UUID, c domain.Contract, site domain.Target) domain.ScanRequested {
	return domain.ScanRequested{Scan: scan, Account: by, Contract: c, Target: site, Profile: domain.Quick, Probes: domain.Quick.Tools()}
}

func onPlan(account uuid.UUID, c domain.Contract, plan string) step {
	return happened(domain.NewStream(domain.AccountFamily, account), domain.PlanChanged{Contract: c, Plan: plan})
}

// limited sets the operator's limits for Scanner.
func limited(queue, monthly int) step {
	return func(s *scenario) { s.desk.Limits = commands.ScanLimits{Queue: queue, Monthly: monthly} }
}

// worked lets a worker take the first probe of a scan.
func worked(scan uuid.UUID) step {
	return did(func(s *scenario) error {
		_, err := s.desk.TakeProbe(s.t.Context(), commands.Lease{Scan: scan, Tool: domain.Ports, Token: 1, Attempt: 1}, "w")
		return err
	})
}

func cancelled(by commands.Caller, scan uuid.UUID) func(*scenario) error {
	return func(s *scenario) error {
		return s.desk.CancelScan(s.t.Context(), commands.CancelScan{By: by, Scan: scan})
	}
}

func TestRequestScan(t *testing.T) {
	s := given(t)
	var answer domain.Envelope
	s.when(func(s *scenario) (err error) {
		answer, err = s.desk.RequestScan(t.Context(), commands.RequestScan{By: byAnn, Contract: domain.ScannerAPI, Target: siteA, Profile: domain.Quick})
		return err
	}).then(requested(id(1), ann, domain.ScannerAPI, siteA))
	want := domain.Envelope{
		Position: 3, ID: id(2), Stream: domain.NewStream(domain.ScanFamily, id(1)), Version: 1, Owner: ann, At: s.now,
		Actor: "account:" + ann.String(), Cause: "request-1", Trace: "trace-1",
	}
	answer.Event = nil
	if answer != want {
		t.Errorf("answer\n got %+v\nwant %+v", answer, want)
	}
	if holder, err := s.log.Claimed(t.Context(), domain.RunningClaim(ann, siteA)); holder != want.Stream {
		t.Errorf("the target is held by %q, %v", holder, err)
	}
}

func TestRequestScanLimits(t *testing.T) {
	free := domain.IsSafeSite
	three := []step{did(request(byAnn, free, siteA)), did(request(byAnn, free, siteA)), did(request(byAnn, free, siteB))}
	for name, c := range map[string]struct {
		given []step
		when  func(*scenario) error
		code  domain.Code
	}{
		"a month's last":                  {three[:2], request(byAnn, free, siteA), ""},
		"one beyond the month":            {three, request(byAnn, free, siteA), domain.Quota},
		"another account's month":         {three, request(byBob, free, siteA), ""},
		"another contract's month":        {three, request(byAnn, domain.ScannerAPI, mustURL("https://c.example/")), ""},
		"the next month":                  {append(three[:3:3], later(2*time.Hour)), request(byAnn, free, siteA), ""},
		"a larger plan":                   {append(three[:3:3], onPlan(ann, free, "pro")), request(byAnn, free, siteA), ""},
		"no limits for internal":          {append(three[:3:3], onPlan(ann, free, domain.InternalPlan)), request(byAnn, free, siteA), ""},
		"a scanner's month":               {[]step{limited(0, 1), did(request(byAnn, domain.ScannerAPI, siteA))}, request(byAnn, domain.ScannerAPI, siteB), domain.Quota},
		"a scanner without limits":        {[]step{did(request(byAnn, domain.ScannerAPI, siteA))}, request(byAnn, domain.ScannerAPI, siteB), ""},
		"the queue is full":               {[]step{limited(1, 0), did(request(byAnn, domain.ScannerAPI, siteA))}, request(byBob, domain.ScannerAPI, siteB), domain.Quota},
		"the queue is for internal too":   {[]step{limited(1, 1), onPlan(ann, domain.ScannerAPI, domain.InternalPlan), did(request(byAnn, domain.ScannerAPI, siteA))}, request(byAnn, domain.ScannerAPI, siteB), ""},
		"internal scans fill the queue":   {[]step{limited(1, 0), onPlan(ann, domain.ScannerAPI, domain.InternalPlan), did(request(byAnn, domain.ScannerAPI, siteA))}, request(byBob, domain.ScannerAPI, siteB), domain.Quota},
		"other contracts have no queue":   {[]step{limited(1, 0), did(request(byAnn, domain.ScannerAPI, siteA))}, request(byAnn, free, siteB), ""},
		"a taken scan leaves the queue":   {[]step{limited(1, 0), did(request(byAnn, domain.ScannerAPI, siteA)), worked(id(1))}, request(byBob, domain.ScannerAPI, siteB), ""},
		"a cancelled one leaves it":       {[]step{limited(1, 0), did(request(byAnn, domain.ScannerAPI, siteA)), did(cancelled(byAnn, id(1)))}, request(byBob, domain.ScannerAPI, siteB), ""},
		"one leaves it once only":         {[]step{limited(1, 0), did(request(byAnn, domain.ScannerAPI, siteA)), worked(id(1)), did(cancelled(byAnn, id(1))), did(request(byAnn, domain.ScannerAPI, siteA))}, request(byBob, domain.ScannerAPI, siteB), domain.Quota},
		"the same target runs":            {[]step{did(request(byAnn, domain.ScannerAPI, siteA))}, request(byAnn, domain.ScannerAPI, siteA), domain.Conflict},
		"the same target, another's":      {[]step{did(request(byAnn, domain.ScannerAPI, siteA))}, request(byBob, domain.ScannerAPI, siteA), ""},
		"the same target, cancelled":      {[]step{did(request(byAnn, domain.ScannerAPI, siteA)), did(cancelled(byAnn, id(1)))}, request(byAnn, domain.ScannerAPI, siteA), ""},
		"elsewhere a second one queues":   {[]step{did(request(byAnn, free, siteA))}, request(byAnn, free, siteA), ""},
		"a second one frees not for all":  {[]step{did(request(byAnn, domain.ScannerAPI, siteA)), did(request(byAnn, free, siteA)), did(cancelled(byAnn, id(3)))}, request(byAnn, domain.ScannerAPI, siteA), domain.Conflict},
		"an unknown account":              {nil, request(commands.Caller{Account: id(99)}, free, siteA), domain.NotFound},
		"a military target":               {nil, request(byAnn, free, mustURL("https://example.mil/")), domain.Forbidden},
		"a target that the guard refuses": {[]step{func(s *scenario) { s.sites[siteA.Value] = domain.Forbidden }}, request(byAnn, free, siteA), domain.Forbidden},
		"a target without address":        {[]step{func(s *scenario) { s.sites[siteA.Value] = domain.Unresolvable }}, request(byAnn, free, siteA), domain.Unresolvable},
		"an unknown profile": {nil, func(s *scenario) error {
			_, err := s.desk.RequestScan(s.t.Context(), commands.RequestScan{By: byAnn, Contract: free, Target: siteA, Profile: "sloppy"})
			return err
		}, domain.Invalid},
	} {
		t.Run(name, func(t *testing.T) {
			s := given(t, c.given...).when(c.when)
			if c.code != "" {
				s.refused(c.code)
			} else if s.err != nil {
				t.Errorf("refused: %v", s.err)
			}
		})
	}
}

// TestRequestScanNamesWhoRuns is what Scanner answers with existingId.
func TestRequestScanNamesWhoRuns(t *testing.T) {
	s := given(t, did(request(byAnn, domain.ScannerAPI, siteA))).when(request(byAnn, domain.ScannerAPI, siteA))
	var e *domain.Error
	if !errors.As(s.err, &e) || e.Existing.ID() != id(1) {
		t.Errorf("%v names %q", s.err, e.Existing)
	}
}

// TestRequestScanAtOnce lets twenty requests race for a month of three.
func TestRequestScanAtOnce(t *testing.T) {
	s := given(t)
	var won atomic.Int32
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := request(byAnn, domain.IsSafeSite, siteA)(s); err == nil {
				won.Add(1)
			} else if domain.CodeOf(err) != domain.Quota {
				t.Errorf("refused: %v", err)
			}
		})
	}
	wg.Wait()
	if won.Load() != 3 {
		t.Errorf("%d scans in a month of three", won.Load())
	}
}

func TestRetestScan(t *testing.T) {
	retest := func(by commands.Caller, c domain.Contract, scan uuid.UUID) func(*scenario) error {
		return func(s *scenario) error {
			_, err := s.desk.RetestScan(s.t.Context(), commands.RetestScan{By: by, Contract: c, Scan: scan})
			return err
		}
	}
	want := requested(id(3), ann, domain.IsSafeSite, siteA)
	want.RetestOf = id(1)
	earlier := did(request(byAnn, domain.ScannerAPI, siteA))
	given(t, earlier).when(retest(byAnn, domain.IsSafeSite, id(1))).then(want)
	given(t, earlier).when(retest(byAnn, domain.ScannerAPI, id(1))).refused(domain.Conflict)
	given(t, earlier).when(retest(byBob, domain.ScannerAPI, id(1))).refused(domain.NotFound)
	given(t, earlier).when(retest(byAnn, domain.ScannerAPI, id(77))).refused(domain.NotFound)
}

func TestCancelScan(t *testing.T) {
	asked := did(request(byAnn, domain.ScannerAPI, siteA))
	stream := domain.NewStream(domain.ScanFamily, id(1))
	cancel := cancelled(byAnn, id(1))
	event := domain.ScanCancelled{By: "account:" + ann.String()}
	given(t, asked).when(cancel).then(event)
	given(t, asked, worked(id(1))).when(cancel).then(event)
	given(t, asked, happened(stream, domain.ScanCompleted{})).when(cancel).refused(domain.Over)
	given(t, asked, happened(stream, domain.ScanFailed{})).when(cancel).refused(domain.Over)
	given(t, asked, did(cancel)).when(cancel).refused(domain.Over)
	given(t, asked).when(cancelled(byBob, id(1))).refused(domain.NotFound)
	given(t).when(cancel).refused(domain.NotFound)
}

// TestCancelScanDropsProbes has one probe at work and others that wait.
func TestCancelScanDropsProbes(t *testing.T) {
	var held *commands.Lease
	s := given(t, did(request(byAnn, domain.ScannerAPI, siteA)), did(func(s *scenario) (err error) {
		if err = s.inbox.Enqueue(t.Context(), requested(id(1), ann, domain.ScannerAPI, siteA), "c"); err == nil {
			held, err = s.inbox.Lease(t.Context(), "w", time.Hour)
		}
		return err
	})).when(cancelled(byAnn, id(1)))
	if err := s.inbox.Beat(t.Context(), *held, time.Hour); domain.CodeOf(err) != domain.Over {
		t.Errorf("the worker is told %v", err)
	}
	if next, err := s.inbox.Lease(t.Context(), "w", time.Hour); next != nil || err != nil {
		t.Errorf("a probe of a cancelled scan is given out: %+v, %v", next, err)
	}
}
