package domain

import (
	"errors"
	"fmt"
	"time"
)

// Code classes an error for whoever has to answer it: every edge has one
// table from codes to its own status codes.
type Code string

// The codes.
const (
	Invalid      Code = "invalid"      // the input is wrong; Message says what to change
	Unauthorized Code = "unauthorized" // no credentials
	BadKey       Code = "bad_key"      // credentials that are unknown, revoked or expired
	Denied       Code = "denied"       // the credentials are good, and not for this
	NotFound     Code = "not_found"    // unknown, or another account's: never told apart
	Conflict     Code = "conflict"     // a name is taken; Existing says by which stream
	Stale        Code = "stale"        // the stream has moved on; decide again
	Quota        Code = "quota"        // a limit of the month, the hour or the queue is reached, and opens again
	Payment      Code = "payment"      // the scan costs more credits than there are; Short says how many
	TooMany      Code = "too_many"     // a rate limit is reached; Message says when to come back
	TooLarge     Code = "too_large"    // the body is larger than allowed
	Forbidden    Code = "forbidden"    // the guard does not allow this target
	Unresolvable Code = "unresolvable" // the target's name has no address
	Unavailable  Code = "unavailable"  // an engine or a tool is away; try again later
	Over         Code = "over"         // the scan or the probe has ended already
	Lost         Code = "lost"         // the lease is in other hands
	InFlight     Code = "in_flight"    // the same request, by its Idempotency-Key, is being answered; Wait says when to ask again
	Reused       Code = "reused"       // an Idempotency-Key came with another request than its first
	Internal     Code = "internal"     // a fault of ours; its text never leaves the process
)

// Error is an error with a code and a message that may be shown to whoever
// made the request.
type Error struct {
	Code     Code
	Message  string
	Existing Stream        // with Conflict: the stream that holds the name
	Number   int64         // with Conflict: that stream's number, where it has one
	Wait     time.Duration // with Quota and InFlight: when it is worth coming again; 0 where nobody knows
	Short    *Shortfall    // with Payment: what was asked for, and what there is
}

// Shortfall is what a scan costs beside the credits of an account that cannot
// pay for it.
type Shortfall struct {
	Profile   Profile
	Required  int
	Available int // Monthly and Purchased together
	Monthly   int
	Purchased int
}

// Error implements error.
func (e *Error) Error() string { return e.Message }

// Errorf makes an Error. The text is for the client: lower-case internals and
// secrets have no place in it.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of err; Internal when it carries none, and "" for nil.
func CodeOf(err error) Code {
	var e *Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e):
		return e.Code
	default:
		return Internal
	}
}
