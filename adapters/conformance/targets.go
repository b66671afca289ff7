package conformance

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// TargetsUnderTest is a reader of targets, the log behind it, and the tables
// between them.
type TargetsUnderTest struct {
	Log    commands.Log
	Reader interface {
		projections.TargetReader
		commands.Proofs
	}
	Apply func(context.Context, []domain.Envelope) error // to the tables of targets and scans
}

// Targets holds a reader of targets to its promises. open returns one over an
// empty log.
func Targets(t *testing.T, open func(t *testing.T) TargetsUnderTest) {
	for name, property := range map[string]func(*testing.T, TargetsUnderTest){
		"a target is never older than the log":       targetsNeverBehind,
		"a list is never older than the log":         targetsListed,
		"a stranger's, a removed, an unknown target": targetsUnknown,
		"an erased target is as one unknown":         targetsErased,
		"what scans have come to":                    targetsScanned,
		"a proof, as long as it holds":               targetsProven,
	} {
		t.Run(name, func(t *testing.T) { property(t, open(t)) })
	}
}

func newTarget() domain.Stream { return domain.NewStream(domain.TargetFamily, uuid.New()) }

func targetsNeverBehind(t *testing.T, u TargetsUnderTest) {
	s := newTarget()
	mustAppend(t, u.Log, write(s, 0, TargetStory(w0)...))
	history := mustRead(t, u.Log, s, 0)
	want, _ := projections.TargetOf(history)
	for applied := range len(history) + 1 {
		if applied > 0 {
			apply(t, u.Apply, history[applied-1:applied])
		}
		got, err := u.Reader.Target(t.Context(), owner, history[0].Position)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("after %d events in the table: %v\n got %+v\nwant %+v", applied, err, got, want)
		}
	}
}

// row appends targets of owner's and of stranger's, some of them removed.
func row(t *testing.T, log commands.Log) (histories [][]domain.Envelope) {
	t.Helper()
	for i, length := range []int{1, 4, 2, 16, 3, 5, 18, 25, 2, 17} {
		s := newTarget()
		w := write(s, 0, append(slices.Clone(storyOf(s)[:length]), domain.TargetRemoved{})[:length+i%2]...)
		if i%5 == 4 {
			added := w.Events[0].Event.(domain.TargetAdded)
			added.Account = stranger
			w.Owner, w.Events[0].Event = stranger, added
			for n := range w.Events {
				w.Events[n].Owner = stranger
			}
		}
		mustAppend(t, log, w)
		histories = append(histories, mustRead(t, log, s, 0))
	}
	return histories
}

func targetsListed(t *testing.T, u TargetsUnderTest) {
	histories := row(t, u.Log)
	inStages(t, u.Apply, histories, func(when string) { u.wantTargets(t, when, histories) })
}

// valueOf is the target that a history begins with.
func valueOf(history []domain.Envelope) string {
	added, _ := history[0].Event.(domain.TargetAdded)
	return added.Target.Value
}

// wantTargets compares pages with what a fold of everything would show.
func (u TargetsUnderTest) wantTargets(t *testing.T, when string, histories [][]domain.Envelope) {
	t.Helper()
	all := projections.Targets.Rows(map[string]projections.TargetRow{}, slices.Concat(histories...))
	for _, f := range []projections.TargetFilter{
		{Account: owner}, {Account: stranger}, {Account: owner, Active: true}, {Account: uuid.New()},
		{Account: owner, Values: []string{valueOf(histories[0]), valueOf(histories[2]), valueOf(histories[4]), "none.example"}},
		{Account: owner, Active: true, Values: []string{"none.example"}}, {Account: owner, Planned: true}, {Account: owner, Planned: true, Active: true},
		{Account: owner, Proven: []string{histories[2][0].Stream.ID().String() + ".example", "example"}},
	} {
		want := chosen(all, f.Matches, func(r projections.TargetRow) int64 { return r.Number })
		wantPages(t, fmt.Sprintf("%s: %+v", when, f), want, func(offset, limit int) ([]projections.TargetRow, int, error) {
			f.Offset, f.Limit = offset, limit
			return u.Reader.Targets(t.Context(), f)
		})
	}
}

