package conformance

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// SightingsUnderTest is a reader of sightings, the log behind it, and the tables
// between them.
type SightingsUnderTest struct {
	Log    commands.Log
	Reader interface {
		projections.SightingsReader
		commands.Findings
	}
	Apply func(context.Context, []domain.Envelope) error // to the tables of sightings and scans
}

// Sightings holds a reader of sightings to its promises. open returns one over an
// empty log.
func Sightings(t *testing.T, open func(t *testing.T) SightingsUnderTest) {
	for name, property := range map[string]func(*testing.T, SightingsUnderTest){
		"sightings are never older than the log": sightingsNeverBehind,
		"an erased scan has seen nothing":        sightingsErased,
		"what a finding is known again by":       sightingsSubject,
		"what a scan found beside another":       sightingsCompared,
	} {
		t.Run(name, func(t *testing.T) { property(t, open(t)) })
	}
}

func sightingsNeverBehind(t *testing.T, u SightingsUnderTest) {
	histories := shelf(t, u.Log)
	inStages(t, u.Apply, histories, func(when string) { u.wantSightings(t, when, histories) })
}

// wantSightings compares what is read with what a fold of everything would show.
func (u SightingsUnderTest) wantSightings(t *testing.T, when string, histories [][]domain.Envelope) {
	t.Helper()
	all := projections.Sightings.Rows(map[string]projections.SightingsRow{}, slices.Concat(histories...))
	for _, account := range []uuid.UUID{owner, stranger, uuid.New()} {
		for _, target := range []string{"", "https://a.example/", "https://nowhere.example/"} {
			var want []projections.SightingsRow
			for _, row := range all {
				if row.Account == account && (target == "" || row.TargetValue == target) {
					want = append(want, row)
				}
			}
			slices.SortFunc(want, func(a, b projections.SightingsRow) int { return int(a.Number - b.Number) })
			got, err := u.Reader.Sightings(t.Context(), account, target)
			if err != nil || len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
				t.Errorf("%s: of %s, %q: %v\n got %+v\nwant %+v", when, account, target, err, got, want)
			}
		}
	}
}

func sightingsErased(t *testing.T, u SightingsUnderTest) {
	s := newStream()
	mustAppend(t, u.Log, write(s, 0, Story(s.ID(), w0)...))
	apply(t, u.Apply, mustRead(t, u.Log, s, 0))
	erase := write(s, len(Story(s.ID(), w0)), domain.ScanErased{Reason: domain.ForRetention})
	erase.Erase = true
	mustAppend(t, u.Log, erase)
	if rows, err := u.Reader.Sightings(t.Context(), owner, ""); err != nil || len(rows) != 0 {
		t.Errorf("%+v, %v", rows, err)
	}
}

func sightingsSubject(t *testing.T, u SightingsUnderTest) {
	s := newStream()
	mustAppend(t, u.Log, write(s, 0, Story(s.ID(), w0)...))
	rows, err := u.Reader.Sightings(t.Context(), owner, "")
	if err != nil || len(rows) != 1 {
		t.Fatalf("%+v, %v", rows, err)
	}
	for _, l := range projections.LastingOf(rows) {
		if got, err := u.Reader.Subject(t.Context(), owner, l.ID()); err != nil || !reflect.DeepEqual(got, l.Subject()) {
			t.Errorf("%+v, %v", got, err)
		}
		_, err := u.Reader.Subject(t.Context(), stranger, l.ID())
		wantCode(t, "a stranger's", err, domain.NotFound)
	}
	_, err = u.Reader.Subject(t.Context(), owner, uuid.New())
	wantCode(t, "an unknown one", err, domain.NotFound)
}

func sightingsCompared(t *testing.T, u SightingsUnderTest) {
	one, two, now := newStream(), newStream(), time.Now()
	mustAppend(t, u.Log, write(one, 0, Story(one.ID(), w0)...))
	_, err := u.Reader.Comparison(t.Context(), owner, "https://a.example/", one.ID(), nil, now)
	wantCode(t, "the first of a target", err, domain.NotFound)
	mustAppend(t, u.Log, write(two, 0, Story(two.ID(), w0)...))
	rows, err := u.Reader.Sightings(t.Context(), owner, w0)
	if err != nil {
		t.Fatal(err)
	}
	want, err := projections.ComparisonOf(rows, two.ID(), nil, now)
	if err != nil || want.Against != one.ID() || want.Unchanged.Count != 2 {
		t.Errorf("%+v, %v", want, err)
	}
	if got, err := u.Reader.Comparison(t.Context(), owner, w0, two.ID(), nil, now); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v\nwant %+v", got, err, want)
	}
	_, err = u.Reader.Comparison(t.Context(), stranger, w0, two.ID(), nil, now)
	wantCode(t, "a stranger's", err, domain.NotFound)
}
