package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/scanledger/scanledger/domain"
)

func TestErrors(t *testing.T) {
	of := func(state string) error { return fmt.Errorf("query: %w", &pgconn.PgError{Code: state}) }
	for _, c := range []struct {
		err       error
		code      domain.Code
		retryable bool
	}{
		{nil, "", false},
		{io.ErrUnexpectedEOF, domain.Unavailable, false},
		{of("57P01"), domain.Unavailable, true}, // admin_shutdown
		{of("57P03"), domain.Unavailable, true}, // cannot_connect_now
		{of("53300"), domain.Unavailable, true}, // too_many_connections
		{of(uniqueViolation), domain.Internal, true},
		{of(serializationFailed), domain.Internal, true},
		{of(deadlockDetected), domain.Internal, true},
		{of(idleTooLong), domain.Unavailable, true},
		{context.DeadlineExceeded, domain.Unavailable, false},
		{of("42P01"), domain.Internal, false}, // undefined_table
		{of("22021"), domain.Internal, false}, // character_not_in_repertoire
		{context.Canceled, domain.Internal, false},
		{pgx.ErrNoRows, domain.Internal, false},
	} {
		if got := away(c.err); domain.CodeOf(got) != c.code || !errors.Is(got, c.err) {
			t.Errorf("away(%v) is %v, want %q", c.err, got, c.code)
		}
		if got := isRetryable(c.err); got != c.retryable {
			t.Errorf("isRetryable(%v) is %v", c.err, got)
		}
	}
}

func TestRefused(t *testing.T) {
	for state, want := range map[string]bool{"28P01": true, "28000": true, "3D000": true, "57P03": false, "53300": false} {
		if got := Refused(fmt.Errorf("migrate: %w", &pgconn.PgError{Code: state})); got != want {
			t.Errorf("%s: %v", state, got)
		}
	}
	if Refused(io.ErrUnexpectedEOF) {
		t.Error("a server that is away does not refuse")
	}
}
