package scanners_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// remote is a tool elsewhere that is asked what it still does.
type remote struct {
	fake
	clear func(over func(context.Context, uuid.UUID) (bool, error)) error
}

func (r remote) Clear(_ context.Context, over func(context.Context, uuid.UUID) (bool, error)) error {
	return r.clear(over)
}

// TestLeftovers: a worker clears tools elsewhere as it starts and again and again, though they are away at
// first. A scan is over for it when it has ended, and one that is not in its log never.
func TestLeftovers(t *testing.T) {
	play(t, domain.Quick, []domain.Tool{domain.Ports}, func(s *stage) {
		var rounds, overs atomic.Int32
		w := s.worker(fake{domain.Ports, nothing})
		w.Scanners[domain.ZAPTool] = remote{fake{domain.ZAPTool, nothing}, func(over func(context.Context, uuid.UUID) (bool, error)) error {
			if rounds.Add(1) == 1 {
				return errors.New("away")
			}
			mine, err := over(t.Context(), s.scan.Scan)
			foreign, failed := over(t.Context(), uuid.New())
			if foreign || err != nil || failed != nil {
				t.Errorf("of a scan that is not in the log it is said %v, %v, %v", foreign, err, failed)
			}
			if mine {
				overs.Add(1)
			}
			return nil
		}}
		if over, err := s.desk.ScanOver(t.Context(), s.scan.Scan); over || err != nil {
			t.Errorf("before it has begun: %v, %v", over, err)
		}
		defer s.start(w)()
		s.await("a scan that is over", func() bool { return overs.Load() > 1 })
		if !domain.Closes(s.last().Event) {
			t.Error("it was called over before it was")
		}
	})
}

func nothing(context.Context, scanners.Job, func(domain.Observation)) error { return nil }
