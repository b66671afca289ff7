package postgres

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// stand is whose a stream is and how far it has come, and which versions of the
// read models are live. Nothing that was read at a stand is another at the same
// one.
type stand struct {
	owner   uuid.UUID
	version int
	live    string
}

// standColumns are of streams s.
const standColumns = "s.owner, s.version, (SELECT string_agg(live::text, ' ' ORDER BY model) FROM models)"

// readStands reads how streams stand; one that is unknown or erased does not.
func readStands(ctx context.Context, to sender, streams []domain.Stream) (map[domain.Stream]stand, error) {
	stands, b := make(map[domain.Stream]stand, len(streams)), asking()
	b.Queue("SELECT s.stream, "+standColumns+" FROM streams s WHERE s.stream = ANY($1) AND NOT s.erased", streams).Query(func(rows pgx.Rows) error {
		var stream domain.Stream
		var at stand
		_, err := pgx.ForEachRow(rows, []any{&stream, &at.owner, &at.version, &at.live}, func() error { stands[stream] = at; return nil })
		return err
	})
	return stands, to.SendBatch(ctx, b).Close()
}

// model is a table of one row per stream, and the rows of it that were last read.
// They are shared, and not to be changed.
type model[R any] struct {
	*Table[R]
	version func(R) int

	mu   sync.Mutex
	live string // the versions of the read models that the rows are of
	kept map[domain.Stream]keptRow[R]
	size int
}

type keptRow[R any] struct {
	row  R
	size int
}

// keptSize is how much of a model is kept, in bytes as they come from the
// server; beyond it all of it is forgotten.
const keptSize = 16 << 20

func newModel[R any](pool *pgxpool.Pool, fold projections.Fold[R], version func(R) int) *model[R] {
	return &model[R]{Table: NewTable(pool, fold), version: version, kept: map[domain.Stream]keptRow[R]{}}
}

// turn forgets the rows of other versions of the read models.
func (m *model[R]) turn(live string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.live != live {
		clear(m.kept)
		m.live, m.size = live, 0
	}
}

// asOf returns a row that was read before, if it is of a version at least.
func (m *model[R]) asOf(s domain.Stream, version int) (row R, met bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, met := m.kept[s]
	return k.row, met && m.version(k.row) >= version
}

// keep notes a row that was read at a stand.
func (m *model[R]) keep(s domain.Stream, at stand, k keptRow[R]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.live != at.live {
		return
	}
	m.size += k.size - m.kept[s].size
	if m.size > keptSize {
		clear(m.kept)
		m.size = k.size
	}
	m.kept[s] = k
}

// latest reads a stream's row as of the newest event of its stream. What the table
// has of it is kept; what it has not yet is folded.
func (m *model[R]) latest(ctx context.Context, pool *pgxpool.Pool, stream domain.Stream) (R, error) {
	rows, at, size, err := m.standing(ctx, pool, stream)
	row := rows[string(stream)]
	if errors.Is(err, pgx.ErrNoRows) {
		return row, unknown()
	}
	if err != nil {
		return row, away(err)
	}
	if m.version(row) >= at.version {
		m.keep(stream, at, keptRow[R]{row, size})
		return row, nil
	}
	news, err := readStream(ctx, pool, stream, m.version(row))
	if err != nil {
		return row, err
	}
	row, known := m.fold.Rows(rows, news)[string(stream)]
	if !known { // it was erased meanwhile
		return row, unknown()
	}
	return row, nil
}

// standing reads a stream's row, if it has one, how the stream stands at the
// same moment, and how many bytes that were; pgx.ErrNoRows when there is no such
// stream.
func (m *model[R]) standing(ctx context.Context, q querier, s domain.Stream) (rows map[string]R, at stand, size int, err error) {
	found, err := q.Query(ctx, "SELECT "+standColumns+", t.row_key IS NOT NULL, t."+strings.Join(m.columns, ", t.")+
		" FROM streams s LEFT JOIN "+m.fold.Name+" t ON t.row_key = s.stream WHERE s.stream = $1 AND NOT s.erased", s)
	if err != nil {
		return nil, at, 0, err
	}
	rows = map[string]R{}
	_, err = pgx.CollectExactlyOneRow(found, func(one pgx.CollectableRow) (_ struct{}, err error) {
		for _, v := range one.RawValues() {
			size += len(v)
		}
		var row R
		var there bool
		skipped := make([]any, len(m.columns)) // nil: they are null where there is no row
		if err := one.Scan(append([]any{&at.owner, &at.version, &at.live, &there}, skipped...)...); err != nil || !there {
			return struct{}{}, err
		}
		err = one.Scan(append([]any{nil, nil, nil, nil}, fieldsOf(&row)...)...)
		rows[string(s)] = row
		return struct{}{}, err
	})
	return rows, at, size, err
}
