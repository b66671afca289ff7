package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/scanledger/scanledger/domain"
)

// away tells a server that cannot be reached, does not answer or is going down
// from a query that it refused.
func away(err error) error {
	if err == nil || isServerError(err) && !isGoing(err) || errors.Is(err, context.Canceled) || errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	return &unavailable{err}
}

// unavailable is a database that is away: a domain error for the client, the
// cause for the log.
type unavailable struct{ cause error }

func (u *unavailable) Error() string { return "postgres is away: " + u.cause.Error() }
func (u *unavailable) Unwrap() []error {
	return []error{u.cause, domain.Errorf(domain.Unavailable, "The database is away. Try again in a moment.")}
}

// The classes of the server's own errors (PostgreSQL manual, appendix A).
const (
	uniqueViolation     = "23505"
	serializationFailed = "40001"
	deadlockDetected    = "40P01"
	idleTooLong         = "25P03"
	unknownDatabase     = "3D000"
	lockNotAvailable    = "55P03"
)

func isServerError(err error) bool { return sqlState(err) != "" }

// isRetryable says that the transaction can succeed when it is run again: the
// next run sees what it collided with, or finds the server there.
func isRetryable(err error) bool {
	return isCollision(err) || isGoing(err)
}

// Refused says that the server answers and does not let us in: asking again
// changes nothing before somebody has changed the URL or the server.
func Refused(err error) bool {
	state := sqlState(err)
	return strings.HasPrefix(state, "28") || state == unknownDatabase // who we are, and where we want to go
}

// isGoing says that the server goes down, comes up, is short of connections or
// has ended the session.
func isGoing(err error) bool {
	state := sqlState(err)
	return strings.HasPrefix(state, "57") || strings.HasPrefix(state, "53") || state == idleTooLong
}

// isCollision says that another transaction came first: the next run, at once,
// sees what it did.
func isCollision(err error) bool {
	switch sqlState(err) {
	case uniqueViolation, serializationFailed, deadlockDetected:
		return true
	default:
		return false
	}
}

// Hopeless says that what was to be written will never be taken: the server
// refuses its values, or it follows on an event that the log does not have.
func Hopeless(err error) bool {
	var unknown *unknownEvent
	if errors.As(err, &unknown) {
		return true
	}
	state := sqlState(err)
	for _, class := range []string{"22", "23", "54"} { // data, constraints, what the server can hold
		if strings.HasPrefix(state, class) && !isCollision(err) {
			return true
		}
	}
	return false
}

// unknownEvent is an event before one that was read elsewhere. The log commits
// before anybody hears of it, so what it lacks will not come.
type unknownEvent struct {
	stream  domain.Stream
	version int
}

func (e *unknownEvent) Error() string {
	return fmt.Sprintf("stream %s: the log has no version %d", e.stream, e.version)
}

func sqlState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
