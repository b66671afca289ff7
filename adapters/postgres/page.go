package postgres

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// standing reads a stream's row, if it has one, and the version of the stream
// at the same moment; pgx.ErrNoRows when there is no such stream.
func (t *Table[R]) standing(ctx context.Context, q querier, s domain.Stream) (rows map[string]R, version int, err error) {
	found, err := q.Query(ctx, "SELECT s.version, t.row_key IS NOT NULL, t."+strings.Join(t.columns, ", t.")+
		" FROM streams s LEFT JOIN "+t.fold.Name+" t ON t.row_key = s.stream WHERE s.stream = $1 AND NOT s.erased", s)
	if err != nil {
		return nil, 0, err
	}
	rows = map[string]R{}
	version, err = pgx.CollectExactlyOneRow(found, func(one pgx.CollectableRow) (version int, err error) {
		var row R
		var there bool
		skipped := make([]any, len(t.columns)) // nil: they are null where there is no row
		if err := one.Scan(append([]any{&version, &there}, skipped...)...); err != nil || !there {
			return version, err
		}
		err = one.Scan(append([]any{nil, nil}, fieldsOf(&row)...)...)
		rows[string(s)] = row
		return version, err
	})
	return rows, version, err
}

// scanPage is a page of scans, how many there are in all, and the streams that the
// table was behind with just before.
type scanPage struct {
	rows   []projections.ScanRow
	total  int
	behind []string
}

// page reads a page in one journey, leaving out the streams named.
func (r *Reader) page(ctx context.Context, f projections.ScanFilter, without []string, offset, limit int) (p scanPage, err error) {
	const condition = ` FROM scans WHERE account = ANY($1) AND ($2 = '' OR target_value = $2) AND ($3 = '' OR state = $3)
		AND ($4 = '00000000-0000-0000-0000-000000000000'::uuid OR scan = $4) AND NOT stream = ANY($5)
		AND (cardinality($6::text[]) = 0 OR profile = ANY($6))`
	accounts, profiles, b := f.Accounts(), append([]domain.Profile{}, f.Profiles...), &pgx.Batch{}
	b.Queue("SELECT stream FROM streams WHERE owner = ANY($1) AND listed < version AND NOT erased AND stream LIKE 'scan-%'", accounts).Query(func(rows pgx.Rows) (err error) {
		p.behind, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	b.Queue("SELECT count(*)"+condition, accounts, f.Target, f.State, f.Scan, without, profiles).QueryRow(func(row pgx.Row) error { return row.Scan(&p.total) })
	b.Queue("SELECT row_key, "+strings.Join(r.scans.columns, ", ")+condition+" ORDER BY number DESC OFFSET $7 LIMIT $8",
		accounts, f.Target, f.State, f.Scan, without, profiles, offset, limit).Query(func(rows pgx.Rows) (err error) {
		p.rows, err = pgx.CollectRows(rows, r.parsed.read)
		return err
	})
	return p, r.pool.SendBatch(ctx, b).Close()
}

// parsed are rows as they were last read, each with its bytes: what the table
// still has by the same bytes is not parsed again. Its rows are shared, and not
// to be changed.
type parsed[R any] struct {
	mu   sync.Mutex
	rows map[string]parsedRow[R]
}

type parsedRow[R any] struct {
	raw [][]byte
	row R
}

// parsedKept is how many are kept; then they are all forgotten.
const parsedKept = 4096

// read reads a row that begins with its key.
func (k *parsed[R]) read(row pgx.CollectableRow) (r R, err error) {
	raw := row.RawValues()
	k.mu.Lock()
	before, met := k.rows[string(raw[0])]
	k.mu.Unlock()
	if met && slices.EqualFunc(before.raw, raw, same) {
		return before.row, nil
	}
	if err := row.Scan(append([]any{nil}, fieldsOf(&r)...)...); err != nil {
		return r, err
	}
	now := parsedRow[R]{row: r}
	for _, v := range raw {
		now.raw = append(now.raw, bytes.Clone(v)) // the connection's buffer is used again
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.rows == nil || len(k.rows) >= parsedKept {
		k.rows = map[string]parsedRow[R]{}
	}
	k.rows[string(raw[0])] = now
	return r, nil
}

// same tells null from empty.
func same(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }
