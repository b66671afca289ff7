package commands

import (
	"context"

	"github.com/scanledger/scanledger/domain"
)

// Bill is what a scan has taken from its account, in credits.
type Bill struct {
	Used      int
	Remaining int // what may still be spent
}

// BillOf returns what a scan takes, by the event that opened it, as the account
// stood right after that: it is the same whenever it is asked for. It answers
// NotFound for an account that is deleted.
func (d Desk) BillOf(ctx context.Context, requested domain.Envelope) (Bill, error) {
	history, err := d.Log.Read(ctx, accountStream(requested.Owner), 0)
	if err != nil {
		return Bill{}, err
	}
	var b Bill
	until := 0
	for i, e := range history {
		held, ok := e.Event.(domain.CreditsHeld)
		switch {
		case ok && held.Scan == requested.Stream.ID():
			b.Used, until = held.Total(), i+1
		case e.Position <= requested.Position:
			until = i + 1
		}
	}
	a := domain.Fold(newAccount(), history[:until])
	if !a.Exists() {
		return Bill{}, domain.Errorf(domain.NotFound, "there is no account %s", requested.Owner)
	}
	b.Remaining = a.Credits.Standing(a.Plan(domain.SecAbly), requested.At).Balance()
	return b, nil
}
