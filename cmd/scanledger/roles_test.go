package main

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/domain"
)

// TestLargest says of an event that no broker takes which it is, and how it goes.
func TestLargest(t *testing.T) {
	id := uuid.New()
	of := func(size int) domain.Stored {
		return domain.Stored{Envelope: domain.Envelope{Stream: domain.NewStream(domain.LookupFamily, id), Version: size}, Type: "lookup.completed", Payload: make([]byte, size)}
	}
	events := []domain.Stored{of(3), of(9), of(5)}
	err := namingLargest(fmt.Errorf("%w: message 1", kafka.ErrTooLarge), events)
	if want := "lookup.completed, version 9 of lookup-" + id.String() + ","; !errors.Is(err, kafka.ErrTooLarge) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "SCAN_RETENTION") {
		t.Errorf("it says %q", err)
	}
	for _, other := range []error{nil, errors.New("away")} {
		if err := namingLargest(other, events); err != other {
			t.Errorf("of %v it says %v", other, err)
		}
	}
}
