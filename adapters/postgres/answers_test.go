package postgres

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// TestAnswers keeps answers over two pools; for the time to go on, all records
// are moved into the past.
func TestAnswers(t *testing.T) {
	conformance.Answers(t, func(t *testing.T) conformance.AnswersUnderTest {
		url := newDatabase(t)
		pool := openPool(t, url)
		return conformance.AnswersUnderTest{
			Answers: NewAnswers(pool), Twin: NewAnswers(openPool(t, url)), Log: openLog(t, pool),
			Shift: func(t *testing.T, by time.Duration) {
				if _, err := pool.Exec(t.Context(), "UPDATE answers SET leased_until = leased_until - $1::interval, keep_until = keep_until - $1::interval", by); err != nil {
					t.Fatal(err)
				}
			},
		}
	})
}

// beginOne begins an attempt at a request of its own.
func beginOne(t *testing.T, answers *Answers) commands.Attempt {
	t.Helper()
	a := commands.Attempt{Record: uuid.NewString(), ID: uuid.New(), Fingerprint: []byte("f"), Salt: []byte("s")}
	if _, err := answers.Begin(t.Context(), a, time.Hour, time.Hour); err != nil {
		t.Fatal(err)
	}
	return a
}

// by makes a write a step of an attempt.
func by(a commands.Attempt, step string) func(*commands.Write) {
	return func(w *commands.Write) { w.Mark = commands.Mark{Record: a.Record, Attempt: a.ID, Step: step} }
}

// TestGroupOfAttempts commits attempts together with an append that is none:
// one whose record is in other hands takes no other with it, and the records
// know what their attempts have done.
func TestGroupOfAttempts(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	answers := NewAnswers(pool)
	a, b := beginOne(t, answers), beginOne(t, answers)
	dead, gone := a, commands.Attempt{Record: "gone", ID: uuid.New()}
	dead.ID = uuid.New()
	members := []*pending{
		member(t, newScanStream(), 0, 2, by(a, "one")), member(t, newScanStream(), 0, 1, by(dead, "one"), claim("dead")),
		member(t, newScanStream(), 0, 1, claim("dead")), member(t, newScanStream(), 0, 1, by(b, "one")),
		member(t, newScanStream(), 0, 1, by(gone, "one")), member(t, newScanStream(), 0, 1, by(a, "two")),
	}
	l := &Log{pool: pool, Appended: make(chan struct{}, 1)}
	l.commit(t.Context(), members)
	for i, want := range []domain.Code{"", domain.InFlight, "", "", domain.InFlight, ""} {
		wantAnswer(t, pool, i, members[i], want)
	}
	for record, want := range map[string][]string{a.Record: {"one", "one", "two"}, b.Record: {"one"}} {
		wantSteps(t, pool, record, want)
	}
}

// TestAttemptOfUnknownOutcome cuts the connection between COMMIT and its
// answer: the step is noted once, and the attempt may go on.
func TestAttemptOfUnknownOutcome(t *testing.T) {
	database := newDatabase(t)
	p, url := startProxy(t, database)
	log, pool := openLog(t, openPool(t, url)), openPool(t, database)
	a := beginOne(t, NewAnswers(pool))
	p.cuts.Store(1)
	s := newScanStream()
	for v, step := range []string{"one", "two"} {
		w := newWrite(s, v, 1)
		by(a, step)(&w)
		mustAppend(t, log, w)
	}
	if p.cuts.Load() > 0 {
		t.Fatal("no connection was cut")
	}
	once(t, pool, nil)
	wantSteps(t, pool, a.Record, []string{"one", "two"})
}

func wantSteps(t *testing.T, q querier, record string, want []string) {
	t.Helper()
	rows, err := q.Query(t.Context(), `SELECT a.step FROM answers, unnest(steps, events) WITH ORDINALITY AS a(step, event, n)
		JOIN events e ON e.id = a.event WHERE record = $1 ORDER BY n`, record)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("steps %q, %v, want %q", got, err, want)
	}
}

// TestAnswersDoNotWaitForTheDisk looks at what their transactions ask for, and
// that the connection does not keep it.
func TestAnswersDoNotWaitForTheDisk(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	var inside, after string
	b := hasty()
	b.Queue("SHOW synchronous_commit").QueryRow(func(row pgx.Row) error { return row.Scan(&inside) })
	if err := conn.SendBatch(t.Context(), b).Close(); err != nil {
		t.Fatal(err)
	}
	if err := conn.QueryRow(t.Context(), "SHOW synchronous_commit").Scan(&after); err != nil || inside != "off" || after != "on" {
		t.Errorf("inside it is %q, after it %q, %v", inside, after, err)
	}
}
