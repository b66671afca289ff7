package account

import (
	"context"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// Teams are the commands about who sees whose scans in Scanner's contract.
type Teams interface {
	InviteMember(ctx context.Context, c commands.InviteMember) (joined bool, err error)
	PartWith(ctx context.Context, c commands.PartWith) error
	Team(ctx context.Context, account uuid.UUID) (commands.Team, error)
}

// other is the body of POST and DELETE /api/v1/team/.
type other struct {
	Email string `json:"email"`
}

// member is somebody of a team.
type member struct {
	Email     string `json:"email"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Role      string `json:"role"`   // owner, member
	Status    string `json:"status"` // active, or invited: such a one is no member yet
}

// asked answers POST /api/v1/team/.
type asked struct {
	Email   string `json:"email"`
	Status  string `json:"status"` // invited, or active where both have asked
	Message string `json:"message"`
}

// The words of a team.
const (
	ownerRole  = "owner"
	memberRole = "member"
	joined     = "active"
	invited    = "invited"
)

// ListTeam answers GET /api/v1/team/: the owner, the members, and to the owner
// those who have not accepted yet.
func (a *API) ListTeam(c *fiber.Ctx, by commands.Caller) error {
	p, err := web.PageOf(c)
	if err != nil {
		return err
	}
	t, err := a.Teams.Team(c.UserContext(), by.Account)
	if err != nil {
		return err
	}
	all := []member{}
	for _, group := range []struct {
		accounts     []uuid.UUID
		role, status string
	}{{[]uuid.UUID{t.Owner}, ownerRole, joined}, {t.Members, memberRole, joined}, {t.Invited, memberRole, invited}} {
		for _, account := range group.accounts {
			person, err := a.Accounts.PersonOf(c.UserContext(), account)
			if domain.CodeOf(err) == domain.NotFound { // it has been deleted
				continue
			}
			if err != nil {
				return err
			}
			m := member{Email: person.Email, Role: group.role, Status: group.status}
			if group.status == joined { // the names of those who have not are their own
				m.FirstName, m.LastName = person.FirstName, person.LastName
			}
			all = append(all, m)
		}
	}
	return c.JSON(web.Paged(c, a.PublicURL, p, len(all), web.Of(p, all)))
}

// Invite answers POST /api/v1/team/. Two accounts become one team when each has
// named the other: who is named first sees nothing, and shows nothing, until then.
func (a *API) Invite(c *fiber.Ctx, by commands.Caller) error {
	o, err := readOther(c)
	if err != nil {
		return err
	}
	both, err := a.Teams.InviteMember(c.UserContext(), commands.InviteMember{By: by, Email: o.Email})
	if err != nil {
		return err
	}
	answer := asked{o.Email, invited, "The account is invited. It becomes a member when it names you in the same way."}
	if both {
		answer.Status, answer.Message = joined, "You belong to one team now."
	}
	return c.Status(fiber.StatusCreated).JSON(answer)
}

// Part answers DELETE /api/v1/team/: it ends a membership or an invitation, from
// either side.
func (a *API) Part(c *fiber.Ctx, by commands.Caller) error {
	o, err := readOther(c)
	if err != nil {
		return err
	}
	if err := a.Teams.PartWith(c.UserContext(), commands.PartWith{By: by, Email: o.Email}); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func readOther(c *fiber.Ctx) (o other, err error) {
	if err := web.ReadJSON(c, &o); err != nil {
		return o, err
	}
	return o, web.Required("email", o.Email)
}
