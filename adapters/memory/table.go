package memory

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Table keeps one read model as the events that are in it.
type Table[R any] struct {
	fold projections.Fold[R]
	log  *Log

	mu      sync.Mutex
	streams map[domain.Stream][]domain.Envelope

	rebuilding sync.Mutex
	made       *making
}

// NewTable returns the empty table of a read model, which reads what it
// misses from log.
func NewTable[R any](log *Log, fold projections.Fold[R]) *Table[R] {
	return &Table[R]{fold: fold, log: log, streams: map[domain.Stream][]domain.Envelope{}}
}

// Apply adds a batch, all of it or nothing. Events that are in the rows
// already are skipped, and missing ones are read from the log. Of a stream that
// is erased nothing is taken that the log has not.
func (t *Table[R]) Apply(ctx context.Context, batch []domain.Envelope) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	sorted := slices.Clone(batch)
	slices.SortStableFunc(sorted, func(a, b domain.Envelope) int { return a.Version - b.Version })
	news := map[domain.Stream][]domain.Envelope{}
	for _, e := range sorted {
		if t.log.erased(e.Stream) {
			erased, err := t.log.Read(ctx, e.Stream, 0)
			if err != nil {
				return err
			}
			t.streams[e.Stream] = erased
			continue
		}
		have := len(t.streams[e.Stream]) + len(news[e.Stream])
		if e.Version == have+1 {
			news[e.Stream] = append(news[e.Stream], e)
		}
		if e.Version <= have+1 {
			continue
		}
		missing, err := t.log.Read(ctx, e.Stream, have)
		if err != nil {
			return err
		}
		if len(missing) == 0 {
			return fmt.Errorf("stream %s: the log has no version %d", e.Stream, have+1)
		}
		news[e.Stream] = append(news[e.Stream], missing...)
	}
	for s, events := range news {
		t.streams[s] = append(t.streams[s], events...)
	}
	return nil
}

// Rows returns all rows by their keys.
func (t *Table[R]) Rows() map[string]R {
	t.mu.Lock()
	defer t.mu.Unlock()
	rows := map[string]R{}
	for _, history := range t.streams {
		rows = t.fold.Rows(rows, history)
	}
	return rows
}
