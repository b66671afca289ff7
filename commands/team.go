package commands

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// AddMember makes an account a member of another one's team. To begin with,
// each account is a team of its own.
type AddMember struct {
	By     Caller
	Team   uuid.UUID // the account whose team it is
	Member uuid.UUID
}

// AddMember may be given by an operator and by the account whose team it is. It
// answers NotFound for an account that is unknown, Conflict where one of the
// two belongs to another team already.
func (d Desk) AddMember(ctx context.Context, c AddMember) error {
	if err := ownTeam(c.By, c.Team); err != nil {
		return err
	}
	if _, err := d.account(ctx, c.Member); err != nil {
		return err
	}
	_, err := decide(ctx, d, c.By.act("add_member"), accountStream(c.Team), newAccount, func(a *domain.Account) (Write, []domain.Event, error) {
		events, err := a.Add(c.Member)
		return joining(c.Team, c.Member), events, err
	})
	return oneTeam(err)
}

// joining makes a member of a team one of no other.
func joining(team, member uuid.UUID) Write {
	return Write{Owner: team, Claims: []Claim{{Name: teamClaim(team)}, {Name: teamClaim(member)}}}
}

// oneTeam says what a claim that is taken means.
func oneTeam(err error) error {
	if domain.CodeOf(err) == domain.Conflict {
		return domain.Errorf(domain.Conflict, "one of the two accounts belongs to another team")
	}
	return err
}

// RemoveMember makes a member of a team a team of its own again.
type RemoveMember struct {
	By     Caller
	Team   uuid.UUID
	Member uuid.UUID
}

// RemoveMember may be given by whoever may add one, and by the member. Of an
// account that is only invited it takes the invitation back. It answers
// NotFound for one that is neither.
func (d Desk) RemoveMember(ctx context.Context, c RemoveMember) error {
	if err := ownTeam(c.By, c.Team); err != nil && c.By.Account != c.Member {
		return err
	}
	_, err := decide(ctx, d, c.By.act("remove_member"), accountStream(c.Team), newAccount, func(a *domain.Account) (Write, []domain.Event, error) {
		events, err := a.Remove(c.Member)
		free := []string{teamClaim(c.Member)}
		if slices.Equal(a.Members, []uuid.UUID{c.Member}) {
			free = append(free, teamClaim(c.Team))
		}
		return Write{Owner: a.ID, Release: free}, events, err
	})
	return err
}

// ownTeam refuses those who may not say who belongs to a team, as if there
// were none.
func ownTeam(by Caller, team uuid.UUID) error {
	if !by.Operator && by.Account != team {
		return domain.Errorf(domain.NotFound, "there is no such team")
	}
	return nil
}

// teamClaim is the claim that an account belongs to a team. The stream of the
// account whose team it is holds it.
func teamClaim(account uuid.UUID) string { return "team-of:" + account.String() }
