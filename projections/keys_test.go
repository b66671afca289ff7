package projections

import (
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

func TestKeysOf(t *testing.T) {
	first, second, third := uuid.UUID{1}, uuid.UUID{2}, uuid.UUID{3}
	began := time.Date(2026, 4, 3, 12, 0, 0, 0, time.UTC)
	at := func(n int) time.Time { return began.Add(time.Duration(n) * time.Hour) }
	expires, revoked := at(9), at(4)
	var history []domain.Envelope
	for i, e := range []domain.Event{
		domain.AccountRegistered{}, domain.KeyIssued{Key: first, Name: "a", Prefix: "7AZ_abcd", AllowIP: []domain.Sealed{"192.0.2.0/24"}},
		domain.KeyIssued{Key: second, Name: "b", Expires: &expires}, domain.PlanChanged{}, domain.KeyRevoked{Key: first}, domain.KeyIssued{Key: third, Name: "c"},
	} {
		history = append(history, domain.Envelope{Version: i + 1, At: at(i), Event: e})
	}
	want := []KeyRow{
		{Key: third, Name: "c", IssuedAt: at(5)},
		{Key: second, Name: "b", IssuedAt: at(2), Expires: &expires},
		{Key: first, Name: "a", Prefix: "7AZ_abcd", AllowIP: []domain.Sealed{"192.0.2.0/24"}, IssuedAt: at(1), RevokedAt: &revoked},
	}
	if got := KeysOf(history); !reflect.DeepEqual(got, want) {
		t.Errorf("keys\n got %+v\nwant %+v", got, want)
	}
	if got := KeysOf(nil); got == nil || len(got) != 0 {
		t.Errorf("an account without keys has %+v", got)
	}
}

// TestOpenKeys opens what is sealed, and says of each key where it stands.
func TestOpenKeys(t *testing.T) {
	first, second, ends := uuid.MustParse("11111111-0000-4000-8000-000000000000"), uuid.MustParse("22222222-0000-4000-8000-000000000000"), at(9)
	events := history(
		domain.KeyIssued{Key: first, Name: "a", Prefix: "7AZ_abcd"},
		domain.KeyIssued{Key: second, Name: "b", AllowIP: []domain.Sealed{"c"}, Expires: &ends},
		domain.KeyRevoked{Key: first},
	)
	open := func(s domain.Sealed) (string, error) { return "open " + string(s), nil }
	keys, err := OpenKeys(events, map[uuid.UUID]time.Time{second: at(5)}, open)
	if err != nil || len(keys) != 2 {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	if k := keys[0]; k.Key != second || k.Name != "open b" || !slices.Equal(k.AllowIP, []string{"open c"}) || !k.LastUsed.Equal(at(5)) || k.State(at(8)) != "active" || k.State(at(9)) != "expired" {
		t.Errorf("got %+v", k)
	}
	if k := keys[1]; k.Key != first || k.Name != "open a" || k.AllowIP == nil || k.LastUsed != nil || k.State(at(0)) != "revoked" {
		t.Errorf("got %+v", k)
	}
	for _, sealed := range []string{"a", "c"} {
		broken := func(s domain.Sealed) (string, error) {
			if string(s) == sealed {
				return "", errors.New("damaged")
			}
			return "", nil
		}
		if _, err := OpenKeys(events, nil, broken); err == nil {
			t.Errorf("what is sealed as %q cannot be opened, and nobody is told", sealed)
		}
	}
}
