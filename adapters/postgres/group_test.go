package postgres

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// member is an Append with one write of n events.
func member(t testing.TB, s domain.Stream, after, n int, change ...func(*commands.Write)) *pending {
	t.Helper()
	w := newWrite(s, after, n)
	for _, c := range change {
		c(&w)
	}
	ready, err := prepare([]commands.Write{w})
	if err != nil {
		t.Fatal(err)
	}
	return &pending{writes: ready, answer: make(chan answer, 1)}
}

func newWrite(s domain.Stream, after, n int) commands.Write {
	w := commands.Write{Stream: s, After: after}
	for i := range n {
		w.Events = append(w.Events, domain.Envelope{
			ID: uuid.New(), Stream: s, Version: after + i + 1, At: time.Unix(int64(i), 0), Actor: "operator",
			Event: domain.PortFound{Tool: domain.Ports, Lease: 1, Port: domain.Port{Port: i + 1, Protocol: "tcp"}},
		})
	}
	return w
}

func newScanStream() domain.Stream { return domain.NewStream(domain.ScanFamily, uuid.New()) }

func claim(name string) func(*commands.Write) {
	return func(w *commands.Write) { w.Claims = []commands.Claim{{Name: name}} }
}

func release(name string) func(*commands.Write) {
	return func(w *commands.Write) { w.Release = []string{name} }
}

func tally(name string, add, limit int) func(*commands.Write) {
	return func(w *commands.Write) { w.Tallies = []commands.Tally{{Name: name, Add: add, Max: limit}} }
}

// TestGroup commits what arrived together: each member is answered as if
// those before it had committed, and one that is refused takes none with it.
func TestGroup(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	a, b, c, d := newScanStream(), newScanStream(), newScanStream(), newScanStream()
	poison := member(t, newScanStream(), 0, 1)
	poison.writes[0].stored[0].Cause = "\x00 no text in Postgres can hold"
	for name, group := range map[string]struct {
		members []*pending
		codes   []domain.Code
		holder  map[string]domain.Stream
	}{
		"versions follow one another": {
			[]*pending{member(t, a, 0, 2), member(t, a, 2, 1), member(t, a, 2, 1)},
			[]domain.Code{"", "", domain.Stale}, nil,
		},
		"a name taken and freed": {
			[]*pending{member(t, b, 0, 1, claim("one")), member(t, b, 1, 1, release("one"))},
			[]domain.Code{"", ""}, map[string]domain.Stream{"one": ""},
		},
		"a name taken, freed and taken by another": {
			[]*pending{
				member(t, c, 0, 1, claim("two")), member(t, d, 0, 1, claim("two")),
				member(t, c, 1, 1, release("two")), member(t, d, 0, 1, claim("two")),
			},
			[]domain.Code{"", domain.Conflict, "", ""}, map[string]domain.Stream{"two": d},
		},
		"a tally filled": {
			[]*pending{
				member(t, newScanStream(), 0, 1, tally("t", 1, 1)), member(t, newScanStream(), 0, 1, tally("t", 1, 1)),
				member(t, newScanStream(), 0, 1, tally("t", -1, 0)), member(t, newScanStream(), 0, 1, tally("t", 1, 1)),
			},
			[]domain.Code{"", domain.Quota, "", ""}, nil,
		},
		"one that the server refuses": {
			[]*pending{member(t, newScanStream(), 0, 1), poison, member(t, newScanStream(), 0, 1)},
			[]domain.Code{"", domain.Internal, ""}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := &Log{pool: pool, Appended: make(chan struct{}, 1)}
			l.commit(t.Context(), group.members)
			for i, want := range group.codes {
				wantAnswer(t, pool, i, group.members[i], want)
			}
			for name, want := range group.holder {
				if got, _ := NewSecrets(pool).Claimed(t.Context(), name); got != want {
					t.Errorf("claim %q is held by %q, want %q", name, got, want)
				}
			}
		})
	}
}

// wantAnswer looks for a member's events in the log if it was accepted, and for
// none if it was not.
func wantAnswer(t *testing.T, q querier, i int, member *pending, want domain.Code) {
	t.Helper()
	got := <-member.answer
	if domain.CodeOf(got.err) != want {
		t.Errorf("member %d: %v, want %q", i, got.err, want)
	}
	if n := stored(t, q, member); want == "" && n != len(got.events) || want != "" && n != 0 {
		t.Errorf("member %d has %d events in the log and %d in its answer (%v)", i, n, len(got.events), got.err)
	}
}

// TestGroupOfOneAppend is one Append that was sent twice before the first was
// answered, as a client does that has lost its patience.
func TestGroupOfOneAppend(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	first := member(t, newScanStream(), 0, 3)
	second := &pending{writes: first.writes, answer: make(chan answer, 1)}
	answers, err := appendGroup(t.Context(), pool, []*pending{first, second})
	if err != nil || answers[1].err != nil || !reflect.DeepEqual(answers[0], answers[1]) {
		t.Fatalf("answers %+v, %v", answers, err)
	}
	if n := stored(t, pool, first); n != 3 {
		t.Errorf("%d events in the log, want 3", n)
	}
}

// TestPositionsWithHoles appends again what other writers' positions stand in
// the middle of: the answer has each event's own position.
func TestPositionsWithHoles(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	p := member(t, newScanStream(), 0, 3)
	if _, err := pool.Exec(t.Context(), "ALTER SEQUENCE events_position_seq INCREMENT 5"); err != nil {
		t.Fatal(err)
	}
	first, err := appendGroup(t.Context(), pool, []*pending{p})
	if err != nil {
		t.Fatal(err)
	}
	again, err := appendGroup(t.Context(), pool, []*pending{p})
	if err != nil || !reflect.DeepEqual(first, again) {
		t.Errorf("first %+v\nagain %+v, %v", first, again, err)
	}
}

// stored counts the events of a member that are in the log.
func stored(t *testing.T, q querier, p *pending) (n int) {
	t.Helper()
	var ids []string
	for _, w := range p.writes {
		for _, s := range w.stored {
			ids = append(ids, s.ID.String())
		}
	}
	rows, err := q.Query(t.Context(), "SELECT id FROM events WHERE id = ANY($1::uuid[])", ids)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		n++
	}
	if rows.Err() != nil {
		t.Fatal(rows.Err())
	}
	return n
}
