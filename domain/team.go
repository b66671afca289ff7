package domain

import (
	"slices"

	"github.com/google/uuid"
)

// MemberInvited offers another account to become a member of this account's
// team. It sees nothing and is seen by nobody before it accepts.
type MemberInvited struct {
	Member uuid.UUID `json:"member"`
}

// MemberAdded makes another account a member of this account's team: each of
// them sees what the others' scans found, in Scanner's contract.
type MemberAdded struct {
	Member uuid.UUID `json:"member"`
}

// MemberRemoved takes an account out of this account's team. Its scans go with it.
type MemberRemoved struct {
	Member uuid.UUID `json:"member"`
}

// Kind implements Event.
func (MemberInvited) Kind() string { return "member.invited" }
func (MemberAdded) Kind() string   { return "member.added" }
func (MemberRemoved) Kind() string { return "member.removed" }

// team folds who belongs to the team, and who may.
func (a *Account) team(e Event) {
	is := func(m uuid.UUID) func(uuid.UUID) bool { return func(other uuid.UUID) bool { return other == m } }
	switch event := e.(type) {
	case MemberInvited:
		a.Invited = append(a.Invited, event.Member)
	case MemberAdded:
		a.Members, a.Invited = append(a.Members, event.Member), slices.DeleteFunc(a.Invited, is(event.Member))
	case MemberRemoved:
		a.Members, a.Invited = slices.DeleteFunc(a.Members, is(event.Member)), slices.DeleteFunc(a.Invited, is(event.Member))
	}
}

// Invite offers another account to become a member. One that is invited or a
// member already stays so, without an event.
func (a *Account) Invite(member uuid.UUID) ([]Event, error) {
	switch {
	case !a.Exists():
		return nil, Errorf(NotFound, "there is no such team")
	case member == a.ID:
		return nil, Errorf(Invalid, "the account whose team it is belongs to it already")
	case slices.Contains(a.Members, member), slices.Contains(a.Invited, member):
		return nil, nil
	default:
		return []Event{MemberInvited{Member: member}}, nil
	}
}

// Accept makes an account a member that was invited; NotFound for one that was
// not, or is no more. One that is a member already stays so, without an event.
func (a *Account) Accept(member uuid.UUID) ([]Event, error) {
	if !slices.Contains(a.Invited, member) && !slices.Contains(a.Members, member) {
		return nil, Errorf(NotFound, "there is no invitation to this team")
	}
	return a.Add(member)
}

// Add makes another account a member of the team. One that is a member already
// stays so, without an event.
func (a *Account) Add(member uuid.UUID) ([]Event, error) {
	switch {
	case !a.Exists():
		return nil, Errorf(NotFound, "there is no such team")
	case member == a.ID:
		return nil, Errorf(Invalid, "the account whose team it is belongs to it already")
	case slices.Contains(a.Members, member):
		return nil, nil
	default:
		return []Event{MemberAdded{Member: member}}, nil
	}
}

// Remove takes a member out of the team, or takes an invitation back; NotFound
// for an account that is neither.
func (a *Account) Remove(member uuid.UUID) ([]Event, error) {
	if !slices.Contains(a.Members, member) && !slices.Contains(a.Invited, member) {
		return nil, Errorf(NotFound, "account %s is no member of the team", member)
	}
	return []Event{MemberRemoved{Member: member}}, nil
}
