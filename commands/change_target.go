package commands

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// ChangeTarget gives a target on the caller's list other details. What is nil
// stays as it is.
type ChangeTarget struct {
	By          Caller
	ID          uuid.UUID
	Target      *domain.Target
	Name        *string
	Description *string
	Frequency   *domain.Frequency
	Active      *bool
}

// ChangeTarget changes a target, and with its frequency its schedule. Details that
// it has already are changed without an event. It answers NotFound for a target that is
// unknown, another's or removed, and otherwise what AddTarget answers.
func (d Desk) ChangeTarget(ctx context.Context, c ChangeTarget) error {
	v, err := d.vaultOf(ctx, c.By.Account)
	if err != nil {
		return err
	}
	_, err = decide(ctx, d, c.By.act("change_target"), targetStream(c.ID), newAsset, func(a *domain.Asset) (Write, []domain.Event, error) {
		if err := myAsset(a, c.By); err != nil {
			return Write{}, nil, err
		}
		to, err := c.on(a.Details, v)
		if err != nil {
			return Write{}, nil, err
		}
		events, err := a.Change(to)
		if err != nil {
			return Write{}, nil, err
		}
		if c.Frequency != nil {
			schedule, err := d.frequent(ctx, a, to.Target, *c.Frequency)
			if err != nil {
				return Write{}, nil, err
			}
			events = append(events, schedule...)
		}
		w := Write{Owner: a.Account}
		if before, after := domain.TargetClaim(a.Account, a.Target), domain.TargetClaim(a.Account, to.Target); before != after {
			w.Release, w.Claims = []string{before}, []Claim{{Name: after}}
		}
		return w, events, nil
	})
	if err != nil && c.Target != nil {
		err = d.onList(ctx, *c.Target, err)
	}
	return err
}

// on is what the details become.
func (c ChangeTarget) on(d domain.Details, v vault) (to domain.Details, err error) {
	to = d
	if c.Target != nil {
		to.Target = *c.Target
	}
	if c.Frequency != nil {
		to.Frequency = *c.Frequency
	}
	if c.Active != nil {
		to.Active = *c.Active
	}
	if name := trimmed(c.Name); name != nil {
		if *name == "" {
			name = &to.Target.Domain
		}
		if to.Name, err = v.reseal(d.Name, "name", *name, maxTargetName); err != nil {
			return to, err
		}
	}
	if c.Description != nil {
		to.Description, err = v.reseal(d.Description, "description", *c.Description, maxDescription)
	}
	return to, err
}

func trimmed(text *string) *string {
	if text == nil {
		return nil
	}
	cut := strings.TrimSpace(*text)
	return &cut
}

// reseal seals another text; the same one stays as it was sealed.
func (v vault) reseal(sealed domain.Sealed, field, to string, most int) (domain.Sealed, error) {
	if err := fitText(field, to, most); err != nil {
		return sealed, err
	}
	if present, err := v.open(sealed); err != nil || present == to {
		return sealed, err
	}
	return v.seal(to), nil
}

// myAsset refuses a target that is unknown, removed, erased or another's,
// without telling which.
func myAsset(a *domain.Asset, by Caller) error {
	if a.State != domain.Listed || a.Account != by.Account {
		return domain.Errorf(domain.NotFound, "Target not found")
	}
	return nil
}
