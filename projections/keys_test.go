package projections

import (
	"reflect"
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
