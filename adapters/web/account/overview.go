package account

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
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
	person, err := a.Accounts.PersonOf(c.UserContext(), by.Account)
	if err != nil {
		return err
	}
	shown, err := a.overviewOf(c, person, l)
	if err != nil {
		return err
	}
	return c.JSON(shown)
}

// contracts are all that there are, in the order in which they are shown.
var contracts = []domain.Contract{domain.SevenAzzani, domain.SecAbly, domain.IsSafeSite, domain.ScannerAPI}

// overviewOf is where an account stands, whose credits are l.
func (a *API) overviewOf(c *fiber.Ctx, person commands.Person, l *domain.Ledger) (overview, error) {
	o := overview{
		Email: person.Email, FirstName: person.FirstName, LastName: person.LastName, Joined: web.Stamp(person.Joined),
		Usage:   usageView{RenewsAt: web.MonthEnds(a.Now())},
		Credits: creditView{l.Balance(), l.Credits.Monthly, l.Credits.Purchased},
	}
	for _, contract := range contracts {
		p := person.Plan(contract)
		o.Plans = append(o.Plans, planView{
			Contract: contract, Plan: p.Name, ScansPerMonth: web.Limit(p.ScansPerMonth), RequestsPerMonth: web.Limit(p.RequestsPerMonth),
			RequestsPerMin: web.Limit(p.RequestsPerMin), RequestsPerSec: web.Limit(p.RequestsPerSec), Targets: web.Limit(p.Targets), CreditsPerMonth: p.Credits,
		})
	}
	var err error
	if _, o.Usage.Targets, err = a.Targets.Targets(c.UserContext(), projections.TargetFilter{Account: person.ID}); err != nil {
		return o, err
	}
	o.Usage.Requests, err = web.UsedInMonth(c.UserContext(), a.Limits, domain.SecAbly, person.ID)
	return o, err
}
