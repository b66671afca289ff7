package domain

import (
	"maps"
	"slices"
	"strings"
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

// unsealed begins what was written before it was sealed, and stands in clear
// in the present shape of its event. No sealed text has a colon.
const unsealed = "clear:"

// Clear is a text that was never sealed: what is empty, and what was written
// before such texts were. For any other it is false.
func (s Sealed) Clear() (string, bool) {
	text, ok := strings.CutPrefix(string(s), unsealed)
	return text, ok || s == ""
}

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
	Reason   Sealed   `json:"reason"` // why, in an operator's words, sealed; empty where none was given
}

// PlanChangedV1 moves an account to another plan of one contract.
type PlanChangedV1 struct {
	Contract Contract `json:"contract"`
	Plan     string   `json:"plan"`
}

// lift is the event in its present shape.
func (p PlanChangedV1) lift() Event { return PlanChanged{Contract: p.Contract, Plan: p.Plan} }

// KeyIssued is a new API key. The key itself is in no event.
type KeyIssued struct {
	Key     uuid.UUID  `json:"key"`
	Name    Sealed     `json:"name"`       // what it is for, sealed
	Prefix  string     `json:"prefix"`     // its first characters, to tell keys apart
	AllowIP []Sealed   `json:"allow_ip"`   // CIDRs from which it may be used, each sealed; none means any
	Expires *time.Time `json:"expires_at"` // null means never
}

// KeyIssuedV1 is a new API key. The key itself is in no event.
type KeyIssuedV1 struct {
	Key     uuid.UUID  `json:"key"`
	Name    string     `json:"name"`
	Prefix  string     `json:"prefix"`     // its first characters, to tell keys apart
	AllowIP []string   `json:"allow_ip"`   // CIDRs from which it may be used; none means any
	Expires *time.Time `json:"expires_at"` // null means never
}

// lift is the event in its present shape.
func (k KeyIssuedV1) lift() Event {
	out := KeyIssued{Key: k.Key, Name: unsealed + Sealed(k.Name), Prefix: k.Prefix, Expires: k.Expires, AllowIP: []Sealed{}}
	for _, ip := range k.AllowIP {
		out.AllowIP = append(out.AllowIP, unsealed+Sealed(ip))
	}
	return out
}

// KeyRevoked ends an API key.
type KeyRevoked struct {
	Key uuid.UUID `json:"key"`
}

// ProfileChanged gives an account's holder other names.
type ProfileChanged struct {
	FirstName Sealed `json:"first_name"`
	LastName  Sealed `json:"last_name"`
}

// PasswordChanged ends everything that the password before has opened:
// refresh tokens and access tokens. The password itself is in no event.
type PasswordChanged struct{}

// Kind implements Event.
func (AccountRegistered) Kind() string { return "account.registered" }
func (PlanChanged) Kind() string       { return "plan.changed" }
func (KeyIssued) Kind() string         { return "key.issued" }
func (KeyRevoked) Kind() string        { return "key.revoked" }
func (ProfileChanged) Kind() string    { return "profile.changed" }
func (PasswordChanged) Kind() string   { return "password.changed" }

// Account is the state that decisions about an account need.
type Account struct {
	ID        uuid.UUID
	Number    int64 // position of its first event: an integer id, unique and rising
	Joined    time.Time
	Email     Sealed
	FirstName Sealed
	LastName  Sealed
	Operator  bool
	Version   int
	Deleted   bool
	Keys      map[uuid.UUID]bool // issued keys: whether they stand
	Members   []uuid.UUID        // of its team, beside itself
	Invited   []uuid.UUID        // who may become members, if they like
	Credits   Credits
	// Judgements are all that it has said of its findings, oldest first.
	Judgements []Judgement
	plans      map[Contract]string
	bound      map[uuid.UUID]bool // keys that end, or hold from some addresses alone
}

// Apply folds one event into the state.
func (a *Account) Apply(e Envelope) {
	a.Version = e.Version
	switch event := e.Event.(type) {
	case AccountRegistered:
		a.register(e, event)
	case PlanChanged:
		a.plans[event.Contract] = event.Plan
	case KeyIssued:
		a.Keys[event.Key], a.bound[event.Key] = true, event.Expires != nil || len(event.AllowIP) > 0
	case KeyRevoked:
		a.Keys[event.Key] = false
	case ProfileChanged:
		a.FirstName, a.LastName = event.FirstName, event.LastName
	case OperatorAdded:
		a.Operator = true
	case OperatorRemoved:
		a.Operator = false
	case MemberInvited, MemberAdded, MemberRemoved:
		a.team(event)
	case AccountDeleted:
		a.Deleted = true
	case FindingAccepted, FindingDismissed, FindingReopened:
		j, _ := judged(e)
		a.Judgements = append(a.Judgements, j)
	default:
		a.Credits.Apply(e)
	}
}

func (a *Account) register(e Envelope, event AccountRegistered) {
	a.ID, a.Number, a.Joined, a.Operator = event.Account, e.Position, e.At, event.Operator
	a.Email, a.FirstName, a.LastName = event.Email, event.FirstName, event.LastName
	a.Keys, a.bound, a.plans = map[uuid.UUID]bool{}, map[uuid.UUID]bool{}, map[Contract]string{}
}

// Clone is a copy that changes for itself.
func (a *Account) Clone() *Account {
	c := *a
	c.Members, c.Invited, c.Judgements = slices.Clone(a.Members), slices.Clone(a.Invited), slices.Clone(a.Judgements)
	c.Keys, c.bound, c.plans, c.Credits = maps.Clone(a.Keys), maps.Clone(a.bound), maps.Clone(a.plans), *a.Credits.clone()
	return &c
}

// Exists says whether the account has been registered, and is not deleted.
func (a *Account) Exists() bool { return a.ID != uuid.Nil && !a.Deleted }

// Delete ends the account for good.
func (a *Account) Delete() []Event { return []Event{AccountDeleted{Account: a.ID}} }

// Plan is the account's plan of a contract, the free one to begin with.
func (a *Account) Plan(c Contract) Plan {
	if p, ok := PlanOf(c, a.plans[c]); ok {
		return p
	}
	p, _ := PlanOf(c, FreePlan)
	return p
}

// Free refuses what a key may not do that ends, or holds from some addresses
// alone: whatever outlives it, or opens more than it does. No key at all is a
// login, which may. The answer is Denied.
func (a *Account) Free(key uuid.UUID) error {
	if key == uuid.Nil || a.Keys[key] && !a.bound[key] {
		return nil
	}
	return Errorf(Denied, "A key that expires or is bound to addresses may not do this: log in and use the access token, or use a key without restrictions")
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
