package conformance

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// piece is small, so that a rebuild has many.
const piece = 25

func mustRebuild[R any](t *testing.T, table TableUnderTest[R], how projections.Rebuilding) projections.Rebuilt {
	t.Helper()
	how.Piece = piece
	done, err := table.Rebuild(t.Context(), how)
	if err != nil || !done.Swapped {
		t.Fatalf("rebuild: %+v, %v", done, err)
	}
	return done
}

// refuse wants a rebuild not to swap.
func refuse[R any](t *testing.T, table TableUnderTest[R], how projections.Rebuilding) projections.Rebuilt {
	t.Helper()
	how.Piece = piece
	done, err := table.Rebuild(t.Context(), how)
	var refused *projections.Refused
	if done.Swapped || !errors.As(err, &refused) {
		t.Errorf("rebuild: %+v, %v; it should refuse", done, err)
	}
	return done
}

// cut rebuilds until something is seen, and cuts it off there; false when that
// never came.
func cut[R any](t *testing.T, table TableUnderTest[R], how projections.Rebuilding, when func(projections.Progress) bool) bool {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	how.Piece = piece
	how.Seen = func(p projections.Progress) {
		if when(p) {
			cancel()
		}
	}
	done, err := table.Rebuild(ctx, how)
	if ctx.Err() == nil && err != nil {
		t.Fatal(err)
	}
	return !done.Swapped
}

// rebuildSame rebuilds a table that has everything, and one that has nothing.
func rebuildSame[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	if done := mustRebuild(t, table, projections.Rebuilding{}); done.Rows != 0 || done.Events != 0 {
		t.Errorf("of nothing: %+v", done)
	}
	history := told(t, fold.Family, table.Log, 5)
	first := mustRebuild(t, table, projections.Rebuilding{})
	wantRows(t, fold, table, history)
	mustApply(t, table, history)
	second := mustRebuild(t, table, projections.Rebuilding{})
	wantRows(t, fold, table, history)
	if first != second || first.Events != int64(len(history)) || first.Rows != int64(len(table.Rows(t))) || first.Resumed || first.Checksum == "" {
		t.Errorf("of %d events: %+v, then %+v", len(history), first, second)
	}
	more := told(t, fold.Family, table.Log, 1)
	mustApply(t, table, more)
	wantRows(t, fold, table, slices.Concat(history, more))
	if third := mustRebuild(t, table, projections.Rebuilding{}); third.Checksum == second.Checksum {
		t.Errorf("other rows have the checksum %s too", third.Checksum)
	}
}

// rebuildRepairs rebuilds a table that has only a part of each stream.
func rebuildRepairs[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	var history []domain.Envelope
	for range 3 {
		one := told(t, fold.Family, table.Log, 1)
		mustApply(t, table, one[:4])
		history = append(history, one...)
	}
	mustRebuild(t, table, projections.Rebuilding{})
	wantRows(t, fold, table, history)
	mustApply(t, table, history)
	wantRows(t, fold, table, history)
}

// rebuildTraffic appends and applies, late and twice, while others read and
// the table is rebuilt again and again. No row that was there is ever missing.
func rebuildTraffic[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	old := told(t, fold.Family, table.Log, 20)
	mustApply(t, table, old)
	standing := slices.Collect(maps.Keys(table.Rows(t)))
	all, end := old, make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		for {
			select {
			case <-end:
				return
			default:
			}
			news := told(t, fold.Family, table.Log, 2)
			all = append(all, news...)
			for _, batch := range [][]domain.Envelope{news[:7], news[5:20], news} {
				if err := table.Apply(t.Context(), batch); err != nil {
					t.Errorf("apply: %v", err)
				}
			}
		}
	})
	work.Go(func() {
		for {
			select {
			case <-end:
				return
			default:
			}
			rows := table.Rows(t)
			for _, k := range standing {
				if _, ok := rows[k]; !ok {
					t.Errorf("row %s is gone", k)
					return
				}
			}
		}
	})
	for range 3 {
		mustRebuild(t, table, projections.Rebuilding{})
	}
	close(end)
	work.Wait()
	mustApply(t, table, all[len(all)-10:])
	wantRows(t, fold, table, all)
	done := mustRebuild(t, table, projections.Rebuilding{})
	wantRows(t, fold, table, all)
	if done.Events != int64(len(all)) {
		t.Errorf("%d of %d events", done.Events, len(all))
	}
}

