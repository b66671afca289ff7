package conformance

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// InboxUnderTest is an inbox and a hand on its clock.
type InboxUnderTest struct {
	Inbox  commands.Inbox
	Expire func(t *testing.T) // lets all leases run out that stand
}

// ttl is longer than any of these tests takes.
const ttl = time.Hour

// Inbox holds an inbox of probes to its promises. open returns an empty one.
func Inbox(t *testing.T, open func(t *testing.T) InboxUnderTest) {
	for name, property := range map[string]func(*testing.T, InboxUnderTest){
		"probes come in order, once":                 inboxOrder,
		"enqueueing again changes nothing":           inboxIdempotent,
		"a probe is in one worker's hands":           inboxExclusive,
		"a lease that runs out is taken over":        inboxTakeover,
		"a beat keeps a lease":                       inboxBeat,
		"a probe is given back":                      inboxYield,
		"a finished probe is gone":                   inboxDone,
		"a lost lease removes nothing":               inboxLostDone,
		"a dropped scan's waiting probes are gone":   inboxDropWaiting,
		"a dropped scan's worker is told":            inboxDropLeased,
		"a dropped scan's dead worker blocks nobody": inboxDropExpired,
	} {
		t.Run(name, func(t *testing.T) { property(t, open(t)) })
	}
}

func asked(tools ...domain.Tool) domain.ScanRequested {
	return domain.ScanRequested{Scan: uuid.New(), Account: owner, Probes: tools}
}

func (i InboxUnderTest) enqueue(t *testing.T, scans ...domain.ScanRequested) {
	t.Helper()
	for _, s := range scans {
		if err := i.Inbox.Enqueue(t.Context(), s, "cause "+s.Scan.String()); err != nil {
			t.Fatalf("enqueue: %v", err)
		}
	}
}

// lease takes a probe; the zero lease when there is none.
func (i InboxUnderTest) lease(t *testing.T) commands.Lease {
	t.Helper()
	l, err := i.Inbox.Lease(t.Context(), "worker", ttl)
	if err != nil {
		t.Fatalf("lease: %v", err)
	}
	if l == nil {
		return commands.Lease{}
	}
	return *l
}

func (i InboxUnderTest) wantLease(t *testing.T, want commands.Lease) {
	t.Helper()
	if got := i.lease(t); got != want {
		t.Errorf("lease\n got %+v\nwant %+v", got, want)
	}
}

func leaseOf(s domain.ScanRequested, tool domain.Tool, token, attempt int) commands.Lease {
	return commands.Lease{Scan: s.Scan, Account: s.Account, Tool: tool, Token: token, Attempt: attempt, Cause: "cause " + s.Scan.String()}
}

func inboxOrder(t *testing.T, i InboxUnderTest) {
	a, b := asked(domain.TLS, domain.DNS, domain.Ports), asked(domain.Ports)
	i.enqueue(t, a, b)
	i.wantLease(t, leaseOf(a, domain.TLS, 1, 1))
	i.wantLease(t, leaseOf(a, domain.DNS, 1, 1))
	i.wantLease(t, leaseOf(a, domain.Ports, 1, 1))
	i.wantLease(t, leaseOf(b, domain.Ports, 1, 1))
	i.wantLease(t, commands.Lease{})
}

func inboxIdempotent(t *testing.T, i InboxUnderTest) {
	a := asked(domain.TLS)
	i.enqueue(t, a)
	held := i.lease(t)
	again := a
	again.Account, again.Probes = stranger, []domain.Tool{domain.TLS, domain.DNS}
	i.enqueue(t, again, a)
	if got := i.lease(t); got.Tool != domain.DNS {
		t.Errorf("got %+v, want the probe that was added", got)
	}
	i.wantLease(t, commands.Lease{})
	i.yield(t, held, true)
	i.wantLease(t, leaseOf(a, domain.TLS, 2, 2))
}

// inboxExclusive lets 32 workers race for fewer probes.
func inboxExclusive(t *testing.T, i InboxUnderTest) {
	var scans []domain.ScanRequested
	for range 5 {
		scans = append(scans, asked(domain.TLS, domain.DNS, domain.Ports))
	}
	i.enqueue(t, scans...)
	var mu sync.Mutex
	var taken []commands.Lease
	atOnce(32, func(int) {
		l, err := i.Inbox.Lease(t.Context(), "worker", ttl)
		if err != nil {
			t.Errorf("lease: %v", err)
		}
		if l != nil {
			mu.Lock()
			taken = append(taken, *l)
			mu.Unlock()
		}
	})
	for len(taken) < 15 { // a worker may have gone home while others held the rows
		l := i.lease(t)
		if l.Tool == "" {
			break
		}
		taken = append(taken, l)
	}
	for _, s := range scans {
		for _, tool := range s.Probes {
			if !slices.Contains(taken, leaseOf(s, tool, 1, 1)) {
				t.Errorf("nobody has %s of %s", tool, s.Scan)
			}
		}
	}
	if len(taken) != 15 {
		t.Errorf("15 probes were taken %d times", len(taken))
	}
}

