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
