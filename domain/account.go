package domain

import (
	"maps"
	"time"

	"github.com/google/uuid"
)

// Contract names one of the four published APIs.
type Contract string

// The contracts.
const (
	SevenAzzani Contract = "7azzani"
	SecAbly     Contract = "secably"
	IsSafeSite  Contract = "issafesite"
	ScannerAPI  Contract = "scanner"
)

// Sealed is personal data, encrypted with its account's key. When the key is
// destroyed, nobody can read it any more and the event stays as it was.
type Sealed string

// AccountRegistered opens an account. It is version 1 of its stream.
type AccountRegistered struct {
	Account   uuid.UUID `json:"account"`
	Email     Sealed    `json:"email"`
	FirstName Sealed    `json:"first_name"`
	LastName  Sealed    `json:"last_name"`
	Operator  bool      `json:"operator"`
}

// PlanChanged moves an account to another plan of one contract.
type PlanChanged struct {
	Contract Contract `json:"contract"`
	Plan     string   `json:"plan"`
}

// KeyIssued is a new API key. The key itself is in no event.
type KeyIssued struct {
	Key     uuid.UUID  `json:"key"`
	Name    string     `json:"name"`
	Prefix  string     `json:"prefix"`     // its first characters, to tell keys apart
	AllowIP []string   `json:"allow_ip"`   // CIDRs from which it may be used; none means any
	Expires *time.Time `json:"expires_at"` // null means never
}

// KeyRevoked ends an API key.
type KeyRevoked struct {
	Key uuid.UUID `json:"key"`
}

// Kind implements Event.
func (AccountRegistered) Kind() string { return "account.registered" }
func (PlanChanged) Kind() string       { return "plan.changed" }
func (KeyIssued) Kind() string         { return "key.issued" }
func (KeyRevoked) Kind() string        { return "key.revoked" }

// Account is the state that decisions about an account need.
type Account struct {
	ID       uuid.UUID
	Email    Sealed
	Operator bool
	Version  int
	Keys     map[uuid.UUID]bool // issued keys: whether they stand
	Credits  Credits
	plans    map[Contract]string
}

// Apply folds one event into the state.
func (a *Account) Apply(e Envelope) {
	a.Version = e.Version
	switch e := e.Event.(type) {
	case AccountRegistered:
		a.ID, a.Email, a.Operator = e.Account, e.Email, e.Operator
		a.Keys, a.plans = map[uuid.UUID]bool{}, map[Contract]string{}
	case PlanChanged:
		a.plans[e.Contract] = e.Plan
	case KeyIssued:
		a.Keys[e.Key] = true
	case KeyRevoked:
		a.Keys[e.Key] = false
	default:
		a.Credits.Apply(Envelope{Event: e})
	}
}

// Clone is a copy that changes for itself.
func (a *Account) Clone() *Account {
	c := *a
	c.Keys, c.plans, c.Credits = maps.Clone(a.Keys), maps.Clone(a.plans), *a.Credits.clone()
	return &c
}

// Exists says whether the account has been registered.
func (a *Account) Exists() bool { return a.ID != uuid.Nil }

// Plan is the account's plan of a contract, the free one to begin with.
func (a *Account) Plan(c Contract) Plan {
	if p, ok := PlanOf(c, a.plans[c]); ok {
		return p
	}
	p, _ := PlanOf(c, FreePlan)
	return p
}

// Revoke ends a key. A key that is already revoked stays so, without an event.
func (a *Account) Revoke(key uuid.UUID) ([]Event, error) {
	stands, known := a.Keys[key]
	if !known {
		return nil, Errorf(NotFound, "there is no key %s", key)
	}
	if !stands {
		return nil, nil
	}
	return []Event{KeyRevoked{Key: key}}, nil
}
