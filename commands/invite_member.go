package commands

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// InviteMember makes the caller and another account one team when both have
// asked for it.
type InviteMember struct {
	By    Caller
	Email string // of the other account
}

// InviteMember invites the other account into the caller's team; where the
// other one has invited the caller, it makes the caller a member there instead.
// Joined says that the two are one team, since now or before. Nobody becomes a member, or is seen as one, without having asked
// for it. It answers NotFound where there is no such account, Conflict where
// one of the two belongs to another team already, Denied for a key that is bound.
func (d Desk) InviteMember(ctx context.Context, c InviteMember) (joined bool, err error) {
	by := c.By.act("invite_member")
	if len(by.done) > 0 { // it came to one of the two then, whatever has happened since
		_, joined = by.done[0].Event.(domain.MemberAdded)
		return joined, nil
	}
	other, err := d.AccountByEmail(ctx, c.Email)
	if err != nil {
		return false, err
	}
	theirs, err := d.account(ctx, other)
	if err != nil {
		return false, err
	}
	if err := d.free(ctx, c.By); err != nil {
		return false, err
	}
	if slices.Contains(theirs.Members, c.By.Account) {
		return true, nil
	}
	if slices.Contains(theirs.Invited, c.By.Account) {
		_, err := decide(ctx, d, by, accountStream(other), newAccount, func(a *domain.Account) (Write, []domain.Event, error) {
			events, err := a.Accept(c.By.Account)
			return joining(a.ID, c.By.Account), events, err
		})
		return err == nil, oneTeam(err)
	}
	team, err := d.Secrets.Claimed(ctx, teamClaim(c.By.Account))
	if err == nil && team != accountStream(c.By.Account) {
		return false, domain.Errorf(domain.Conflict, "you belong to another team: only whoever has a team invites into it")
	}
	if err != nil && domain.CodeOf(err) != domain.NotFound {
		return false, err
	}
	_, err = decide(ctx, d, by, accountStream(c.By.Account), newAccount, func(a *domain.Account) (Write, []domain.Event, error) {
		events, err := a.Invite(other)
		joined = slices.Contains(a.Members, other)
		return Write{Owner: a.ID}, events, err
	})
	return joined, err
}

// PartWith ends what is between the caller's team and another account.
type PartWith struct {
	By    Caller
	Email string // of the other account
}

// PartWith takes the other account out of the caller's team, or takes the
// caller out of the other's; an invitation of either is over then too. It
// answers NotFound where there is nothing between the two, Denied for a key
// that is bound.
func (d Desk) PartWith(ctx context.Context, c PartWith) error {
	if err := d.free(ctx, c.By); err != nil {
		return err
	}
	nothing := domain.Errorf(domain.NotFound, "no account with this address belongs to your team or has invited you")
	other, err := d.AccountByEmail(ctx, c.Email)
	if err == nil {
		err = d.RemoveMember(ctx, RemoveMember{By: c.By, Team: c.By.Account, Member: other})
	}
	if domain.CodeOf(err) == domain.NotFound && other != uuid.Nil {
		err = d.RemoveMember(ctx, RemoveMember{By: c.By, Team: other, Member: c.By.Account})
	}
	if domain.CodeOf(err) == domain.NotFound {
		return nothing
	}
	return err
}

// Team is who belongs together.
type Team struct {
	Owner   uuid.UUID   // the account whose team it is
	Members []uuid.UUID // beside the owner, in the order in which they came
	Invited []uuid.UUID // who has not answered; none where it is not the owner who asks
}

// Team reads an account's team. One that belongs to none is a team of its own.
func (d Desk) Team(ctx context.Context, account uuid.UUID) (Team, error) {
	owner := account
	stream, err := d.Secrets.Claimed(ctx, teamClaim(account))
	if err == nil {
		owner = stream.ID()
	} else if domain.CodeOf(err) != domain.NotFound {
		return Team{}, err
	}
	a, err := d.account(ctx, owner)
	if err != nil {
		return Team{}, err
	}
	t := Team{Owner: owner, Members: slices.Clone(a.Members)}
	if owner == account {
		t.Invited = slices.Clone(a.Invited)
	}
	return t, nil
}

// free refuses a caller whose key may do nothing that outlives it.
func (d Desk) free(ctx context.Context, by Caller) error {
	if by.Key == uuid.Nil {
		return nil
	}
	a, err := d.account(ctx, by.Account)
	if err != nil {
		return err
	}
	return a.Free(by.Key)
}
