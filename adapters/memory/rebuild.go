package memory

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// making is a version of a table that is being made beside the one that stands.
type making struct {
	topic   bool
	streams map[domain.Stream][]domain.Envelope
	after   int64           // the last position that was read of the log
	offsets map[int32]int64 // of the topic: the next
	sum     [sha256.Size]byte
	lost    map[domain.Stream]bool
	events  int64
}

// Rebuild makes the read model again beside the one that stands, and swaps it
// in. It makes the promises of the real table's.
func (t *Table[R]) Rebuild(ctx context.Context, how projections.Rebuilding) (projections.Rebuilt, error) {
	if !t.rebuilding.TryLock() {
		return projections.Rebuilt{}, domain.Errorf(domain.Conflict, "%s is being rebuilt", t.fold.Name)
	}
	defer t.rebuilding.Unlock()
	how.Piece = cmp.Or(how.Piece, 1000)
	if how.Rest == nil {
		how.Rest = func(context.Context, time.Duration) {}
	}
	if how.Seen == nil {
		how.Seen = func(projections.Progress) {}
	}
	resumed := t.made != nil && !how.Anew && t.made.topic == (how.Topic != nil)
	if !resumed {
		t.made = &making{
			topic: how.Topic != nil, streams: map[domain.Stream][]domain.Envelope{},
			offsets: map[int32]int64{}, lost: map[domain.Stream]bool{},
		}
	}
	m := t.made
	err := t.remake(ctx, m, how)
	if err == nil || ctx.Err() == nil {
		t.made = nil // done or refused: the next one begins anew
	}
	rows := map[string]R{}
	for _, history := range m.streams {
		rows = t.fold.Rows(rows, history)
	}
	return projections.Rebuilt{
		Rows: int64(len(rows)), Events: m.events, Checksum: fmt.Sprintf("%x", m.sum), Swapped: err == nil,
		Resumed: resumed, Lost: int64(len(m.lost)),
	}, err
}

func (t *Table[R]) remake(ctx context.Context, m *making, how projections.Rebuilding) error {
	if err := t.feed(ctx, m, how, projections.Copying); err != nil {
		return err
	}
	how.Seen(projections.Progress{Phase: projections.Checking, Done: m.events, Total: m.events})
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.sum != sumOf(m.streams) {
		return &projections.Refused{Reason: t.fold.Name + ": the rows are not those that were made"}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	how.Seen = func(projections.Progress) {}
	how.Rest = func(context.Context, time.Duration) {}
	if err := t.feed(ctx, m, how, projections.Swapping); err != nil {
		return err
	}
	for s, standing := range t.streams {
		if len(standing) > len(m.streams[s]) {
			m.lost[s] = true
			if how.Accept {
				m.streams[s] = standing
			}
		}
	}
	if len(m.lost) > 0 && !how.Accept {
		return &projections.Refused{Reason: fmt.Sprintf("%s: the topic lacks events of %d streams", t.fold.Name, len(m.lost))}
	}
	m.sum = sumOf(m.streams)
	t.streams = maps.Clone(m.streams)
	return nil
}

// feed takes in what log or topic have now.
func (t *Table[R]) feed(ctx context.Context, m *making, how projections.Rebuilding, phase projections.Phase) error {
	take := func(batch []domain.Envelope) error {
		for _, e := range batch {
			if e.Stream.Family() == t.fold.Family {
				m.take(e)
			}
		}
		how.Seen(projections.Progress{Phase: phase, Done: m.events, Total: m.events})
		how.Rest(ctx, 0)
		return ctx.Err()
	}
	if how.Topic == nil {
		for batch := range slices.Chunk(t.log.Stored(m.after), how.Piece) {
			events, err := decode(batch)
			if err == nil {
				m.after = batch[len(batch)-1].Position
				err = take(events)
			}
			if err != nil {
				return err
			}
		}
		return ctx.Err()
	}
	first, next, err := how.Topic.Extent(ctx)
	if err != nil {
		return err
	}
	from := map[int32]int64{}
	for p := range next {
		from[p] = max(first[p], m.offsets[p])
	}
	return how.Topic.Read(ctx, from, next, func(_ context.Context, p int32, next int64, batch []domain.Envelope) error {
		m.offsets[p] = next
		return take(batch)
	})
}

// take puts an event behind those of its stream, and notes where some are missing.
func (m *making) take(e domain.Envelope) {
	switch have := len(m.streams[e.Stream]); {
	case e.Version == have+1:
		m.streams[e.Stream] = append(m.streams[e.Stream], e)
		m.sum = join(m.sum, e)
		m.events++
	case e.Version > have+1:
		m.lost[e.Stream] = true
	}
}

// sumOf is a checksum over events in whatever order.
func sumOf(streams map[domain.Stream][]domain.Envelope) (sum [sha256.Size]byte) {
	for _, history := range streams {
		for _, e := range history {
			sum = join(sum, e)
		}
	}
	return sum
}

func join(sum [sha256.Size]byte, e domain.Envelope) [sha256.Size]byte {
	for i, b := range sha256.Sum256(fmt.Appendf(nil, "%s %d %s", e.Stream, e.Version, e.ID)) {
		sum[i] ^= b
	}
	return sum
}
