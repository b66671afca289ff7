package conformance

import (
	"context"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// TableUnderTest is the table of one read model, beside its log.
type TableUnderTest[R any] struct {
	Log   commands.Log
	Apply func(context.Context, []domain.Envelope) error
	Rows  func(*testing.T) map[string]R
	// Rebuild makes the rows again; Tamper changes one of the version that is
	// being made, after a rebuild was cut off.
	Rebuild func(context.Context, projections.Rebuilding) (projections.Rebuilt, error)
	Tamper  func(*testing.T)
}

// Table holds the table of a read model to its promises: whatever way events
// come, its rows are the fold of them. open returns an empty table.
func Table[R any](t *testing.T, fold projections.Fold[R], open func(t *testing.T) TableUnderTest[R]) {
	for name, property := range map[string]func(*testing.T, projections.Fold[R], TableUnderTest[R]){
		"a batch is folded, every field":        tableBatch[R],
		"events are folded one by one":          tableSingly[R],
		"duplicates are skipped":                tableDuplicates[R],
		"a batch may be out of order":           tableShuffled[R],
		"gaps are filled from the log":          tableGaps[R],
		"what the log has not is an error":      tableUnknown[R],
		"other streams mean nothing":            tableOthers[R],
		"the same batches at once":              tableAtOnce[R],
		"an empty batch is none":                tableEmpty[R],
		"streams that have come to other ends":  tableStates[R],
		"an erased stream has no rows":          tableErased[R],
		"a rebuild makes the same rows":         rebuildSame[R],
		"a rebuild repairs":                     rebuildRepairs[R],
		"a rebuild under traffic loses nothing": rebuildTraffic[R],
		"a rebuild goes on after a cut":         rebuildCut[R],
		"a rebuild that was tampered with":      rebuildTampered[R],
		"two rebuilds at once":                  rebuildTwice[R],
		"a rebuild from a topic":                rebuildTopic[R],
		"a rebuild brings nothing erased back":  rebuildErased[R],
		"a topic without its beginning":         rebuildLost[R],
	} {
		t.Run(name, func(t *testing.T) { property(t, fold, open(t)) })
	}
}

// told appends one story per stream of a family and returns all of them as the
// log has them, one after another.
func told(t *testing.T, family string, log commands.Log, streams int) (all []domain.Envelope) {
	t.Helper()
	for range streams {
		s := domain.NewStream(family, uuid.New())
		mustAppend(t, log, write(s, 0, storyOf(s)...))
		all = append(all, mustRead(t, log, s, 0)...)
	}
	return all
}

func mustApply[R any](t *testing.T, table TableUnderTest[R], batch []domain.Envelope) {
	t.Helper()
	if err := table.Apply(t.Context(), batch); err != nil {
		t.Fatalf("apply: %v", err)
	}
}

// wantRows compares a table with the fold of a history.
func wantRows[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R], history []domain.Envelope) {
	t.Helper()
	want, got := fold.Rows(map[string]R{}, history), table.Rows(t)
	if len(got) != len(want) {
		t.Errorf("%d rows, want %d", len(got), len(want))
	}
	for k := range want {
		if !reflect.DeepEqual(got[k], want[k]) {
			t.Errorf("row %s\n got %+v\nwant %+v", k, got[k], want[k])
		}
	}
}

func tableBatch[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	history := told(t, fold.Family, table.Log, 3)
	mustApply(t, table, history)
	wantRows(t, fold, table, history)
}

func tableSingly[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	history := told(t, fold.Family, table.Log, 1)
	for i := range history {
		mustApply(t, table, history[i:i+1])
		wantRows(t, fold, table, history[:i+1])
	}
}

func tableDuplicates[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	history := told(t, fold.Family, table.Log, 2)
	mustApply(t, table, history[:5])
	mustApply(t, table, history[:5])
	mustApply(t, table, slices.Concat(history[3:9], history[2:7], history[8:9]))
	wantRows(t, fold, table, history[:9])
	mustApply(t, table, slices.Concat(history, history))
	wantRows(t, fold, table, history)
}

func tableShuffled[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	history := told(t, fold.Family, table.Log, 3)
	batch := slices.Clone(history)
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
	mustApply(t, table, batch)
	wantRows(t, fold, table, history)
}

func tableGaps[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	history := told(t, fold.Family, table.Log, 2)
	n := len(history) / 2
	mustApply(t, table, history[:2])
	mustApply(t, table, []domain.Envelope{history[1], history[6], history[2*n-1]})
	wantRows(t, fold, table, history)
}

func tableUnknown[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	history := told(t, fold.Family, table.Log, 1)
	s := domain.NewStream(fold.Family, uuid.New())
	never := write(s, 1, storyOf(s)[1:3]...).Events
	if err := table.Apply(t.Context(), slices.Concat(history, never)); err == nil {
		t.Error("a version that the log does not have was skipped in silence")
	}
	wantRows(t, fold, table, nil)
	mustApply(t, table, history)
	wantRows(t, fold, table, history)
}

func tableOthers[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	account := domain.NewStream(domain.AccountFamily, owner)
	mustAppend(t, table.Log, write(account, 0, domain.AccountRegistered{Account: owner}, domain.PlanChanged{Contract: domain.IsSafeSite, Plan: "pro"}))
	history := told(t, fold.Family, table.Log, 1)
	mustApply(t, table, slices.Concat(mustRead(t, table.Log, account, 0), history))
	wantRows(t, fold, table, history)
}

func tableAtOnce[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	history := told(t, fold.Family, table.Log, 4)
	atOnce(8, func(i int) {
		for from := i; from < len(history); from += 7 {
			if err := table.Apply(t.Context(), history[from:min(from+9, len(history))]); err != nil {
				t.Errorf("apply: %v", err)
			}
		}
	})
	mustApply(t, table, history)
	wantRows(t, fold, table, history)
}

func tableEmpty[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	mustApply(t, table, nil)
	wantRows(t, fold, table, nil)
}

func tableStates[R any](t *testing.T, fold projections.Fold[R], table TableUnderTest[R]) {
	var history []domain.Envelope
	for n, last := range endings[fold.Family] {
		s := domain.NewStream(fold.Family, uuid.New())
		events := storyOf(s)[:n]
		if last != nil {
			events = append(events, last)
		}
		mustAppend(t, table.Log, write(s, 0, events...))
		history = append(history, mustRead(t, table.Log, s, 0)...)
	}
	mustApply(t, table, history)
	wantRows(t, fold, table, history)
}
