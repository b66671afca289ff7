package memory

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Inbox = (*Inbox)(nil)

// Inbox holds the probes that are to be run, in the order in which they came.
type Inbox struct {
	Now func() time.Time

	mu     sync.Mutex
	probes []*probe
}

type probe struct {
	commands.Lease
	until   time.Time // of the lease; zero while it waits
	dropped bool
}

// Enqueue implements commands.Inbox.
func (i *Inbox) Enqueue(_ context.Context, scan domain.ScanRequested, cause string) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, t := range scan.Probes {
		known := func(p *probe) bool { return p.Scan == scan.Scan && p.Tool == t }
		if !slices.ContainsFunc(i.probes, known) {
			i.probes = append(i.probes, &probe{Lease: commands.Lease{Scan: scan.Scan, Account: scan.Account, Tool: t, Cause: cause}})
		}
	}
	return nil
}

// Lease implements commands.Inbox.
func (i *Inbox) Lease(_ context.Context, _ string, ttl time.Duration) (*commands.Lease, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, p := range i.probes {
		if p.dropped || i.leased(p) {
			continue
		}
		p.Token, p.Attempt, p.until = p.Token+1, p.Attempt+1, i.Now().Add(ttl)
		lease := p.Lease
		return &lease, nil
	}
	return nil, nil
}

// Beat implements commands.Inbox.
func (i *Inbox) Beat(_ context.Context, l commands.Lease, ttl time.Duration) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	p := i.held(l)
	if p == nil {
		return domain.Errorf(domain.Lost, "probe %s of scan %s is in other hands", l.Tool, l.Scan)
	}
	p.until = i.Now().Add(ttl)
	if p.dropped {
		return domain.Errorf(domain.Over, "scan %s is over", l.Scan)
	}
	return nil
}

// Yield implements commands.Inbox.
func (i *Inbox) Yield(_ context.Context, l commands.Lease, spent bool) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	p := i.held(l)
	if p == nil {
		return nil
	}
	p.until = time.Time{}
	if !spent {
		p.Attempt--
	}
	return nil
}

// Done implements commands.Inbox.
func (i *Inbox) Done(_ context.Context, l commands.Lease) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	held := i.held(l)
	i.probes = slices.DeleteFunc(i.probes, func(p *probe) bool { return p == held })
	return nil
}

// Drop implements commands.Inbox. A probe that is leased is only marked, so
// that its worker learns of it.
func (i *Inbox) Drop(_ context.Context, scan uuid.UUID) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.probes = slices.DeleteFunc(i.probes, func(p *probe) bool { return p.Scan == scan && !i.leased(p) })
	for _, p := range i.probes {
		p.dropped = p.dropped || p.Scan == scan
	}
	return nil
}

func (i *Inbox) leased(p *probe) bool { return !i.Now().After(p.until) }

// held is the probe that a lease is for, nil when another lease came after it.
func (i *Inbox) held(l commands.Lease) *probe {
	n := slices.IndexFunc(i.probes, func(p *probe) bool { return p.Scan == l.Scan && p.Tool == l.Tool && p.Token == l.Token })
	if n < 0 {
		return nil
	}
	return i.probes[n]
}
