package projections

import (
	"fmt"
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

// Key is an API key with its sealed texts opened.
type Key struct {
	KeyRow
	Name     string
	AllowIP  []string
	LastUsed *time.Time // to the minute; nil for never
}

// State is whether the key opens anything at a moment: "active", "revoked" or
// "expired".
func (k Key) State(now time.Time) string {
	switch {
	case k.RevokedAt != nil:
		return "revoked"
	case k.Expires != nil && !now.Before(*k.Expires):
		return "expired"
	default:
		return "active"
	}
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

// OpenKeys are an account's keys, the newest first, by its history, by when
// each was last used, and by what opens its sealed texts.
func OpenKeys(history []domain.Envelope, used map[uuid.UUID]time.Time, open func(domain.Sealed) (string, error)) ([]Key, error) {
	keys := []Key{}
	for _, r := range KeysOf(history) {
		k := Key{KeyRow: r, AllowIP: []string{}}
		var err error
		if k.Name, err = open(r.Name); err != nil {
			return nil, fmt.Errorf("key %s: %w", r.Key, err)
		}
		for _, sealed := range r.AllowIP {
			ip, err := open(sealed)
			if err != nil {
				return nil, fmt.Errorf("key %s: %w", r.Key, err)
			}
			k.AllowIP = append(k.AllowIP, ip)
		}
		if at, ok := used[r.Key]; ok {
			k.LastUsed = &at
		}
		keys = append(keys, k)
	}
	return keys, nil
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
