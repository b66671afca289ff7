package conformance

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// ReaderUnderTest is a reader, the log behind it, and the tables between them.
type ReaderUnderTest struct {
	Log    commands.Log
	Reader interface {
		projections.Reader
		projections.Numbers
		Totals(ctx context.Context, account uuid.UUID) (projections.Totals, error)
	}
	Apply func(context.Context, []domain.Envelope) error // to the tables of all read models
}

// Reader holds a reader to its promises. open returns one over an empty log.
func Reader(t *testing.T, open func(t *testing.T) ReaderUnderTest) {
	for name, property := range map[string]func(*testing.T, ReaderUnderTest){
		"a scan is never older than the log":       readerNeverBehind,
		"a list is never older than the log":       readerLists,
		"who appends reads it at once":             readerOwnWrites,
		"a stranger's scan is as one unknown":      readerStrangers,
		"a history begins after a version":         readerHistory,
		"a report and whose it is are anybody's":   readerReport,
		"an account that has nothing has no scans": readerNothing,
		"an erased scan is as one unknown":         readerErased,
		"a scan is found by its number":            readerNumbers,
	} {
		t.Run(name, func(t *testing.T) { property(t, open(t)) })
	}
}

// readerNeverBehind lets the tables come nearer to the log event by event, and
// reads each time.
func readerNeverBehind(t *testing.T, r ReaderUnderTest) {
	s := newStream()
	mustAppend(t, r.Log, write(s, 0, Story(s.ID(), w0)...))
	history := mustRead(t, r.Log, s, 0)
	wantScan, wantReport, _ := projections.AsOf(history, len(history))
	for applied := range len(history) + 1 {
		if applied > 0 {
			apply(t, r.Apply, history[applied-1:applied])
		}
		scan, err := r.Reader.Scan(t.Context(), owner, s.ID())
		if err != nil || !reflect.DeepEqual(scan, wantScan) {
			t.Errorf("scan after %d events in the table: %v\n got %+v\nwant %+v", applied, err, scan, wantScan)
		}
		report, err := r.Reader.Report(t.Context(), s.ID())
		if err != nil || !reflect.DeepEqual(report, wantReport) {
			t.Errorf("report after %d events in the table: %v\n got %+v\nwant %+v", applied, err, report, wantReport)
		}
		report, err = r.Reader.ReportOf(t.Context(), scan)
		if err != nil || !reflect.DeepEqual(report, wantReport) {
			t.Errorf("report of the scan after %d events in the table: %v\n got %+v\nwant %+v", applied, err, report, wantReport)
		}
	}
}

// shelf appends ten scans of owner's and two of stranger's, in several states.
func shelf(t *testing.T, log commands.Log) (histories [][]domain.Envelope) {
	t.Helper()
	for i, length := range []int{1, 18, 3, 2, 18, 9, 1, 18, 5, 1, 18, 1} {
		id := uuid.New()
		target := []string{"https://a.example/", "https://b.example/"}[i%2]
		events := Story(id, target)
		w := write(domain.NewStream(domain.ScanFamily, id), 0, events[:min(length, len(events))]...)
		if i%6 == 5 {
			request := events[0].(domain.ScanRequested)
			request.Account = stranger
			w.Owner, w.Events[0].Event = stranger, request
			for n := range w.Events {
				w.Events[n].Owner = stranger
			}
		}
		mustAppend(t, log, w)
		histories = append(histories, mustRead(t, log, w.Stream, 0))
	}
	return histories
}

func readerLists(t *testing.T, r ReaderUnderTest) {
	histories := shelf(t, r.Log)
	inStages(t, r.Apply, histories, func(when string) { r.wantLists(t, when, histories) })
}

// wantLists compares pages with what a fold of everything would show.
func (r ReaderUnderTest) wantLists(t *testing.T, when string, histories [][]domain.Envelope) {
	t.Helper()
	all := projections.Scans.Rows(map[string]projections.ScanRow{}, slices.Concat(histories...))
	r.wantTotals(t, when, all)
	for _, f := range []projections.ScanFilter{
		{Account: owner},
		{Account: stranger},
		{Account: stranger, Team: []uuid.UUID{owner}},
		{Account: owner, Team: []uuid.UUID{uuid.New(), stranger}, State: domain.Completed},
		{Account: owner, Target: "https://b.example/"},
		{Account: owner, State: domain.Completed},
		{Account: owner, State: domain.Requested, Target: "https://a.example/"},
		{Account: owner, Scan: histories[4][0].Stream.ID()},
		{Account: owner, Scan: histories[5][0].Stream.ID()}, // a stranger's
		{Account: owner, Target: "https://c.example/"},
		{Account: owner, Profiles: []domain.Profile{domain.Deep, domain.Quick}},
		{Account: owner, Profiles: []domain.Profile{domain.Quick}, State: domain.Completed, Target: "https://a.example/"},
		{Account: owner, Profiles: []domain.Profile{domain.NmapQuick, domain.NmapFull}},
	} {
		want := chosen(all, f.Matches, func(r projections.ScanRow) int64 { return r.Number })
		wantPages(t, fmt.Sprintf("%s: %+v", when, f), want, func(offset, limit int) ([]projections.ScanRow, int, error) {
			f.Offset, f.Limit = offset, limit
			return r.Reader.Scans(t.Context(), f)
		})
	}
}

// wantTotals compares what the scans come to with a sum over all of them.
func (r ReaderUnderTest) wantTotals(t *testing.T, when string, all map[string]projections.ScanRow) {
	t.Helper()
	for _, account := range []uuid.UUID{owner, stranger, uuid.New()} {
		var want projections.Totals
		for _, row := range all {
			if row.Account == account {
				want = want.Plus(row)
			}
		}
		if got, err := r.Reader.Totals(t.Context(), account); err != nil || got != want {
			t.Errorf("%s: totals of %s: %v\n got %+v\nwant %+v", when, account, err, got, want)
		}
	}
}

