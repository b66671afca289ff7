package account

import (
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// listedAccount is an account as GET /api/v1/admin/accounts/ lists it.
type listedAccount struct {
	ID        uuid.UUID                  `json:"id"`
	Email     string                     `json:"email"`
	FirstName string                     `json:"first_name"`
	LastName  string                     `json:"last_name"`
	Operator  bool                       `json:"operator"`
	Joined    time.Time                  `json:"date_joined"`
	Plans     map[domain.Contract]string `json:"plans"`
	Balance   int                        `json:"balance"`
}

func accountOf(p commands.Person, now time.Time) listedAccount {
	out := listedAccount{
		ID: p.ID, Email: p.Email, FirstName: p.FirstName, LastName: p.LastName, Operator: p.Operator, Joined: web.Stamp(p.Joined),
		Plans: map[domain.Contract]string{}, Balance: p.Balance(now),
	}
	for _, c := range contracts {
		out.Plans[c] = p.Plan(c).Name
	}
	return out
}

// wholeAccount answers GET /api/v1/admin/accounts/{id}/: what the account's
// holder sees of it, and what explains that.
type wholeAccount struct {
	ID       uuid.UUID `json:"id"`
	Operator bool      `json:"operator"`
	overview
	Offers  map[domain.Contract][]string `json:"offers"` // the plans that it may be moved to
	Ledger  []entry                      `json:"ledger"` // oldest first
	Keys    []apiKey                     `json:"keys"`
	Changes []planChange                 `json:"plan_changes"` // newest first
}

// planNames are the names of all plans, by their contracts.
func planNames() map[domain.Contract][]string {
	names := map[domain.Contract][]string{}
	for _, p := range domain.Plans {
		names[p.Contract] = append(names[p.Contract], p.Name)
	}
	return names
}

// planChange is a move to another plan.
type planChange struct {
	At       time.Time       `json:"at"`
	Actor    string          `json:"actor"`
	Contract domain.Contract `json:"contract"`
	Plan     string          `json:"plan"`
	Reason   string          `json:"reason"`
}

func changesOf(changes []projections.PlanChange, open func(domain.Sealed) (string, error)) ([]planChange, error) {
	out := make([]planChange, len(changes))
	for i, c := range changes {
		reason, err := open(c.Reason)
		if err != nil {
			return nil, err
		}
		out[i] = planChange{c.At.UTC(), c.Actor, c.Contract, c.Plan, reason}
	}
	return out, nil
}

// newPlan is the body of POST /api/v1/admin/accounts/{id}/plan/.
type newPlan struct {
	Contract domain.Contract `json:"contract"`
	Plan     string          `json:"plan"`
	Reason   string          `json:"reason"`
}

// planSet answers it.
type planSet struct {
	ID uuid.UUID `json:"id"`
	newPlan
}

// newCredits is the body of POST /api/v1/admin/accounts/{id}/credits/.
type newCredits struct {
	Credits web.Whole `json:"credits"`
	Reason  string    `json:"reason"`
}

// creditsGranted answers it.
type creditsGranted struct {
	ID uuid.UUID `json:"id"`
	newCredits
}
