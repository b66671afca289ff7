package domain

import "github.com/google/uuid"

// Pool is where credits come from.
type Pool string

// The pools. Monthly credits are used first.
const (
	MonthlyPool   Pool = "monthly"   // a plan's, which lapse with their month
	PurchasedPool Pool = "purchased" // granted by an operator; they stay
)

// Month is a calendar month in UTC, "2026-05". Months compare as they follow
// each other; "" is before all of them.
type Month string

// CreditsGranted adds to what an account may spend on scans.
type CreditsGranted struct {
	Pool   Pool   `json:"pool"`
	Month  Month  `json:"month"` // for which monthly credits are; empty for purchased ones
	Amount int    `json:"amount"`
	Reason Sealed `json:"reason"` // why, in an operator's words, sealed; empty where none was given
}

// CreditsGrantedV1 adds to what an account may spend on scans.
type CreditsGrantedV1 struct {
	Pool   Pool  `json:"pool"`
	Month  Month `json:"month"` // for which monthly credits are; empty for purchased ones
	Amount int   `json:"amount"`
}

// lift is the event in its present shape.
func (c CreditsGrantedV1) lift() Event {
	return CreditsGranted{Pool: c.Pool, Month: c.Month, Amount: c.Amount}
}

// CreditsLapsed takes away what is left of a month's credits when it is over.
type CreditsLapsed struct {
	Month  Month `json:"month"`
	Amount int   `json:"amount"`
}

// CreditsHeld sets credits aside for a scan that has been accepted: what it
// costs is Monthly and Purchased together.
type CreditsHeld struct {
	Scan    uuid.UUID `json:"scan"`
	Profile Profile   `json:"profile"` // of the scan, which has this price
	Split
}

// CreditsSettled says that a scan has used up what was held for it.
type CreditsSettled struct {
	Scan   uuid.UUID `json:"scan"`
	Amount int       `json:"amount"` // all that was held
}

// CreditsReleased gives back what was held for a scan.
type CreditsReleased struct {
	Scan uuid.UUID `json:"scan"`
	Split
}

// Split is an amount of credits by the pools that it comes from.
type Split struct {
	Month     Month `json:"month"` // whose monthly credits they are; empty where there are none
	Monthly   int   `json:"monthly"`
	Purchased int   `json:"purchased"`
}

// Total is the whole amount.
func (s Split) Total() int { return s.Monthly + s.Purchased }

// Kind implements Event.
func (CreditsGranted) Kind() string  { return "credits.granted" }
func (CreditsLapsed) Kind() string   { return "credits.lapsed" }
func (CreditsHeld) Kind() string     { return "credits.held" }
func (CreditsSettled) Kind() string  { return "credits.settled" }
func (CreditsReleased) Kind() string { return "credits.released" }
