package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// topicError is a topic that cannot be read, which is no fault of the database.
type topicError struct{ cause error }

func (e *topicError) Error() string { return e.cause.Error() }
func (e *topicError) Unwrap() error { return e.cause }

// fromTopic applies what the topic has when it begins, from the oldest record on.
func (r *rebuild[R]) fromTopic(ctx context.Context) error {
	_, err := r.readTopic(ctx, r.restful)
	return err
}

// followTopic applies what the topic has got since, until little is left.
func (r *rebuild[R]) followTopic(ctx context.Context) error {
	for {
		n, err := r.readTopic(ctx, r.restful)
		if err != nil || n < int64(r.followed()) {
			return err
		}
	}
}

// restful runs a transaction and then rests.
func (r *rebuild[R]) restful(ctx context.Context, do func(pgx.Tx) error) error {
	began := time.Now()
	if err := pgx.BeginFunc(ctx, r.t.pool, do); err != nil {
		return err
	}
	r.tell()
	r.Rest(ctx, time.Since(began))
	return nil
}

// inTx runs something in a transaction.
type inTx func(ctx context.Context, do func(pgx.Tx) error) error

// readTopic applies what the topic has up to the ends that it has now, each
// batch with the note of how far it goes.
func (r *rebuild[R]) readTopic(ctx context.Context, in inTx) (records int64, err error) {
	first, next, err := r.Topic.Extent(ctx)
	if err != nil {
		return 0, &topicError{err}
	}
	from := map[int32]int64{}
	for p := range next {
		from[p] = max(r.state.Offsets[p], first[p])
		records += next[p] - from[p]
	}
	return records, r.Topic.Read(ctx, from, next, func(ctx context.Context, p int32, next int64, batch []domain.Envelope) error {
		return in(ctx, func(tx pgx.Tx) error {
			r.state.Offsets[p] = next
			if err := r.t.applyTo(ctx, tx, r.new, batch, applying{gap: r.beginningLost, sum: r.summing(), events: &r.state.Events}); err != nil {
				return err
			}
			return r.save(ctx, tx)
		})
	})
}

// beginningLost notes a stream of which the topic lacks events, and leaves out
// what follows them.
func (r *rebuild[R]) beginningLost(_ context.Context, s domain.Stream, _ int) ([]domain.Envelope, error) {
	r.state.Lost[s] = true
	return nil, nil
}

// settle sees to the streams of which the topic lacks events: the rows that stand
// are carried over, or the rebuild is refused. What stands gets ahead of what was
// read while others apply events; so the topic is read on before it lacks them.
func (r *rebuild[R]) settle(ctx context.Context, in inTx) error {
	for {
		var ahead []reached
		err := in(ctx, func(tx pgx.Tx) (err error) { ahead, err = r.ahead(ctx, tx); return err })
		if err == nil && len(ahead) > 0 {
			_, err = r.readTopic(ctx, in)
		}
		if err == nil {
			err = in(ctx, func(tx pgx.Tx) error { return r.settleThese(ctx, tx, ahead) })
		}
		if err != nil || len(ahead) < carried {
			return err
		}
	}
}

// settleThese is for the streams that were ahead before the topic was read.
func (r *rebuild[R]) settleThese(ctx context.Context, tx pgx.Tx, ahead []reached) error {
	behind, err := r.behind(ctx, tx, ahead)
	if err != nil {
		return err
	}
	if n := max(len(behind), len(r.state.Lost)); n > 0 && !r.Accept {
		return &projections.Refused{
			Reason:  fmt.Sprintf("%s: the topic lacks events of %d streams or more; with --accept the rows that stand are kept for them", r.new.model, n),
			Passing: len(r.state.Lost) == 0,
		}
	}
	if len(behind) == 0 {
		return nil
	}
	return r.carry(ctx, tx, behind)
}

// carried is how many streams are carried over at one time.
const carried = 1000

// reached is a stream, and how far the rows that stand have come with it.
type reached struct {
	stream  domain.Stream
	version int
}

// ahead are the next streams of which the rows that stand have more.
func (r *rebuild[R]) ahead(ctx context.Context, tx pgx.Tx) ([]reached, error) {
	rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT o.stream, o.version FROM %s o LEFT JOIN %s n USING (stream)
		WHERE o.version > coalesce(n.version, 0) LIMIT $1`, r.old.places(), r.new.places()), carried)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (s reached, err error) {
		err = row.Scan(&s.stream, &s.version)
		return s, err
	})
}

// behind are those of which the new rows still have less than stood then.
func (r *rebuild[R]) behind(ctx context.Context, tx pgx.Tx, ahead []reached) ([]domain.Stream, error) {
	streams, versions := make([]domain.Stream, len(ahead)), make([]int, len(ahead))
	for i, s := range ahead {
		streams[i], versions[i] = s.stream, s.version
	}
	rows, err := tx.Query(ctx, fmt.Sprintf(`SELECT o.stream FROM unnest($1::text[], $2::int[]) AS o(stream, version) LEFT JOIN %s n USING (stream)
		WHERE o.version > coalesce(n.version, 0)`, r.new.places()), streams, versions)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[domain.Stream])
}

// carry replaces what the new version has of streams by what stands.
func (r *rebuild[R]) carry(ctx context.Context, tx pgx.Tx, streams []domain.Stream) error {
	for _, s := range streams {
		r.state.Lost[s] = true
	}
	made, of, err := r.t.rowsOf(ctx, tx, r.new, streams...)
	if err == nil {
		err = count(r.summing(), tx.Conn().TypeMap(), (*Sum).Take, made, of)
	}
	if err != nil {
		return err
	}
	standing, of, err := r.t.rowsOf(ctx, tx, r.old, streams...)
	if err == nil {
		err = count(r.summing(), tx.Conn().TypeMap(), (*Sum).Add, standing, of)
	}
	if err != nil {
		return err
	}
	b := &pgx.Batch{}
	condition, keys := r.t.ofStreams(streams...)
	b.Queue("DELETE FROM "+r.new.table()+" "+condition, keys)
	for key, row := range standing {
		r.t.upsert(b, r.new, key, of[key], row)
	}
	b.Queue(fmt.Sprintf(`INSERT INTO %s (projection, stream, version) SELECT projection, stream, version FROM %s WHERE stream = ANY($1)
		ON CONFLICT (projection, stream) DO UPDATE SET version = excluded.version`, r.new.places(), r.old.places()), streams)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	return r.save(ctx, tx)
}
