package clickhouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/projections"
)

// Topic is a topic with the rows of a read model.
type Topic interface {
	// Extent is the first offset that each partition still has, and the one
	// that its next record will get.
	Extent(ctx context.Context) (first, next map[int32]int64, err error)
	// Read gives what lies from one offset up to another, in each partition of
	// to, in batches of one partition; those of several come side by side.
	// Behind a batch, next is where to go on.
	Read(ctx context.Context, from, to map[int32]int64, see func(ctx context.Context, partition int32, next int64, rows []Row) error) error
	// Deleted chooses of accounts those that are deleted. Read gives no rows of
	// them, and what is stored of one that is deleted meanwhile is erased.
	Deleted(ctx context.Context, accounts []uuid.UUID) ([]uuid.UUID, error)
}

// rebuild is one run.
type rebuild struct {
	projections.Rebuilding
	db       *DB
	model    string
	columns  []string
	topic    Topic
	old, new string
	first    map[int32]int64 // of the topic
	end      map[int32]int64
	mu       sync.Mutex
	note     note
	total    int64
	done     projections.Rebuilt
}

// steps is how long one statement of a rebuild may take.
const steps = 10 * time.Minute

// Rebuild makes a read model again from its topic, beside the one that stands,
// and swaps it in, while others read and Store. Rows that are older than the
// topic's beginning are carried over. When it is cut off, the next call goes on
// where it was. One process may do so at a time. *projections.Refused says that
// rows that stand are missing among the new ones, or are others; Accept carries
// over the missing ones, and takes the topic's word for the others.
func (db *DB) Rebuild(ctx context.Context, model string, columns []string, topic Topic, how projections.Rebuilding) (projections.Rebuilt, error) {
	r := &rebuild{Rebuilding: how, db: db, model: model, columns: columns, topic: topic}
	if r.Rest == nil {
		r.Rest = func(context.Context, time.Duration) {}
	}
	if r.Seen == nil {
		r.Seen = func(projections.Progress) {}
	}
	if !identifier.MatchString(model) {
		return r.done, fmt.Errorf("clickhouse: %q is no name of a read model", model)
	}
	var err error
	for _, step := range []func(context.Context) error{r.begin, r.carry, r.fill, r.check, r.swap, r.clear} {
		if err = step(ctx); err != nil {
			break
		}
	}
	r.done.Events = r.note.Events
	var refused *projections.Refused
	switch {
	case errors.As(err, &refused):
		return r.done, errors.Join(err, r.exec(ctx, "DROP TABLE IF EXISTS "+r.new))
	case err != nil:
		return r.done, fmt.Errorf("clickhouse: rebuild %s: %w", model, err)
	default:
		return r.done, nil
	}
}

// exec runs one statement, which may take longer than others.
func (r *rebuild) exec(ctx context.Context, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, steps)
	defer cancel()
	return r.db.conn.Exec(clickhouse.Context(ctx, clickhouse.WithSettings(plainly)), sql)
}

// begin takes up the table that an earlier run has left, or makes a new one.
// From then on whoever stores rows does so in both; so the topic is read up to
// where it ends after that.
func (r *rebuild) begin(ctx context.Context) error {
	v, _, err := r.db.versions(ctx, r.model)
	if err != nil {
		return err
	}
	if v.building > 0 && r.Anew {
		if err := r.exec(ctx, "DROP TABLE IF EXISTS "+table(r.model, v.building)); err != nil {
			return err
		}
		v.building = 0
	}
	r.done.Resumed = v.building > 0
	r.old, r.new = table(r.model, v.live), table(r.model, cmp.Or(v.building, v.live+1))
	if err := r.clear(ctx); err != nil {
		return err
	}
	if err := r.exec(ctx, "CREATE TABLE IF NOT EXISTS "+r.new+" AS "+r.old); err != nil {
		return err
	}
	if r.note, err = r.db.readNote(ctx, r.new); err != nil {
		return err
	}
	r.first, r.end, err = r.topic.Extent(ctx)
	r.total = r.note.Events
	for p, end := range r.end {
		r.total += max(end-max(r.first[p], r.note.Offsets[p]), 0)
	}
	return err
}

// months are the partitions of the tables: statements take one at a time, so
// that what they hold has a bound.
func (r *rebuild) months(ctx context.Context) (months []uint32, err error) {
	rows, err := r.db.conn.Query(ctx, fmt.Sprintf("SELECT DISTINCT toYYYYMM(at) FROM (SELECT at FROM %s UNION ALL SELECT at FROM %s) ORDER BY 1", r.old, r.new))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var m uint32
		if err := rows.Scan(&m); err != nil {
			return nil, err
		}
		months = append(months, m)
	}
	return months, rows.Err()
}

