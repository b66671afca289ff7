package commands

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// ChangeProfile gives the caller's account other names.
type ChangeProfile struct {
	By        Caller
	FirstName *string // nil leaves it as it is
	LastName  *string
}

// ChangeProfile answers Invalid for a name that cannot be used. Names that are
// so already are changed without an event.
func (d Desk) ChangeProfile(ctx context.Context, c ChangeProfile) error {
	v, err := d.vaultOf(ctx, c.By.Account)
	if err != nil {
		return err
	}
	_, err = decide(ctx, d, c.By.act("change_profile"), accountStream(c.By.Account), newAccount, func(a *domain.Account) (Write, []domain.Event, error) {
		first, err := v.change(a.FirstName, "user_first_name", c.FirstName)
		if err != nil {
			return Write{}, nil, err
		}
		last, err := v.change(a.LastName, "user_last_name", c.LastName)
		if err != nil || first == a.FirstName && last == a.LastName {
			return Write{}, nil, err
		}
		return Write{Owner: a.ID}, []domain.Event{domain.ProfileChanged{FirstName: first, LastName: last}}, nil
	})
	return err
}

// change seals another text; the same one stays as it was sealed.
func (v vault) change(sealed domain.Sealed, field string, to *string) (domain.Sealed, error) {
	if to == nil {
		return sealed, nil
	}
	if err := fitName(field, *to); err != nil {
		return "", err
	}
	present, err := v.open(sealed)
	if err != nil || present == *to {
		return sealed, err
	}
	return v.seal(*to), nil
}

// Person is who holds an account.
type Person struct {
	ID        uuid.UUID
	Number    int64 // an integer id, unique and rising
	Joined    time.Time
	Email     string
	FirstName string
	LastName  string
	Operator  bool // whether the account may administer the installation
	account   *domain.Account
}

// Plan is the person's plan of a contract.
func (p Person) Plan(c domain.Contract) domain.Plan { return p.account.Plan(c) }

// Balance is what the person may spend on scans at a moment, in credits.
func (p Person) Balance(now time.Time) int {
	return p.account.Credits.Standing(p.Plan(domain.SecAbly), now).Balance()
}

// PersonOf reads who holds an account; NotFound when there is none.
func (d Desk) PersonOf(ctx context.Context, account uuid.UUID) (Person, error) {
	a, err := d.account(ctx, account)
	if err != nil {
		return Person{}, err
	}
	v, err := d.vaultOf(ctx, account)
	if err != nil {
		return Person{}, err
	}
	p := Person{ID: a.ID, Number: a.Number, Joined: a.Joined, Operator: a.Operator, account: a}
	var failed [3]error
	p.Email, failed[0] = v.open(a.Email)
	p.FirstName, failed[1] = v.open(a.FirstName)
	p.LastName, failed[2] = v.open(a.LastName)
	if err := errors.Join(failed[:]...); err != nil {
		return Person{}, fmt.Errorf("personal data of account %s: %w", account, err)
	}
	return p, nil
}

// Unseal returns what opens an account's sealed texts; NotFound when there is
// no account, or it is deleted.
func (d Desk) Unseal(ctx context.Context, account uuid.UUID) (func(domain.Sealed) (string, error), error) {
	v, err := d.vaultOf(ctx, account)
	return v.open, err
}
