package postgres

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// TestDeletedAccountLeavesNothing ends an account: its sessions, the uses of
// its keys and its month go with it, and nobody else's do.
func TestDeletedAccountLeavesNothing(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	log, now := openLog(t, pool), time.Now().UTC()
	sessions, uses, limits := NewSessions(pool), NewUses(pool), NewLimits(pool)
	accounts := []uuid.UUID{uuid.New(), uuid.New()}
	for _, account := range accounts {
		s := commands.Session{ID: uuid.New(), Account: account, Epoch: "e", Ends: now.Add(time.Hour)}
		if err := sessions.Open(t.Context(), s, account[:], now); err != nil {
			t.Fatal(err)
		}
		if err := uses.Used(t.Context(), account, uuid.New(), now); err != nil {
			t.Fatal(err)
		}
		if _, _, err := limits.TakeMonth(t.Context(), "secably:month:account:"+account.String()); err != nil {
			t.Fatal(err)
		}
	}
	gone := domain.NewStream(domain.AccountFamily, accounts[0])
	envelope := func(version int, e domain.Event) domain.Envelope {
		return domain.Envelope{ID: uuid.New(), Stream: gone, Version: version, Owner: accounts[0], At: now, Event: e}
	}
	for i, w := range []commands.Write{
		{Events: []domain.Envelope{envelope(1, domain.AccountRegistered{Account: accounts[0]})}},
		{Events: []domain.Envelope{envelope(2, domain.AccountDeleted{})}, Erase: true},
	} {
		w.Stream, w.Owner, w.After = gone, accounts[0], i
		if _, err := log.Append(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range []string{"sessions", "refresh_tokens", "key_uses", "months"} {
		var n int
		if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil || n != 1 {
			t.Errorf("%s has %d rows, %v, want the other account's", table, n, err)
		}
	}
	if used, err := limits.UsedInMonth(t.Context(), "secably:month:account:"+accounts[1].String()); err != nil || used != 1 {
		t.Errorf("the other account has used %d, %v", used, err)
	}
}