func inboxTakeover(t *testing.T, i InboxUnderTest) {
	a := asked(domain.TLS)
	i.enqueue(t, a)
	dead := i.lease(t)
	i.Expire(t)
	i.wantLease(t, leaseOf(a, domain.TLS, 2, 2))
	wantCode(t, "beat of the dead", i.Inbox.Beat(t.Context(), dead, ttl), domain.Lost)
	i.yield(t, dead, true)
	i.wantLease(t, commands.Lease{})
}

func inboxBeat(t *testing.T, i InboxUnderTest) {
	a := asked(domain.TLS)
	i.enqueue(t, a)
	held := i.lease(t)
	i.Expire(t)
	wantCode(t, "beat in time to come back", i.Inbox.Beat(t.Context(), held, ttl), "")
	i.wantLease(t, commands.Lease{})
	wantCode(t, "beat of a stranger", i.Inbox.Beat(t.Context(), leaseOf(asked(), domain.TLS, 1, 1), ttl), domain.Lost)
}

func (i InboxUnderTest) yield(t *testing.T, l commands.Lease, spent bool) {
	t.Helper()
	wantCode(t, "yield", i.Inbox.Yield(t.Context(), l, spent), "")
}

func (i InboxUnderTest) done(t *testing.T, l commands.Lease) {
	t.Helper()
	wantCode(t, "done", i.Inbox.Done(t.Context(), l), "")
}

func (i InboxUnderTest) drop(t *testing.T, s domain.ScanRequested) {
	t.Helper()
	wantCode(t, "drop", i.Inbox.Drop(t.Context(), s.Scan), "")
}

func inboxYield(t *testing.T, i InboxUnderTest) {
	a := asked(domain.TLS)
	i.enqueue(t, a)
	i.yield(t, i.lease(t), true)
	i.wantLease(t, leaseOf(a, domain.TLS, 2, 2))
	i.yield(t, leaseOf(a, domain.TLS, 2, 2), false)
	i.wantLease(t, leaseOf(a, domain.TLS, 3, 2))
}

func inboxDone(t *testing.T, i InboxUnderTest) {
	a := asked(domain.TLS, domain.DNS)
	i.enqueue(t, a)
	held := i.lease(t)
	i.done(t, held)
	i.done(t, held)
	wantCode(t, "beat after the end", i.Inbox.Beat(t.Context(), held, ttl), domain.Lost)
	i.Expire(t)
	i.wantLease(t, leaseOf(a, domain.DNS, 1, 1))
	i.wantLease(t, commands.Lease{})
}

func inboxLostDone(t *testing.T, i InboxUnderTest) {
	a := asked(domain.TLS)
	i.enqueue(t, a)
	dead := i.lease(t)
	i.Expire(t)
	heir := i.lease(t)
	i.done(t, dead)
	wantCode(t, "beat of the heir", i.Inbox.Beat(t.Context(), heir, ttl), "")
}

func inboxDropWaiting(t *testing.T, i InboxUnderTest) {
	a, b := asked(domain.TLS, domain.DNS), asked(domain.TLS)
	i.enqueue(t, a, b)
	i.drop(t, a)
	i.wantLease(t, leaseOf(b, domain.TLS, 1, 1))
	i.wantLease(t, commands.Lease{})
	i.drop(t, asked())
}

func inboxDropLeased(t *testing.T, i InboxUnderTest) {
	a := asked(domain.TLS)
	i.enqueue(t, a)
	held := i.lease(t)
	i.drop(t, a)
	i.drop(t, a)
	wantCode(t, "beat", i.Inbox.Beat(t.Context(), held, ttl), domain.Over)
	i.done(t, held)
	wantCode(t, "beat after the end", i.Inbox.Beat(t.Context(), held, ttl), domain.Lost)
}

func inboxDropExpired(t *testing.T, i InboxUnderTest) {
	a := asked(domain.TLS)
	i.enqueue(t, a)
	dead := i.lease(t)
	i.drop(t, a)
	i.Expire(t)
	i.wantLease(t, commands.Lease{})
	i.yield(t, dead, true)
	i.wantLease(t, commands.Lease{})
}
