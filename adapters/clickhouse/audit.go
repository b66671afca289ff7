package clickhouse

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
)

const unknownTable = 60

// Precision is how exactly times are kept: what is finer is cut off.
const Precision = time.Millisecond

// Counted is one row of a view: which event it is of, where that was read, and
// what the columns say that were asked for.
type Counted struct {
	Event  uuid.UUID
	Offset int64
	Values []any
}

// Counted returns a view's rows that were read between two offsets of a
// partition. A view that does not exist has none.
func (db *DB) Counted(ctx context.Context, view string, columns []string, topic string, partition int32, from, before int64) ([]Counted, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	rows, err := db.conn.Query(ctx, "SELECT event_id, offset, "+strings.Join(columns, ", ")+" FROM "+view+" WHERE topic = ? AND partition = ? AND offset >= ? AND offset < ?",
		topic, partition, from, before)
	if refused(err, unknownTable) || refused(err, unknownDatabase) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	defer rows.Close()
	var all []Counted
	for rows.Next() {
		row, err := scanned(rows)
		if err != nil {
			return nil, err
		}
		event, _ := row[0].(uuid.UUID)
		offset, _ := row[1].(int64)
		all = append(all, Counted{event, offset, row[2:]})
	}
	return all, rows.Err()
}

// Has says which of some events a view has, wherever they were read.
func (db *DB) Has(ctx context.Context, view string, events []uuid.UUID) (map[uuid.UUID]bool, error) {
	found := map[uuid.UUID]bool{}
	if len(events) == 0 {
		return found, nil
	}
	ctx, cancel := bounded(ctx)
	defer cancel()
	rows, err := db.conn.Query(ctx, "SELECT DISTINCT event_id FROM "+view+" WHERE event_id IN (?)", events)
	if refused(err, unknownTable) || refused(err, unknownDatabase) {
		return found, nil
	}
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("clickhouse: %w", err)
		}
		found[id] = true
	}
	return found, rows.Err()
}

// Extent is what a view holds.
type Extent struct {
	Rows, Events uint64          // as many rows, of as many events
	Next         map[int32]int64 // by partition: the offset after the newest row's
}

// Extent counts a view's rows that were read from a topic, and the events that
// they are of. A view that does not exist has none.
func (db *DB) Extent(ctx context.Context, view, topic string) (Extent, error) {
	e := Extent{Next: map[int32]int64{}}
	ctx, cancel := bounded(ctx)
	defer cancel()
	rows, err := db.conn.Query(ctx, "SELECT partition, max(offset) + 1, count(), uniqExact(event_id) FROM "+view+" WHERE topic = ? GROUP BY partition", topic)
	if refused(err, unknownTable) || refused(err, unknownDatabase) {
		return e, nil
	}
	if err != nil {
		return e, fmt.Errorf("clickhouse: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var partition int32
		var next int64
		var n, events uint64
		if err := rows.Scan(&partition, &next, &n, &events); err != nil {
			return e, fmt.Errorf("clickhouse: %w", err)
		}
		e.Next[partition] = next
		e.Rows, e.Events = e.Rows+n, e.Events+events
	}
	return e, rows.Err()
}