// rebuildCut cuts rebuilds off at one place after another, while the log grows.
func rebuildCut[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	history := told(t, fold.Family, table.Log, 6)
	seen := 0
	after := func(pieces int) func(projections.Progress) bool {
		return func(projections.Progress) bool { seen++; return seen == pieces }
	}
	in := func(phase projections.Phase) func(projections.Progress) bool {
		return func(p projections.Progress) bool { return p.Phase == phase }
	}
	for i, when := range []func(projections.Progress) bool{
		after(1), after(2), after(4), after(6), in(projections.Following), in(projections.Checking), in(projections.Swapping),
	} {
		seen = 0
		begun := cut(t, table, projections.Rebuilding{Anew: true}, when)
		news := told(t, fold.Family, table.Log, 1)
		mustApply(t, table, news[:3])
		history = append(history, news...)
		if done := mustRebuild(t, table, projections.Rebuilding{}); done.Resumed != begun || done.Events != int64(len(history)) {
			t.Errorf("cut %d (%v): %+v of %d events", i, begun, done, len(history))
		}
		wantRows(t, fold, table, history)
	}
	seen = 0
	cut(t, table, projections.Rebuilding{}, after(1))
	if done := mustRebuild(t, table, projections.Rebuilding{Anew: true}); done.Resumed {
		t.Errorf("anew: %+v", done)
	}
	wantRows(t, fold, table, history)
}

// rebuildTampered changes a row between its making and the swap.
func rebuildTampered[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	history := told(t, fold.Family, table.Log, 4)
	mustApply(t, table, history[:30])
	if !cut(t, table, projections.Rebuilding{}, func(p projections.Progress) bool { return p.Phase == projections.Checking }) {
		t.Fatal("it was not cut off")
	}
	table.Tamper(t)
	refuse(t, table, projections.Rebuilding{})
	wantRows(t, fold, table, history[:30])
	if done := mustRebuild(t, table, projections.Rebuilding{}); done.Resumed {
		t.Errorf("after the refusal: %+v", done)
	}
	wantRows(t, fold, table, history)
}

// rebuildTwice begins a second rebuild while the first is under way.
func rebuildTwice[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	history := told(t, fold.Family, table.Log, 2)
	tried := false
	mustRebuild(t, table, projections.Rebuilding{Seen: func(projections.Progress) {
		if tried {
			return
		}
		tried = true
		_, err := table.Rebuild(t.Context(), projections.Rebuilding{})
		wantCode(t, "the second", err, domain.Conflict)
	}})
	if !tried {
		t.Error("nothing was seen")
	}
	wantRows(t, fold, table, history)
}

// topic has a history in two partitions, and lacks what is before first.
type topic struct {
	partitions map[int32][]domain.Envelope
	first      int64
}

func topicOf(history []domain.Envelope) *topic {
	p := &topic{partitions: map[int32][]domain.Envelope{}}
	for _, e := range history {
		n := int32(e.Stream.ID()[15] % 2)
		p.partitions[n] = append(p.partitions[n], e)
		if e.Version%5 == 0 { // as a producer leaves them that was not sure
			p.partitions[n] = append(p.partitions[n], e)
		}
	}
	return p
}

// Extent implements projections.Topic.
func (p *topic) Extent(context.Context) (first, next map[int32]int64, err error) {
	first, next = map[int32]int64{}, map[int32]int64{}
	for n, events := range p.partitions {
		first[n], next[n] = min(p.first, int64(len(events))), int64(len(events))
	}
	return first, next, nil
}

