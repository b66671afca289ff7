package secably

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// overview answers GET /api/v1/account/: where the account stands with each
// contract. To look costs no request of a plan.
type overview struct {
	Email     string     `json:"email"`
	FirstName string     `json:"first_name"`
	LastName  string     `json:"last_name"`
	Joined    time.Time  `json:"date_joined"`
	Plans     []planView `json:"plans"`
	Usage     usageView  `json:"usage"`
	Credits   creditView `json:"credits"`
}

// planView is a plan of one contract. What has no limit is null.
type planView struct {
	Contract         domain.Contract `json:"contract"`
	Plan             string          `json:"plan"`
	ScansPerMonth    *int            `json:"scans_per_month"`
	RequestsPerMonth *int            `json:"requests_per_month"`
	RequestsPerMin   *int            `json:"requests_per_minute"`
	RequestsPerSec   *int            `json:"requests_per_second"`
	Targets          *int            `json:"targets"`
	CreditsPerMonth  int             `json:"credits_per_month"`
}

// usageView is what of SecAbly's plan is used.
type usageView struct {
	Requests int       `json:"requests_this_month"`
	Targets  int       `json:"targets"`
	RenewsAt time.Time `json:"renews_at"`
}

type creditView struct {
	Balance   int `json:"balance"`
	Monthly   int `json:"monthly_credits"`
	Purchased int `json:"purchased_credits"`
}

// Overview answers GET /api/v1/account/.
func (a *API) Overview(c *fiber.Ctx, by commands.Caller) error {
	l, err := a.Accounts.Ledger(c.UserContext(), by, by.Account)
	if err != nil {
		return err
	}
	s, err := a.standing(c, by.Account)
	if err != nil {
		return err
	}
	return c.JSON(a.overviewOf(s, l))
}

// contracts are all that there are, in the order in which they are shown.
var contracts = []domain.Contract{domain.SevenAzzani, domain.SecAbly, domain.IsSafeSite, domain.ScannerAPI}

// overviewOf is where an account stands, in its own shape.
func (a *API) overviewOf(s standing, l *domain.Ledger) overview {
	o := overview{
		Email: s.person.Email, FirstName: s.person.FirstName, LastName: s.person.LastName, Joined: stamp(s.person.Joined),
		Usage:   usageView{s.used, s.targets, nextMonth(a.Now())},
		Credits: creditView{l.Balance(), l.Credits.Monthly, l.Credits.Purchased},
	}
	for _, contract := range contracts {
		p := s.person.Plan(contract)
		o.Plans = append(o.Plans, planView{
			Contract: contract, Plan: p.Name, ScansPerMonth: limited(p.ScansPerMonth), RequestsPerMonth: limited(p.RequestsPerMonth),
			RequestsPerMin: limited(p.RequestsPerMin), RequestsPerSec: limited(p.RequestsPerSec), Targets: limited(p.Targets), CreditsPerMonth: p.Credits,
		})
	}
	return o
}
