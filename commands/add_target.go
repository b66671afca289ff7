package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// AddTarget puts a target on the caller's list.
type AddTarget struct {
	By          Caller
	Target      domain.Target
	Name        string // "" for the target's own
	Description string
	Frequency   domain.Frequency // "" for domain.Manual
}

// How many characters of a target's texts there may be.
const (
	maxTargetName  = 255 // a host name has room
	maxDescription = 2000
)

// AddTarget returns the events that did: with a frequency the target has a schedule
// at once. Whether the target may be scanned is not asked here. It answers a *domain.Error: Invalid for texts or a frequency
// that cannot be used, Conflict with Existing and Number when the target is on
// the list already, Denied when the list has as many as SecAbly's plan allows.
// Of requests that come at once no more get on than there is room for.
func (d Desk) AddTarget(ctx context.Context, c AddTarget) ([]domain.Envelope, error) {
	by := c.By.act("add_target")
	if len(by.done) > 0 {
		return by.done, nil
	}
	name := cmp.Or(strings.TrimSpace(c.Name), c.Target.Domain)
	if err := errors.Join(fitText("name", name, maxTargetName), fitText("description", c.Description, maxDescription)); err != nil {
		return nil, err
	}
	account, err := d.account(ctx, c.By.Account)
	if err != nil {
		return nil, err
	}
	v, err := d.vaultOf(ctx, c.By.Account)
	if err != nil {
		return nil, err
	}
	added := domain.TargetAdded{Account: c.By.Account, Details: domain.Details{
		Target: c.Target, Name: v.seal(name), Description: v.seal(c.Description), Frequency: cmp.Or(c.Frequency, domain.Manual), Active: true,
	}}
	by.opens = true
	appended, err := decide(ctx, d, by, targetStream(d.NewID()), newAsset, func(a *domain.Asset) (Write, []domain.Event, error) {
		events, err := a.Add(added)
		if err != nil {
			return Write{}, nil, err
		}
		schedule, err := d.frequent(ctx, &domain.Asset{Account: c.By.Account}, c.Target, added.Frequency)
		events = append(events, schedule...)
		return Write{
			Owner:   c.By.Account,
			Claims:  []Claim{{Name: domain.TargetClaim(c.By.Account, c.Target)}},
			Tallies: []Tally{targetAdded(c.By.Account, account.Plan(domain.SecAbly))},
		}, events, err
	})
	if err != nil {
		return nil, d.onList(ctx, c.Target, err)
	}
	return appended, nil
}

// targetAdded counts the targets on an account's list against its plan. A full list
// stays full until one is removed: that is no limit that waiting would help.
func targetAdded(account uuid.UUID, plan domain.Plan) Tally {
	return Tally{Name: targetTally(account), Add: 1, Max: plan.Targets, Code: domain.Denied, Full: fmt.Sprintf(
		"Target limit reached: the plan %s has room for %d targets. Remove one, or move to a larger plan.", plan.Name, plan.Targets)}
}

func targetRemoved(account uuid.UUID) Tally { return Tally{Name: targetTally(account), Add: -1} }

func targetTally(account uuid.UUID) string { return "targets:" + account.String() }

// onList says of a claim that is taken which target has it. One that has just
// gone is no longer in the way: the same request may be sent again.
func (d Desk) onList(ctx context.Context, t domain.Target, err error) error {
	var taken *domain.Error
	if !errors.As(err, &taken) || taken.Code != domain.Conflict {
		return err
	}
	history, failed := d.Log.Read(ctx, taken.Existing, 0)
	if failed != nil {
		return failed
	}
	number := domain.Fold(newAsset(), history).Number
	return &domain.Error{
		Code: domain.Conflict, Existing: taken.Existing, Number: number,
		Message: fmt.Sprintf("%s is among your targets already: its id is %d", t.Value, number),
	}
}

// fitText refuses a text that is too long or has characters that are no text.
// Lines are allowed.
func fitText(field, text string, most int) error {
	strange := func(r rune) bool { return unseen(r) && r != '\n' && r != '\r' && r != '\t' }
	if utf8.RuneCountInString(text) > most || strings.ContainsFunc(text, strange) {
		return domain.Errorf(domain.Invalid, "%s must have at most %d characters, and no control characters", field, most)
	}
	return nil
}

func newAsset() *domain.Asset                 { return new(domain.Asset) }
func targetStream(id uuid.UUID) domain.Stream { return domain.NewStream(domain.TargetFamily, id) }
