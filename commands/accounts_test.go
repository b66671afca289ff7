package commands

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// TestTurnOutOfTime waits for somebody who does not get on, as over a database
// that does not answer: the caller is told to come again.
func TestTurnOutOfTime(t *testing.T) {
	var k Accounts
	id := uuid.UUID{1}
	done, err := k.turn(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithDeadline(t.Context(), time.Time{})
	defer cancel()
	if _, err := k.turn(ctx, id); domain.CodeOf(err) != domain.Unavailable {
		t.Errorf("answered with %v", err)
	}
	done()
	if done, err = k.turn(t.Context(), id); err != nil {
		t.Fatalf("a turn that is free is not given: %v", err)
	}
	done()
}
