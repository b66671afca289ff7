package postgres

import (
	"context"
	"math"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/failpoint"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Log = (*Log)(nil)

// groupMax is how many appends go into one transaction at most.
const groupMax = 256

// Log is the log of record. Appends that arrive while a transaction commits
// go together into the next one (group commit): each is answered after it is
// durable, and one that is refused takes no other with it.
type Log struct {
	pool  *pgxpool.Pool
	queue chan *pending
	ended chan struct{} // closed by Close
	done  chan struct{} // closed when the last group has been answered
	reads *together[point, []domain.Stored]
	// Appended gets a token after each commit. It never blocks.
	Appended chan struct{}
}

// pending is one Append that waits for its answer.
type pending struct {
	writes []prepared
	answer chan answer
}

type answer struct {
	events []domain.Envelope
	err    error
}

// NewLog returns a log over pool. Close ends it.
func NewLog(pool *pgxpool.Pool) *Log {
	l := &Log{
		pool: pool, queue: make(chan *pending, groupMax), ended: make(chan struct{}), done: make(chan struct{}),
		Appended: make(chan struct{}, 1),
		reads: &together[point, []domain.Stored]{ask: func(ctx context.Context, points []point) (map[point][]domain.Stored, error) {
			return readPoints(ctx, pool, points)
		}},
	}
	go l.commitGroups(context.Background())
	return l
}

// Close lets the transaction under way finish and refuses what comes after.
func (l *Log) Close() {
	close(l.ended)
	<-l.done
}

// Append implements commands.Log.
func (l *Log) Append(ctx context.Context, writes ...commands.Write) ([]domain.Envelope, error) {
	ready, err := prepare(writes)
	if err != nil {
		return nil, err
	}
	p := &pending{writes: ready, answer: make(chan answer, 1)}
	if slices.ContainsFunc(writes, func(w commands.Write) bool { return w.Erase }) {
		l.commit(ctx, []*pending{p}) // by itself: it may have to wait for a read model
		a := <-p.answer
		return a.events, a.err
	}
	select {
	case l.queue <- p:
	case <-l.ended:
		return nil, shuttingDown()
	case <-ctx.Done():
		return nil, away(ctx.Err())
	}
	select {
	case a := <-p.answer:
		return a.events, a.err
	case <-ctx.Done(): // it may still be committed; who asks again with the same ids learns it
		return nil, away(ctx.Err())
	case <-l.done:
	}
	select {
	case a := <-p.answer:
		return a.events, a.err
	default: // it was queued after the last group
		return nil, shuttingDown()
	}
}

func shuttingDown() error { return domain.Errorf(domain.Unavailable, "shutting down") }

// Read implements commands.Log.
func (l *Log) Read(ctx context.Context, s domain.Stream, after int) ([]domain.Envelope, error) {
	stored, _, err := l.reads.get(ctx, point{s, after})
	if err != nil {
		return nil, away(err)
	}
	return decodeAll(stored)
}

// point is a version of a stream.
type point struct {
	stream domain.Stream
	after  int
}

// readPoints reads what streams have after versions.
func readPoints(ctx context.Context, to sender, points []point) (map[point][]domain.Stored, error) {
	streams, after := make([]string, len(points)), make([]int32, len(points))
	for i, p := range points {
		streams[i], after[i] = string(p.stream), int32(min(p.after, math.MaxInt32))
	}
	found, b := make(map[point][]domain.Stored, len(points)), asking()
	b.Queue("SELECT n, "+eventColumns+` FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS p(of, after, n)
		JOIN events ON stream = of AND version > after ORDER BY n, version`, streams, after).Query(func(rows pgx.Rows) error {
		var n int
		_, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) {
			var s domain.Stored
			err := row.Scan(append([]any{&n}, fieldsOfStored(&s)...)...)
			found[points[n-1]] = append(found[points[n-1]], s)
			return struct{}{}, err
		})
		return err
	})
	return found, to.SendBatch(ctx, b).Close()
}

// commitGroups commits what waits, group by group, until Close.
func (l *Log) commitGroups(ctx context.Context) {
	defer close(l.done)
	for {
		select {
		case first := <-l.queue:
			group := l.gather(first)
			failpoint.Here(failpoint.LogQueued)
			l.commit(ctx, group)
		case <-l.ended:
			return
		}
	}
}

// gather takes what waits already; it does not wait for more.
func (l *Log) gather(first *pending) []*pending {
	group := []*pending{first}
	for len(group) < groupMax {
		select {
		case p := <-l.queue:
			group = append(group, p)
		default:
			return group
		}
	}
	return group
}

// commit answers every member of a group. Where the server refuses what is to
// be written, such as bytes that are no text, each is tried alone: the fault is
// one member's.
func (l *Log) commit(ctx context.Context, group []*pending) {
	answers, err := appendGroup(ctx, l.pool, group)
	if isServerError(err) && !isRetryable(err) && len(group) > 1 {
		for _, p := range group {
			l.commit(ctx, []*pending{p})
		}
		return
	}
	for i, p := range group {
		if err != nil {
			p.answer <- answer{err: err}
			continue
		}
		p.answer <- answers[i]
	}
	select {
	case l.Appended <- struct{}{}:
	default:
	}
}

// querier is a pool, a connection or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

const eventColumns = "position, id, stream, version, owner, type, schema_version, at, actor, cause, trace, payload::text"

// readStream reads and decodes a stream's events after a version.
func readStream(ctx context.Context, q querier, s domain.Stream, after int) ([]domain.Envelope, error) {
	rows, err := q.Query(ctx, "SELECT "+eventColumns+" FROM events WHERE stream = $1 AND version > $2 ORDER BY version", s, after)
	if err != nil {
		return nil, away(err)
	}
	stored, err := pgx.CollectRows(rows, scanStored)
	if err != nil {
		return nil, away(err)
	}
	return decodeAll(stored)
}

func scanStored(row pgx.CollectableRow) (s domain.Stored, err error) {
	err = row.Scan(fieldsOfStored(&s)...)
	return s, err
}

// fieldsOfStored are where eventColumns go.
func fieldsOfStored(s *domain.Stored) []any {
	return []any{&s.Position, &s.ID, &s.Stream, &s.Version, &s.Owner, &s.Type, &s.Schema,
		&s.At, &s.Actor, &s.Cause, &s.Trace, &s.Payload}
}

func decodeAll(stored []domain.Stored) ([]domain.Envelope, error) {
	out := make([]domain.Envelope, len(stored))
	for i, s := range stored {
		event, err := s.Read()
		if err != nil {
			return nil, err
		}
		out[i], out[i].Event = s.Envelope, event
	}
	return out, nil
}
