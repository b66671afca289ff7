// Package secably serves the SecAbly contract: so far an account's credits,
// and how the contract refuses.
package secably

import "time"

// The wire types are in snake_case, as the document's are.

// ledger answers GET /api/v1/credits/. The amounts of its entries sum to the
// balance.
type ledger struct {
	Balance   int     `json:"balance"`
	Monthly   int     `json:"monthly_credits"`   // what is left of the month's
	Purchased int     `json:"purchased_credits"` // what is left of those that stay
	Entries   []entry `json:"entries"`           // oldest first
}

// entry is one change to the balance.
type entry struct {
	Amount int       `json:"amount"`
	Kind   string    `json:"kind"`
	At     time.Time `json:"at"`
	Cause  string    `json:"cause"`
}
