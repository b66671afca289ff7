package projections

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// KeyRow is an API key as its owner sees it. Nobody sees the key itself again.
type KeyRow struct {
	Key       uuid.UUID
	Name      domain.Sealed
	Prefix    string          // its first characters
	AllowIP   []domain.Sealed // CIDRs from which it may be used; none means any
	IssuedAt  time.Time
	Expires   *time.Time // nil means never
	RevokedAt *time.Time // nil while it stands
}

// Keys is the read model of an account's API keys, one row each. It has no
// table: an account has few, and is read whole.
var Keys = Fold[KeyRow]{Name: "keys", Family: domain.AccountFamily, Key: keyOf, Next: nextKey}

// keyOf names the row of the key that an event is about.
func keyOf(e domain.Envelope) (string, bool) {
	switch event := e.Event.(type) {
	case domain.KeyIssued:
		return event.Key.String(), true
	case domain.KeyRevoked:
		return event.Key.String(), true
	default:
		return "", false
	}
}

func nextKey(r KeyRow, e domain.Envelope) KeyRow {
	switch event := e.Event.(type) {
	case domain.KeyIssued:
		r = KeyRow{
			Key: event.Key, Name: event.Name, Prefix: event.Prefix, AllowIP: event.AllowIP, IssuedAt: e.At, Expires: event.Expires,
		}
	case domain.KeyRevoked:
		r.RevokedAt = &e.At
	}
	return r
}

// KeysOf folds an account's history into its keys, the newest first.
func KeysOf(history []domain.Envelope) []KeyRow {
	rows := []KeyRow{}
	for _, r := range Keys.Rows(map[string]KeyRow{}, history) {
		rows = append(rows, r)
	}
	slices.SortFunc(rows, func(a, b KeyRow) int {
		if c := b.IssuedAt.Compare(a.IssuedAt); c != 0 {
			return c
		}
		return slices.Compare(a.Key[:], b.Key[:])
	})
	return rows
}
