package conformance

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// apply puts events into tables.
func apply(t *testing.T, to func(context.Context, []domain.Envelope) error, batch []domain.Envelope) {
	t.Helper()
	if err := to(t.Context(), batch); err != nil {
		t.Fatalf("apply: %v", err)
	}
}

// inStages puts more and more of what the log has into tables, and looks before and
// after each stage.
func inStages(t *testing.T, to func(context.Context, []domain.Envelope) error, histories [][]domain.Envelope, look func(when string)) {
	t.Helper()
	look("nothing is in the table")
	for i, h := range histories {
		if i%3 == 1 {
			apply(t, to, h)
		}
	}
	look("every third is in the table")
	for i, h := range histories {
		apply(t, to, h[:min(1+i%4, len(h))])
	}
	look("some are behind")
	apply(t, to, slices.Concat(histories...))
	look("all are in the table")
}

// pages are offsets and limits, within a list of ten and beyond it.
var pages = [][2]int{{0, 100}, {0, 3}, {1, 2}, {2, 3}, {3, 5}, {9, 5}, {10, 5}, {500, 5}, {0, 0}}

// chosen are rows that a filter matches, newest first.
func chosen[R any](all map[string]R, matches func(R) bool, number func(R) int64) (rows []R) {
	for _, r := range all {
		if matches(r) {
			rows = append(rows, r)
		}
	}
	slices.SortFunc(rows, func(a, b R) int { return int(number(b) - number(a)) })
	return rows
}

// wantPages compares each page with its part of what is wanted in all.
func wantPages[R any](t *testing.T, when string, want []R, read func(offset, limit int) (page []R, total int, err error)) {
	t.Helper()
	for _, p := range pages {
		got, total, err := read(p[0], p[1])
		part := want[min(p[0], len(want)):]
		part = part[:min(p[1], len(part))]
		if err != nil || total != len(want) || len(got) != len(part) || len(got) > 0 && !reflect.DeepEqual(got, part) {
			t.Errorf("%s: %d from %d: %v\n got %d of %d: %+v\nwant %d of %d: %+v", when, p[1], p[0], err, len(got), total, got, len(part), len(want), part)
		}
	}
}