// bound is a condition on rows by their place in the topic: below the offset
// that limits has for their partition, and all of partitions that it has not.
func bound(limits map[int32]int64) string {
	partitions := slices.Sorted(maps.Keys(limits))
	if len(partitions) == 0 {
		return "1"
	}
	ps, os := "", ""
	for i, p := range partitions {
		separator := ", "
		if i == 0 {
			separator = ""
		}
		ps += fmt.Sprintf("%s%d", separator, p)
		os += fmt.Sprintf("%s%d", separator, limits[p])
	}
	return fmt.Sprintf("offset < transform(partition, [%s]::Array(Int32), [%s]::Array(Int64), toInt64(9223372036854775807))", ps, os)
}

// carry takes over what is older than the topic's beginning, where there is any.
func (r *rebuild) carry(ctx context.Context) error {
	months, err := r.months(ctx)
	for _, month := range months {
		var older uint64
		if err == nil {
			err = r.db.conn.QueryRow(ctx, fmt.Sprintf("SELECT count() FROM %s WHERE toYYYYMM(at) = %d AND %s", r.old, month, bound(r.first))).Scan(&older)
		}
		if err == nil && older > 0 {
			err = r.take(ctx, month, bound(r.first))
		}
	}
	return err
}

// take takes over rows of a month that stand.
func (r *rebuild) take(ctx context.Context, month uint32, condition string) error {
	began := time.Now()
	rows := fmt.Sprintf("FROM %s FINAL WHERE toYYYYMM(at) = %d AND %s", r.old, month, condition)
	var accounts []uuid.UUID
	err := r.db.conn.QueryRow(ctx, "SELECT groupUniqArray(account) "+rows).Scan(&accounts)
	if err == nil {
		err = r.exec(ctx, "INSERT INTO "+r.new+" SELECT * "+rows)
	}
	if err == nil {
		err = r.forget(ctx, accounts)
	}
	r.Rest(ctx, time.Since(began))
	return err
}

// forget erases what was stored of accounts that were deleted meanwhile.
func (r *rebuild) forget(ctx context.Context, accounts []uuid.UUID) error {
	deleted, err := r.topic.Deleted(ctx, accounts)
	if err == nil {
		_, err = r.db.Erase(ctx, deleted...)
	}
	return err
}

// accountsOf are the accounts of rows, each once.
func (r *rebuild) accountsOf(rows []Row) []uuid.UUID {
	seen := map[uuid.UUID]bool{}
	at := slices.Index(r.columns, "account")
	for _, row := range rows {
		account, _ := row[at].(uuid.UUID)
		seen[account] = true
	}
	return slices.Collect(maps.Keys(seen))
}

// fill stores what the topic has.
func (r *rebuild) fill(ctx context.Context) error {
	from := map[int32]int64{}
	for p := range r.end {
		from[p] = max(r.first[p], r.note.Offsets[p])
	}
	return r.topic.Read(ctx, from, r.end, func(ctx context.Context, p int32, next int64, rows []Row) error {
		began := time.Now()
		token := fmt.Sprintf("rebuild/%s/%d/%d", r.new, p, next)
		if err := r.db.Insert(ctx, r.new, r.columns, token, rows); err != nil {
			return err
		}
		if err := r.forget(ctx, r.accountsOf(rows)); err != nil {
			return err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.note.Offsets[p] = next
		r.note.Events += int64(len(rows))
		if err := r.db.writeNote(ctx, r.note); err != nil {
			return err
		}
		r.Seen(projections.Progress{Phase: projections.Copying, Done: r.note.Events, Total: max(r.total, r.note.Events)})
		r.Rest(ctx, time.Since(began))
		return ctx.Err()
	})
}

// swap shows the new table to readers. Whoever stores finds out before it is done.
func (r *rebuild) swap(ctx context.Context) error {
	r.Seen(projections.Progress{Phase: projections.Swapping, Done: r.note.Events, Total: r.note.Events})
	if err := ctx.Err(); err != nil {
		return err
	}
	err := r.exec(ctx, fmt.Sprintf("CREATE OR REPLACE VIEW %s AS SELECT * FROM %s FINAL", r.model, r.new))
	r.done.Swapped = err == nil
	return err
}

// clear drops the versions before the one that is live.
func (r *rebuild) clear(ctx context.Context) error {
	_, older, err := r.db.versions(ctx, r.model)
	for _, n := range older {
		if err == nil {
			err = r.exec(ctx, "DROP TABLE IF EXISTS "+table(r.model, n))
		}
	}
	return err
}
