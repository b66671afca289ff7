package commands

import (
	"context"
	"slices"

	"github.com/scanledger/scanledger/domain"
)

// charged says whether credits may be held for scans of a profile: not for
// those of the built-in scanners. It does not go by today's price, which may
// not be that of a scan under way.
func charged(p domain.Profile) bool { return p.Scanner() != domain.Builtin }

// charge is what a scan that is asked for adds to its account's stream:
// nothing, where it is free. It answers Payment when there are too few credits.
func (d Desk) charge(ctx context.Context, by Caller, r domain.ScanRequested) ([]Write, error) {
	if !charged(r.Profile) {
		return nil, nil
	}
	a, err := d.account(ctx, r.Account)
	if err != nil {
		return nil, err
	}
	events, err := a.Credits.Hold(r.Scan, r.Profile, a.Plan(domain.SecAbly), d.Now())
	return d.onAccount(by, a, events), err
}

// settlement is what a scan's events add to its account's stream: with the one
// that ends it, what becomes of its charge. An account that is deleted has no
// ledger any more.
func (d Desk) settlement(ctx context.Context, by Caller, s *domain.Scan, events []domain.Event) ([]Write, error) {
	end := slices.IndexFunc(events, domain.Closes)
	if end < 0 || !charged(s.Profile) {
		return nil, nil
	}
	a, err := d.account(ctx, s.Account)
	if domain.CodeOf(err) == domain.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	closing := a.Credits.Close(s.ScanRequested.Scan, s.State, events[end], a.Plan(domain.SecAbly), d.Now())
	return d.onAccount(by, a, closing), nil
}

// onAccount is the write of an account's events, none where there are none.
func (d Desk) onAccount(by Caller, a *domain.Account, events []domain.Event) []Write {
	if len(events) == 0 {
		return nil
	}
	w := Write{Stream: accountStream(a.ID), Owner: a.ID, After: a.Version}
	w.Events = d.envelopes(w, by, events)
	return []Write{w}
}
