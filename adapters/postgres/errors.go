package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/scanledger/scanledger/domain"
)

// away tells a server that cannot be reached from a query that it refused.
func away(err error) error {
	if err == nil || isServerError(err) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, pgx.ErrNoRows) {
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
)

func isServerError(err error) bool { return sqlState(err) != "" }

// isRetryable says that the transaction can succeed when it is run again: the
// next run sees what it collided with. Classes 57 and 53 are a server that is
// going down or short of connections.
func isRetryable(err error) bool {
	switch state := sqlState(err); state {
	case uniqueViolation, serializationFailed, deadlockDetected:
		return true
	default:
		return len(state) == 5 && (state[:2] == "57" || state[:2] == "53")
	}
}

func sqlState(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
