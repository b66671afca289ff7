package conformance

import (
	"bytes"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// AccountsUnderTest is a reader of accounts, and the log behind it.
type AccountsUnderTest struct {
	Log    commands.Log
	Reader projections.AccountReader
}

// Accounts holds a reader of accounts to its promises. open returns one over an
// empty log.
func Accounts(t *testing.T, open func(t *testing.T) AccountsUnderTest) {
	u := open(t)
	u.page(t, 0, 9)
	var all []uuid.UUID
	for range 5 {
		id := uuid.New()
		all = append(all, id)
		scan := newStream()
		mustAppend(t, u.Log, ofAccount(id, 0, domain.AccountRegistered{Account: id}, domain.PlanChanged{}), write(scan, 0, Story(scan.ID(), w0)...))
	}
	slices.SortFunc(all, func(a, b uuid.UUID) int { return bytes.Compare(b[:], a[:]) })
	u.page(t, 0, 9, all...)
	u.page(t, 0, 2, all...)
	u.page(t, 2, 2, all...)
	u.page(t, 5, 2, all...)
	u.page(t, 9, 2, all...)
	u.page(t, 0, 0, all...)
	gone := ofAccount(all[1], 2, domain.AccountDeleted{Account: all[1]})
	gone.Erase = true
	mustAppend(t, u.Log, gone)
	u.page(t, 0, 9, slices.Delete(all, 1, 2)...)
}

// ofAccount is a write to an account's own stream.
func ofAccount(id uuid.UUID, after int, events ...domain.Event) commands.Write {
	w := write(domain.NewStream(domain.AccountFamily, id), after, events...)
	w.Owner = id
	for i := range w.Events {
		w.Events[i].Owner = id
	}
	return w
}

// page reads one of all accounts.
func (u AccountsUnderTest) page(t *testing.T, offset, limit int, all ...uuid.UUID) {
	t.Helper()
	want := all[min(offset, len(all)):min(offset+limit, len(all))]
	page, total, err := u.Reader.Accounts(t.Context(), offset, limit)
	if err != nil || total != len(all) || !slices.Equal(page, want) {
		t.Errorf("from %d, %d of them: %v of %d, %v; want %v of %d", offset, limit, page, total, err, want, len(all))
	}
}
