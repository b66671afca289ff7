// Package commands is what may be asked: one file per command. A command
// loads the stream it is about, folds it, lets the domain decide, and appends
// what follows at the version that the decision was based on. What a command
// needs from the outside stands here as small interfaces.
package commands

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Desk takes commands. All its fields are needed, but for Tokens where nobody
// logs in; it is safe for concurrent use.
type Desk struct {
	Log       Log
	Secrets   Secrets
	Accounts  *Accounts // one for all desks of a process
	Inbox     Inbox
	Targets   Targets
	Engines   Engines
	Proofs    Proofs
	Findings  Findings
	Calendar  Calendar
	Directory Directory
	Now       func() time.Time
	NewID     func() uuid.UUID
	Random    func(bytes []byte) // fills bytes with cryptographic randomness
	Limits    ScanLimits

	Published Published
	ProofKey  []byte // of what proves ownership

	Passwords Passwords
	Sessions  Sessions
	Tokens    Tokens
	Uses      Uses

	Destinations Destinations                // of short links
	Lines        Lines                       // where speed tests are run
	Emit         func(domain.Envelope) error // takes events that bypass the log; never waits for a broker
}

// ScanLimits are what the operator sets for Scanner's contract; 0 means none.
type ScanLimits struct {
	Queue   int // scans that wait at one time, in the whole installation
	Monthly int // scans of an account in a calendar month, UTC
}

// Caller is who gives a command.
type Caller struct {
	Account  uuid.UUID
	Key      uuid.UUID // nil UUID when it was not an API key
	Operator bool
	Worker   string // the worker's name, when it is one
	Request  string // id of the request, the cause of what follows
	Trace    string // W3C traceparent, where there is one
	Once     *Once  // the attempt, where the request carries an Idempotency-Key
	// Team are the accounts whose scans the caller sees beside its own.
	Team []uuid.UUID
	// Standing is the account as it stood when the request was let in; nil where
	// nobody has looked.
	Standing *domain.Account
}

// Actor is the caller's name in events.
func (c Caller) Actor() string {
	switch {
	case c.Worker != "":
		return "worker:" + c.Worker
	case c.Key != uuid.Nil:
		return "key:" + c.Key.String()
	case c.Account != uuid.Nil:
		return "account:" + c.Account.String()
	default:
		return "operator"
	}
}

// Sees says whether what belongs to an account is open to the caller.
func (c Caller) Sees(account uuid.UUID) bool {
	return account == c.Account || slices.Contains(c.Team, account)
}

// Log is the log of record.
type Log interface {
	// Read returns a stream's events after a version, oldest first. An unknown
	// stream is empty.
	Read(ctx context.Context, s domain.Stream, after int) ([]domain.Envelope, error)
	// Append adds all writes or none, and returns the events with their
	// positions once they are durable. It answers a *domain.Error: Stale when a
	// stream is no longer at After, Conflict with Existing when a claim is
	// taken, Quota or the code of its own when a tally is full, InFlight when a mark's attempt is not
	// the newest. Appending the same event ids again is no error and has no
	// effect.
	Append(ctx context.Context, writes ...Write) ([]domain.Envelope, error)
}

// Write is one stream's share of an Append, with what has to become true in
// the same transaction.
type Write struct {
	Stream  domain.Stream
	Owner   uuid.UUID // the account whose stream it is
	After   int       // the version that the decision was based on; 0 for a new stream
	Events  []domain.Envelope
	Claims  []Claim
	Release []string // claims to free, if this stream holds them
	Secrets []Secret
	Forget  []string // names of secrets to delete
	Tallies []Tally
	Mark    Mark // of the request's record, where it has one
	// Erase ends the stream with these events: what domain.Erasable says of the
	// payloads of those before them is gone, and all claims that the stream holds
	// are free. Of a scan its evidence goes too, and its rows in all read models;
	// of an account all secrets and answers that it owns.
	Erase bool
}

// Claim is a name that must be free across all streams.
type Claim struct {
	Name     string
	Optional bool // take it if it is free, else go without
}