// readerOwnWrites reads after each append, while tables are filled meanwhile.
func readerOwnWrites(t *testing.T, r ReaderUnderTest) {
	atOnce(4, func(int) {
		s := newStream()
		var earlier []domain.Envelope
		for i, e := range Story(s.ID(), w0) {
			appended, err := r.Log.Append(t.Context(), write(s, i, e))
			if err != nil {
				t.Errorf("append: %v", err)
				return
			}
			row, err := r.Reader.Scan(t.Context(), owner, s.ID())
			if err != nil || row.Version != i+1 {
				t.Errorf("scan after append of version %d: version %d, %v", i+1, row.Version, err)
			}
			page, total, err := r.Reader.Scans(t.Context(), projections.ScanFilter{Account: owner, Scan: s.ID(), Limit: 1})
			if err != nil || total != 1 || len(page) != 1 || page[0].Version != i+1 {
				t.Errorf("list after append of version %d: %d of %d, %v", i+1, len(page), total, err)
			}
			if i%3 == 2 {
				if err := r.Apply(t.Context(), earlier); err != nil {
					t.Errorf("apply: %v", err)
				}
			}
			earlier = append(earlier, appended...)
		}
	})
}

func readerStrangers(t *testing.T, r ReaderUnderTest) {
	s := newStream()
	mustAppend(t, r.Log, write(s, 0, Story(s.ID(), w0)...))
	for _, when := range []string{"in the log", "in the table"} {
		_, theirs := r.Reader.Scan(t.Context(), stranger, s.ID())
		_, unknown := r.Reader.Scan(t.Context(), stranger, uuid.New())
		wantSame(t, "scan "+when, theirs, unknown)
		_, theirs = r.Reader.History(t.Context(), stranger, s.ID(), 0)
		_, unknown = r.Reader.History(t.Context(), stranger, uuid.New(), 0)
		wantSame(t, "history "+when, theirs, unknown)
		apply(t, r.Apply, mustRead(t, r.Log, s, 0))
	}
}

func wantSame(t *testing.T, what string, theirs, unknown error) {
	t.Helper()
	wantCode(t, what, theirs, domain.NotFound)
	if !reflect.DeepEqual(theirs, unknown) {
		t.Errorf("%s: another's is told from an unknown one: %v, %v", what, theirs, unknown)
	}
}

func readerHistory(t *testing.T, r ReaderUnderTest) {
	s := newStream()
	mustAppend(t, r.Log, write(s, 0, Story(s.ID(), w0)...))
	all := mustRead(t, r.Log, s, 0)
	for _, after := range []int{0, 1, len(all) - 1, len(all), len(all) + 5} {
		got, err := r.Reader.History(t.Context(), owner, s.ID(), after)
		want := all[min(after, len(all)):]
		if err != nil || len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("history after %d: %d events, want %d (%v)", after, len(got), len(want), err)
		}
	}
}

func readerReport(t *testing.T, r ReaderUnderTest) {
	s := newStream()
	mustAppend(t, r.Log, write(s, 0, Story(s.ID(), w0)...))
	report, err := r.Reader.Report(t.Context(), s.ID())
	if err != nil || report.Scan != s.ID() || report.Account != owner {
		t.Errorf("report %+v, %v", report, err)
	}
	row, err := r.Reader.Row(t.Context(), s.ID())
	if err != nil || row.Contract != domain.IsSafeSite || row.Account != owner {
		t.Errorf("row %+v, %v", row, err)
	}
	_, err = r.Reader.Report(t.Context(), uuid.New())
	wantCode(t, "report of an unknown scan", err, domain.NotFound)
	_, err = r.Reader.Row(t.Context(), uuid.New())
	wantCode(t, "row of an unknown scan", err, domain.NotFound)
}

func readerNothing(t *testing.T, r ReaderUnderTest) {
	page, total, err := r.Reader.Scans(t.Context(), projections.ScanFilter{Account: uuid.New(), Limit: 10})
	if err != nil || total != 0 || len(page) != 0 {
		t.Errorf("%d of %d scans, %v", len(page), total, err)
	}
}

// readerNumbers finds each scan by its number, wherever it is known already,
// and nothing by the number of anything else.
func readerNumbers(t *testing.T, r ReaderUnderTest) {
	s := newStream()
	mustAppend(t, r.Log, write(s, 0, Story(s.ID(), w0)...))
	other := domain.NewStream(domain.AccountFamily, uuid.New())
	mustAppend(t, r.Log, write(other, 0, domain.PlanChanged{Contract: domain.SecAbly, Plan: "indie"}))
	history := mustRead(t, r.Log, s, 0)
	number := history[0].Position
	want, _, _ := projections.AsOf(history, len(history))
	for applied := range len(history) + 1 {
		if applied > 0 {
			apply(t, r.Apply, history[applied-1:applied])
		}
		got, err := r.Reader.Numbered(t.Context(), owner, number)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("by its number after %d events in the table: %v\n got %+v\nwant %+v", applied, err, got, want)
		}
	}
	_, unknown := r.Reader.Numbered(t.Context(), owner, 1<<60)
	_, theirs := r.Reader.Numbered(t.Context(), stranger, number)
	wantSame(t, "number", theirs, unknown)
	for name, wrong := range map[string]int64{
		"none": 0, "negative": -number, "later event": history[1].Position, "account": mustRead(t, r.Log, other, 0)[0].Position,
	} {
		_, err := r.Reader.Numbered(t.Context(), owner, wrong)
		wantSame(t, name, err, unknown)
	}
}
