package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

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
	for range rounds {
		var g *grouping
		g, err = tryAppend(ctx, pool, group)
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

func tryAppend(ctx context.Context, pool *pgxpool.Pool, group []*pending) (*grouping, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	tx, err := pool.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback(context.WithoutCancel(ctx))
	g := newGrouping(group)
	if err := g.load(ctx, tx); err != nil {
		return nil, err
	}
	g.decide(group)
	if len(g.events) == 0 {
		return g, nil
	}
	if err := g.insert(ctx, tx); err != nil {
		return nil, err
	}
	return g, tx.Commit(ctx)
}
