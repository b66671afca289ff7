// Package scanners is how the platform looks at targets: one folder per
// scanner, the guard that is their only way out, and the only place where
// child processes are started.
package scanners

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Scanner looks at one target in one way. It reports what it sees as it goes
// through see, which is safe for concurrent use and never blocks for long.
//
// Scan returns nil when it could look, whatever it found; a *NotTested when
// there was nothing to look at or it was not let in; ctx.Err() when its time
// ran out (what it has reported until then stays); and any other error when
// it broke, after which it may be tried again on another worker. It never
// panics on what a target sends, and bounds memory and time whatever comes.
type Scanner interface {
	// Tool is the scanner's name; its folder has the same.
	Tool() domain.Tool
	Scan(ctx context.Context, job Job, see func(domain.Observation)) error
}

// Job is one scanner's share of a scan.
type Job struct {
	Scan    uuid.UUID
	Target  domain.Target
	Profile domain.Profile
	Options domain.Options // as they were asked for; zero for the profile's defaults
	// Verified says that the target is proven to be the account's. Only then may
	// a scanner send it what a visitor would not.
	Verified bool
	// Net is the only way out: it resolves each name once for the whole job
	// and dials nothing but checked addresses.
	Net *Session
	// Keep stores raw evidence and returns the hash that names it. Kind says
	// what it is: "http-response", "banner", "tls-hello", "dns-message".
	Keep func(kind string, raw []byte) domain.Hash
}

// NotTested is returned by a scanner that had nothing to look at or was not
// let in. It is no fault of the scanner and is not tried again; the report
// shows the reason.
type NotTested struct {
	Outcome domain.Outcome // Skipped, Refused or TimedOut; Failed where a tool outside of this program broke
	Reason  string         // one sentence without a full stop, for the report
}

// Error implements error.
func (n *NotTested) Error() string { return n.Reason }

// Skip returns a NotTested for something that is not there or does not apply.
func Skip(format string, args ...any) *NotTested {
	return &NotTested{Outcome: domain.Skipped, Reason: fmt.Sprintf(format, args...)}
}