// Read implements projections.Topic.
func (p *topic) Read(ctx context.Context, from, to map[int32]int64, see func(context.Context, int32, int64, []domain.Envelope) error) error {
	for n, end := range to {
		for at := from[n]; at < end; at += piece {
			next := min(at+piece, end)
			if err := see(ctx, n, next, p.partitions[n][at:next]); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// rebuildTopic has nothing but a topic, whole, and is cut off once.
func rebuildTopic[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	history := told(t, fold.Family, table.Log, 6)
	fromLog := mustRebuild(t, table, projections.Rebuilding{})
	from := topicOf(history)
	seen := 0
	cut(t, table, projections.Rebuilding{Topic: from}, func(projections.Progress) bool { seen++; return seen == 3 })
	done := mustRebuild(t, table, projections.Rebuilding{Topic: from})
	wantRows(t, fold, table, history)
	if done.Events != int64(len(history)) || done.Checksum != fromLog.Checksum || !done.Resumed || done.Lost != 0 {
		t.Errorf("%d events, from the log %+v, from the topic %+v", len(history), fromLog, done)
	}
	mustApply(t, table, history)
	wantRows(t, fold, table, history)
}

// rebuildLost has a topic that has lost the beginning of some streams.
func rebuildLost[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	history := told(t, fold.Family, table.Log, 6)
	from := topicOf(history)
	from.first = 8
	refuse(t, table, projections.Rebuilding{Topic: from})
	wantRows(t, fold, table, nil)
	mustApply(t, table, history)
	if done := refuse(t, table, projections.Rebuilding{Topic: from}); done.Lost == 0 {
		t.Errorf("it lacks nothing: %+v", done)
	}
	wantRows(t, fold, table, history)
	if done := mustRebuild(t, table, projections.Rebuilding{Topic: from, Accept: true}); done.Lost == 0 || done.Lost == 6 {
		t.Errorf("it lacks the beginning of one stream in each partition: %+v", done)
	}
	wantRows(t, fold, table, history)
	mustApply(t, table, history)
	wantRows(t, fold, table, history)
}

// rebuildErased erases scans before a rebuild, while rows are made, while they
// are checked, and between a rebuild that was cut off and the next: none of them
// comes back, from the log or from a topic that has what they said.
func rebuildErased[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	history := told(t, fold.Family, table.Log, 6)
	n := len(history) / 6
	all := slices.Clone(history)
	mustApply(t, table, history)
	end := func(scan int) {
		last := mustAppend(t, table.Log, erase(history[scan*n].Stream, n))
		mustApply(t, table, last)
		all = append(all, last...)
	}
	making, checking := sync.OnceFunc(func() { end(1) }), sync.OnceFunc(func() { end(2) })
	end(0)
	mustRebuild(t, table, projections.Rebuilding{Seen: func(p projections.Progress) {
		switch {
		case p.Phase == projections.Checking:
			checking()
		case p.Done > 0:
			making()
		}
	}})
	wantRows(t, fold, table, history[3*n:])
	cut(t, table, projections.Rebuilding{}, func(p projections.Progress) bool { return p.Phase == projections.Checking })
	end(3)
	fromLog := mustRebuild(t, table, projections.Rebuilding{})
	standing := history[4*n:]
	wantRows(t, fold, table, standing)
	mustApply(t, table, history)
	wantRows(t, fold, table, standing)
	fromTopic := mustRebuild(t, table, projections.Rebuilding{Topic: topicOf(all)})
	wantRows(t, fold, table, standing)
	if fromLog.Rows != int64(len(table.Rows(t))) || !fromLog.Resumed || fromTopic.Rows != fromLog.Rows || fromTopic.Checksum != fromLog.Checksum {
		t.Errorf("from the log %+v, from the topic %+v", fromLog, fromTopic)
	}
}
