package postgres

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// listPage is a page of rows, how many there are in all, and the streams that the
// table was behind with just before.
type listPage[R any] struct {
	rows   []R
	total  int
	behind []string
}

// list is how a list is read from a table.
type list[R any] struct {
	of      *model[R]
	matches func(R) bool  // whether a row is in the list
	number  func(R) int64 // by which it is sorted, the highest first
	// page reads a page of the rows of all streams but some.
	page func(without []string, offset, limit int) (listPage[R], error)
}

// at is a page of a list, and how long the list is. Streams that the table is behind
// with are folded from the log and sorted in among the others. First is the page as
// the table has it.
func (l list[R]) at(ctx context.Context, first listPage[R], offset, limit int) ([]R, int, error) {
	if len(first.behind) == 0 {
		return first.rows, first.total, nil
	}
	behind, err := standings(ctx, l.of.pool, l.of.Table, first.behind, l.of.version)
	if err != nil {
		return nil, 0, away(err)
	}
	p, err := l.page(first.behind, 0, offset+limit)
	if err != nil {
		return nil, 0, away(err)
	}
	for _, row := range behind {
		if l.matches(row) {
			p.rows, p.total = append(p.rows, row), p.total+1
		}
	}
	slices.SortFunc(p.rows, func(a, b R) int { return cmp.Compare(l.number(b), l.number(a)) })
	p.rows = p.rows[min(offset, len(p.rows)):]
	return p.rows[:min(limit, len(p.rows))], p.total, nil
}

// queueBehind asks for the streams of a family, of some accounts, that the tables which
// lists are read from are behind with.
func queueBehind(b *pgx.Batch, family string, accounts []uuid.UUID, behind *[]string) {
	b.Queue("SELECT stream FROM streams s WHERE owner = ANY($1) AND listed < version AND NOT erased AND "+within(family), accounts).Query(func(rows pgx.Rows) (err error) {
		*behind, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
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
func (r *Reader) readPages(ctx context.Context, places []pageAt) (map[pageAt]listPage[projections.ScanRow], error) {
	pages, b := make([]listPage[projections.ScanRow], len(places)), asking()
	for i, p := range places {
		r.queuePage(b, &pages[i], p.filter(), []string{}, p.offset, p.limit)
	}
	if err := r.pool.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	found := make(map[pageAt]listPage[projections.ScanRow], len(places))
	for i, p := range places {
		found[p] = pages[i]
	}
	return found, nil
}

// page reads one page, leaving out the streams named.
func (r *Reader) page(ctx context.Context, f projections.ScanFilter, without []string, offset, limit int) (p listPage[projections.ScanRow], err error) {
	b := &pgx.Batch{}
	r.queuePage(b, &p, f, without, offset, limit)
	return p, r.pool.SendBatch(ctx, b).Close()
}

func (r *Reader) queuePage(b *pgx.Batch, p *listPage[projections.ScanRow], f projections.ScanFilter, without []string, offset, limit int) {
	const condition = ` FROM scans WHERE account = ANY($1) AND ($2 = '' OR target_value = $2) AND ($3 = '' OR state = $3)
		AND ($4 = '00000000-0000-0000-0000-000000000000'::uuid OR scan = $4) AND NOT stream = ANY($5)
		AND (cardinality($6::text[]) = 0 OR profile = ANY($6))`
	accounts, profiles := f.Accounts(), append([]domain.Profile{}, f.Profiles...)
	queueBehind(b, domain.ScanFamily, accounts, &p.behind)
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
