package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
)

// Acknowledgement is what a client was told of one command.
type Acknowledgement struct {
	Request string        // the X-Request-ID of the answer: the cause of its events; "" when it is not known
	Event   string        // the id of an event; "" when it is not known
	Stream  domain.Stream // where its events are; "" when it is not known
	Types   []string      // the events that the stream must have once each
}

// Journal looks whether the log has what was acknowledged, exactly once.
func (a *Auditor) Journal(ctx context.Context, acks []Acknowledgement, i *domain.Invariant) error {
	i.Look("acknowledged commands", len(acks))
	var ids, causes []string
	for _, ack := range acks {
		if ack.Event != "" {
			ids = append(ids, ack.Event)
		}
		if ack.Request != "" && ack.Stream == "" {
			causes = append(causes, ack.Request)
		}
	}
	return a.snapshot(ctx, func(tx pgx.Tx) error {
		byID, err := told(ctx, tx, "SELECT id::text, stream, type, count(*) FROM events WHERE id::text = ANY($1) GROUP BY 1, 2, 3", ids)
		if err != nil {
			return err
		}
		byCause, err := told(ctx, tx, "SELECT cause, stream, type, count(*) FROM events WHERE cause = ANY($1) GROUP BY 1, 2, 3", causes)
		if err != nil {
			return err
		}
		for _, ack := range acks {
			if ack.Event != "" {
				onlyOnce(i, ack, "event", ack.Event, byID[ack.Event])
			}
			if ack.Stream != "" {
				err = a.inStream(ctx, tx, i, ack)
			} else if ack.Request != "" {
				onlyOnce(i, ack, "events of the request", ack.Request, byCause[ack.Request])
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// saying is how often one stream has one type of event.
type saying struct {
	stream domain.Stream
	kind   string
	times  int
}

// told groups events by a key.
func told(ctx context.Context, tx pgx.Tx, sql string, args ...any) (map[string][]saying, error) {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	found := map[string][]saying{}
	var key string
	var s saying
	_, err = pgx.ForEachRow(rows, []any{&key, &s.stream, &s.kind, &s.times}, func() error {
		found[key] = append(found[key], s)
		return nil
	})
	return found, err
}

// onlyOnce compares what was found with one of each.
func onlyOnce(i *domain.Invariant, ack Acknowledgement, what, id string, found []saying) {
	v := domain.Violation{Stream: ack.Stream, ID: id, What: what, Expected: "once", Found: "none"}
	if len(found) == 0 {
		i.Violate(v)
	}
	for _, s := range found {
		if s.times > 1 {
			v.Stream, v.Found = s.stream, fmt.Sprintf("%s %d times", s.kind, s.times)
			i.Violate(v)
		}
	}
}

// inStream looks for an acknowledged command's events where they must be.
func (a *Auditor) inStream(ctx context.Context, tx pgx.Tx, i *domain.Invariant, ack Acknowledgement) error {
	types, cause := ack.Types, ""
	if len(types) == 0 {
		types, cause = nil, ack.Request
	}
	found, err := told(ctx, tx, `SELECT type, stream, type, count(*) FROM events
		WHERE stream = $1 AND ($2::text[] IS NULL OR type = ANY($2)) AND ($3 = '' OR cause = $3) GROUP BY 1, 2, 3`, ack.Stream, types, cause)
	if err != nil {
		return err
	}
	id := ack.Request
	if len(types) > 0 {
		for _, kind := range types {
			onlyOnce(i, ack, kind, id, found[kind])
		}
		return nil
	}
	var all []saying
	for _, s := range found {
		all = append(all, s...)
	}
	onlyOnce(i, ack, "events of the request", id, all)
	return nil
}
