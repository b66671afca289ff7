package domain

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestTeamFold follows who belongs to a team.
func TestTeamFold(t *testing.T) {
	account, a, b := uuid.UUID{1}, uuid.UUID{2}, uuid.UUID{3}
	for name, c := range map[string]struct {
		events           []Event
		members, invited []uuid.UUID
	}{
		"nobody":                   {},
		"invited":                  {[]Event{MemberInvited{a}, MemberInvited{b}}, nil, []uuid.UUID{a, b}},
		"one has accepted":         {[]Event{MemberInvited{a}, MemberInvited{b}, MemberAdded{a}}, []uuid.UUID{a}, []uuid.UUID{b}},
		"added without being":      {[]Event{MemberAdded{b}}, []uuid.UUID{b}, nil},
		"an invitation taken back": {[]Event{MemberInvited{a}, MemberInvited{b}, MemberRemoved{a}}, nil, []uuid.UUID{b}},
		"a member gone":            {[]Event{MemberAdded{a}, MemberAdded{b}, MemberRemoved{a}}, []uuid.UUID{b}, nil},
		"gone and invited again":   {[]Event{MemberAdded{a}, MemberRemoved{a}, MemberInvited{a}}, nil, []uuid.UUID{a}},
	} {
		t.Run(name, func(t *testing.T) {
			state := new(Account)
			for i, e := range append([]Event{AccountRegistered{Account: account}}, c.events...) {
				before := state.Clone()
				state.Apply(Envelope{Version: i + 1, Event: e})
				before.Apply(Envelope{Version: i + 1, Event: e})
				if !slices.Equal(before.Members, state.Members) || !slices.Equal(before.Invited, state.Invited) {
					t.Errorf("a copy comes to %v and %v", before.Members, before.Invited)
				}
			}
			if !slices.Equal(state.Members, c.members) || !slices.Equal(state.Invited, c.invited) {
				t.Errorf("members %v, invited %v", state.Members, state.Invited)
			}
		})
	}
}

// TestFree lets a login and an unbound key do what outlives a key.
func TestFree(t *testing.T) {
	free, ending, tied, revoked, moment := uuid.UUID{1}, uuid.UUID{2}, uuid.UUID{3}, uuid.UUID{4}, time.Unix(0, 0)
	a := new(Account)
	for i, e := range []Event{
		AccountRegistered{Account: uuid.UUID{9}}, KeyIssued{Key: free}, KeyIssued{Key: ending, Expires: &moment},
		KeyIssued{Key: tied, AllowIP: []Sealed{"x"}}, KeyIssued{Key: revoked}, KeyRevoked{Key: revoked},
	} {
		a.Apply(Envelope{Version: i + 1, Event: e})
	}
	for key, want := range map[uuid.UUID]Code{uuid.Nil: "", free: "", ending: Denied, tied: Denied, revoked: Denied, {5}: Denied} {
		if err := a.Clone().Free(key); CodeOf(err) != want {
			t.Errorf("key %s: %v, want %q", key, err, want)
		}
	}
}
