package postgres

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// scanPage is a page of scans, how many there are in all, and the streams that the
// table was behind with just before.
type scanPage struct {
	rows   []projections.ScanRow
	total  int
	behind []string
}

// pageAt is which page: a filter that can be compared.
type pageAt struct {
	accounts      string // their bytes
	target        string
	state         domain.State
	scan          uuid.UUID
	profiles      string // one a line
	offset, limit int
}

// pagesTogether is how many pages one journey brings at most: none of them is
// there before the last.
const pagesTogether = 8

func placeOf(f projections.ScanFilter) pageAt {
	var accounts []byte
	for _, a := range f.Accounts() {
		accounts = append(accounts, a[:]...)
	}
	var profiles strings.Builder
	for _, p := range f.Profiles {
		profiles.WriteString(string(p) + "\n")
	}
	return pageAt{string(accounts), f.Target, f.State, f.Scan, profiles.String(), f.Offset, f.Limit}
}

func (p pageAt) filter() projections.ScanFilter {
	f := projections.ScanFilter{Target: p.target, State: p.state, Scan: p.scan, Offset: p.offset, Limit: p.limit}
	for i := 0; i < len(p.accounts); i += 16 {
		f.Team = append(f.Team, uuid.UUID([]byte(p.accounts[i:i+16])))
	}
	f.Account, f.Team = f.Team[0], f.Team[1:]
	for p := range strings.Lines(p.profiles) {
		f.Profiles = append(f.Profiles, domain.Profile(strings.TrimSuffix(p, "\n")))
	}
	return f
}

// readPages reads pages in one journey. Their rows are shared.
func (r *Reader) readPages(ctx context.Context, places []pageAt) (map[pageAt]scanPage, error) {
	pages, b := make([]scanPage, len(places)), asking()
	for i, p := range places {
		r.queuePage(b, &pages[i], p.filter(), []string{}, p.offset, p.limit)
	}
	if err := r.pool.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	found := make(map[pageAt]scanPage, len(places))
	for i, p := range places {
		found[p] = pages[i]
	}
	return found, nil
}

// page reads one page, leaving out the streams named.
func (r *Reader) page(ctx context.Context, f projections.ScanFilter, without []string, offset, limit int) (p scanPage, err error) {
	b := &pgx.Batch{}
	r.queuePage(b, &p, f, without, offset, limit)
	return p, r.pool.SendBatch(ctx, b).Close()
}

func (r *Reader) queuePage(b *pgx.Batch, p *scanPage, f projections.ScanFilter, without []string, offset, limit int) {
	const condition = ` FROM scans WHERE account = ANY($1) AND ($2 = '' OR target_value = $2) AND ($3 = '' OR state = $3)
		AND ($4 = '00000000-0000-0000-0000-000000000000'::uuid OR scan = $4) AND NOT stream = ANY($5)
		AND (cardinality($6::text[]) = 0 OR profile = ANY($6))`
	accounts, profiles := f.Accounts(), append([]domain.Profile{}, f.Profiles...)
	b.Queue("SELECT stream FROM streams WHERE owner = ANY($1) AND listed < version AND NOT erased AND stream LIKE 'scan-%'", accounts).Query(func(rows pgx.Rows) (err error) {
		p.behind, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	count := func(row pgx.Row) error { return row.Scan(&p.total) }
	if f.Whole() && len(without) == 0 { // an index has all that this asks for, and no row is read
		b.Queue("SELECT count(*) FROM scans WHERE account = ANY($1)", accounts).QueryRow(count)
	} else {
		b.Queue("SELECT count(*)"+condition, accounts, f.Target, f.State, f.Scan, without, profiles).QueryRow(count)
	}
	b.Queue("SELECT row_key, "+strings.Join(r.scans.columns, ", ")+condition+" ORDER BY number DESC OFFSET $7 LIMIT $8",
		accounts, f.Target, f.State, f.Scan, without, profiles, offset, limit).Query(func(rows pgx.Rows) (err error) {
		p.rows, err = pgx.CollectRows(rows, r.parsed.read)
		return err
	})
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
