package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/failpoint"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// prepared is a write whose events have been encoded.
type prepared struct {
	commands.Write
	stored []domain.Stored
}

func prepare(writes []commands.Write) ([]prepared, error) {
	out := make([]prepared, len(writes))
	for i, w := range writes {
		out[i].Write = w
		for _, e := range w.Events {
			schema, payload, err := domain.Encode(e.Event)
			if err != nil {
				return nil, err
			}
			e.At = e.At.UTC().Truncate(time.Microsecond)
			out[i].stored = append(out[i].stored, domain.Stored{Envelope: e, Type: e.Event.Kind(), Schema: schema, Payload: payload})
		}
	}
	return out, nil
}

// appendGroup commits a group in one transaction and returns an answer for
// each member. Its error is the whole group's. When the connection is lost on
// the way the outcome is unknown, and the transaction is run again: it is
// idempotent by the ids of its events.
func appendGroup(ctx context.Context, pool *pgxpool.Pool, group []*pending) ([]answer, error) {
	const rounds, pause = 5, 200 * time.Millisecond
	var err error
	for round := range rounds {
		var g *grouping
		g, err = tryAppend(ctx, pool, newGrouping(group, round > 0), group)
		if err == nil {
			return g.answers, nil
		}
		if isServerError(err) && !isRetryable(err) {
			return nil, err
		}
		if isCollision(err) {
			continue
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return nil, &unavailable{err}
}

// tryAppend runs the transaction once. It begins with the first of its
// statements and commits with the last of them, so that it takes two journeys
// to the server and not four, and one where nothing has to be read.
func tryAppend(ctx context.Context, pool *pgxpool.Pool, g *grouping, group []*pending) (*grouping, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Release()
	first, err := g.load(ctx, conn, group)
	if err == nil {
		failpoint.Here(failpoint.LogBegun)
		g.decide(group)
		if len(g.events) > 0 {
			err = g.write(ctx, conn, first)
		}
	}
	if err != nil || len(g.events) == 0 {
		rollback(conn)
	}
	return g, err
}

// write sends what the group brings after the first statements, and COMMIT with it.
func (g *grouping) write(ctx context.Context, conn *pgxpool.Conn, first *pgx.Batch) error {
	if failpoint.Armed(failpoint.LogInserted) {
		return g.writeInTwo(ctx, conn, first)
	}
	err := g.insert(ctx, conn, first, "COMMIT")
	failpoint.Here(failpoint.LogCommitted)
	return err
}

// writeInTwo makes the step between the events and COMMIT, which is there only
// when they do not go out together.
func (g *grouping) writeInTwo(ctx context.Context, conn *pgxpool.Conn, first *pgx.Batch) error {
	if err := g.insert(ctx, conn, first, "SELECT"); err != nil {
		return err
	}
	failpoint.Here(failpoint.LogInserted)
	_, err := conn.Exec(ctx, "COMMIT")
	return err
}

// rollback ends a transaction that is not to be. A connection that does not
// even do that is closed.
func rollback(conn *pgxpool.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
		_ = conn.Conn().Close(ctx) // it is useless: the pool drops it
	}
}