// Secret is what must be kept and must not be in an event.
type Secret struct {
	Name  string
	Owner uuid.UUID
	Value []byte
}

// Tally is a count that must not pass a maximum.
type Tally struct {
	Name string
	Add  int           // may be negative; a tally never falls below 0
	Max  int           // 0 means none
	Full string        // what the caller is told when it is full
	Wait time.Duration // and when it is worth coming again; 0 where nobody knows
	Code domain.Code   // of the refusal; "" for Quota, which waiting may help
}

// Refusal is what the caller is told when the tally is full.
func (t Tally) Refusal() *domain.Error {
	return &domain.Error{Code: cmp.Or(t.Code, domain.Quota), Message: t.Full, Wait: t.Wait}
}

// Secrets reads what Write.Secrets put down.
type Secrets interface {
	// Secret returns a value; NotFound when there is none by this name.
	Secret(ctx context.Context, name string) (Secret, error)
	// Claimed returns the stream that holds a claim; NotFound when it is free.
	Claimed(ctx context.Context, name string) (domain.Stream, error)
	// Tallied returns what a tally stands at; 0 for one that nothing was added to.
	Tallied(ctx context.Context, name string) (int, error)
	// Look returns how several things stand, all at one moment, which is not
	// before the call. What there is not is empty.
	Look(ctx context.Context, at Look) (Seen, error)
	// Replace puts a new value in the place of one that is still there. It
	// answers Stale when there is another by now, or none.
	Replace(ctx context.Context, old Secret, value []byte) error
}

// Look is what is looked at: a secret and a claim by their names, and a stream.
type Look struct {
	Secret string
	Claim  string
	Stream domain.Stream
}

// Seen is how they stand.
type Seen struct {
	Secret  Secret        // without a name where there is none
	Holder  domain.Stream // of the claim
	Version int           // of the stream
}

// Targets says whether a target may be looked at.
type Targets interface {
	// Check resolves the target. It answers a *domain.Error: Unresolvable,
	// Forbidden, or nil.
	Check(ctx context.Context, t domain.Target) error
}

// Engines says what runs scans here.
type Engines interface {
	// Tools returns the tools that run a profile, in the order of its probes: its
	// scanner's own, or the built-in one that stands in for it. It answers a
	// *domain.Error: Unavailable with what to install or to set where none can.
	Tools(ctx context.Context, p domain.Profile) ([]domain.Tool, error)
}

// Proofs knows which domains have been proven to belong to accounts.
type Proofs interface {
	// Proven says whether an account has a target on its list by which it has
	// proven, after a time, that one of these domains is its own.
	Proven(ctx context.Context, account uuid.UUID, domains []string, since time.Time) (bool, error)
}

// Inbox holds the probes that are to be run, each with a lease.
type Inbox interface {
	// Enqueue adds a scan's probes. Probes that are there already stay as they are.
	Enqueue(ctx context.Context, scan domain.ScanRequested, cause string) error
	// Lease takes a probe that waits or whose lease has run out, for ttl, and
	// counts the attempt. It returns nil when there is none.
	Lease(ctx context.Context, worker string, ttl time.Duration) (*Lease, error)
	// Beat keeps a lease for ttl more. It answers a *domain.Error: Lost when the
	// probe is in other hands, Over when it was dropped.
	Beat(ctx context.Context, l Lease, ttl time.Duration) error
	// Yield gives an unfinished probe back, to be tried again. An attempt that
	// was not spent, as when a worker goes home, does not count.
	Yield(ctx context.Context, l Lease, spent bool) error
	// Done removes a finished probe. A lost lease removes nothing.
	Done(ctx context.Context, l Lease) error
	// Drop removes all probes of a scan that is over.
	Drop(ctx context.Context, scan uuid.UUID) error
}

// Lease is one probe in the hands of one worker.
type Lease struct {
	Scan    uuid.UUID
	Account uuid.UUID
	Tool    domain.Tool
	Token   int    // rises with every lease of this probe; goes into every event
	Attempt int    // 1 for the first
	Cause   string // the id of the event that asked for it
}
