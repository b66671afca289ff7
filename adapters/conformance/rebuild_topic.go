package conformance

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

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