func targetsUnknown(t *testing.T, u TargetsUnderTest) {
	s, gone, scan := newTarget(), newTarget(), newStream()
	mustAppend(t, u.Log, write(s, 0, TargetStory(w0)[:2]...))
	mustAppend(t, u.Log, write(gone, 0, TargetStory(w0)[0], domain.TargetRemoved{}))
	mustAppend(t, u.Log, write(scan, 0, Story(scan.ID(), w0)...))
	histories := [][]domain.Envelope{mustRead(t, u.Log, s, 0), mustRead(t, u.Log, gone, 0), mustRead(t, u.Log, scan, 0)}
	for _, when := range []string{"in the log", "in the table"} {
		_, unknown := u.Reader.Target(t.Context(), owner, 1<<60)
		for _, number := range []int64{0, -1, histories[0][1].Position, histories[1][0].Position, histories[2][0].Position} {
			_, err := u.Reader.Target(t.Context(), owner, number)
			wantSame(t, when, err, unknown)
		}
		_, err := u.Reader.Target(t.Context(), stranger, histories[0][0].Position)
		wantSame(t, "a stranger's "+when, err, unknown)
		apply(t, u.Apply, slices.Concat(histories...))
	}
}

func targetsErased(t *testing.T, u TargetsUnderTest) {
	s, other := newTarget(), newTarget()
	mustAppend(t, u.Log, write(s, 0, storyOf(s)...))
	mustAppend(t, u.Log, write(other, 0, storyOf(other)...))
	history := mustRead(t, u.Log, s, 0)
	apply(t, u.Apply, history[:7])
	last := mustAppend(t, u.Log, erase(s, len(history)))
	for _, late := range [][]domain.Envelope{nil, history, last} {
		apply(t, u.Apply, late)
		_, err := u.Reader.Target(t.Context(), owner, history[0].Position)
		wantCode(t, "target", err, domain.NotFound)
		page, total, err := u.Reader.Targets(t.Context(), projections.TargetFilter{Account: owner, Limit: 10})
		if err != nil || total != 1 || len(page) != 1 || page[0].ID != other.ID() {
			t.Errorf("list %+v of %d, %v", page, total, err)
		}
	}
}

// targetsScanned has ten scans of two targets, of which some are in the table.
func targetsScanned(t *testing.T, u TargetsUnderTest) {
	histories := shelf(t, u.Log)
	ports := newStream() // by another scanner, and the newest of its target
	story := Story(ports.ID(), "https://b.example/")
	request := story[0].(domain.ScanRequested)
	request.Profile = domain.NmapQuick
	story[0] = request
	mustAppend(t, u.Log, write(ports, 0, story...))
	histories = append(histories, mustRead(t, u.Log, ports, 0))
	values := []string{"https://a.example/", "https://b.example/", "https://never.example/"}
	check := func(when string) {
		t.Helper()
		for _, account := range []uuid.UUID{owner, stranger, uuid.New()} {
			var rows []projections.ScanRow
			for _, r := range projections.Scans.Rows(map[string]projections.ScanRow{}, slices.Concat(histories...)) {
				if r.Account == account {
					rows = append(rows, r)
				}
			}
			want := projections.NewestScans(rows)
			got, err := u.Reader.ScansOf(t.Context(), account, values)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v\n got %+v\nwant %+v", when, err, got, want)
			}
		}
	}
	check("nothing is in the table")
	for i, h := range histories {
		apply(t, u.Apply, h[:i*len(h)/len(histories)])
	}
	check("some are behind")
	apply(t, u.Apply, slices.Concat(histories...))
	check("all are in the table")
	if got, err := u.Reader.ScansOf(t.Context(), owner, nil); err != nil || len(got) != 0 {
		t.Errorf("of no targets: %+v, %v", got, err)
	}
}

func targetsProven(t *testing.T, u TargetsUnderTest) {
	s := newTarget()
	story := TargetStory(w0)
	mustAppend(t, u.Log, write(s, 0, story[:2]...))
	proof := mustRead(t, u.Log, s, 0)[1]
	check := func(when string, holds bool) {
		t.Helper()
		for _, c := range []struct {
			account uuid.UUID
			domains []string
			since   time.Time
			want    bool
		}{
			{owner, []string{"a.example.com", "example.com", "com"}, proof.At.Add(-time.Microsecond), holds},
			{owner, []string{"example.com"}, proof.At, false},
			{owner, []string{"a.example.com", "com"}, time.Time{}, false},
			{stranger, []string{"example.com"}, time.Time{}, false},
		} {
			if got, err := u.Reader.Proven(t.Context(), c.account, c.domains, c.since); err != nil || got != c.want {
				t.Errorf("%s: %v since %s: %v, %v", when, c.domains, c.since, got, err)
			}
		}
	}
	check("in the log", true)
	apply(t, u.Apply, mustRead(t, u.Log, s, 0))
	check("in the table", true)
	mustAppend(t, u.Log, write(s, 2, domain.TargetRemoved{}))
	check("removed", false)
	apply(t, u.Apply, mustRead(t, u.Log, s, 0))
	check("removed in the table", false)
}
