package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// MayScan says whether an account may have a target scanned by a profile, as
// far as the target goes. It answers a *domain.Error: Invalid for what the
// profile does not look at, Forbidden, Unresolvable, or nil.
func (d Desk) MayScan(ctx context.Context, account uuid.UUID, t domain.Target, p domain.Profile) error {
	if !p.Takes(t) {
		return domain.Errorf(domain.Invalid, "The scanner %s looks at one host: a range of addresses is for OpenVAS", p.Scanner())
	}
	if err := d.proven(ctx, account, t); err != nil {
		return err
	}
	return d.Targets.Check(ctx, t)
}

// proven refuses a government's names without proof that they are the
// account's.
func (d Desk) proven(ctx context.Context, account uuid.UUID, t domain.Target) error {
	for _, name := range t.RestrictedNames() {
		ours, err := d.owns(ctx, account, name)
		if err != nil {
			return err
		}
		if !ours {
			return domain.Errorf(domain.Forbidden, "%s belongs to a government or to the military: it is scanned only with proof of ownership. "+
				"Add it, or a domain that it is below, to your targets and verify it", name)
		}
	}
	return nil
}

// owns says whether there is a proof that a name is the account's.
func (d Desk) owns(ctx context.Context, account uuid.UUID, name string) (bool, error) {
	return d.Proofs.Proven(ctx, account, domain.Upwards(name), d.Now().Add(-domain.ProofTime))
}

// ownsAll says whether all names of a target are proven to be the account's, or
// the port of its own that it has. It is asked only for a profile to which it
// makes a difference.
func (d Desk) ownsAll(ctx context.Context, account uuid.UUID, t domain.Target, p domain.Profile) (bool, error) {
	if !p.Active() {
		return false, nil
	}
	names := t.Names()
	if own := t.OwnPort(); own != "" && len(names) == 1 {
		if ours, err := d.Proofs.Proven(ctx, account, []string{own}, d.Now().Add(-domain.ProofTime)); err != nil || ours {
			return ours, err
		}
	}
	for _, name := range names {
		if ours, err := d.owns(ctx, account, name); err != nil || !ours {
			return false, err
		}
	}
	return true, nil
}
