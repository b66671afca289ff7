package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Model is the table of a read model, whatever its rows are.
type Model interface {
	Name() string
	filling(v version, streams []history, how applying) steps
	compare(ctx context.Context, tx pgx.Tx, page *logPage, i *domain.Invariant) error
}

// Behind is a stream of which a read model lacks events.
type Behind struct {
	Model   string
	Stream  domain.Stream
	Version int // what it has
	Newest  int // what the log has
}

// logPage is a part of the log: some streams, whole.
type logPage struct {
	names   []string
	history map[domain.Stream][]domain.Envelope
	blind   map[domain.Stream]bool // streams that cannot be folded, as parts are missing
	behind  *[]Behind
}

const (
	pageEvents = 5000 // events of a page, if not of one stream
	pageNames  = 200
	maxBehind  = 10_000
)

// ReadModels compares each row of the tables with the fold of the log up to
// the version that its table has come to, and returns where that is not the
// newest: what a projection will have soon, or never. What it holds at one time
// is bounded by the longest stream.
func (a *Auditor) ReadModels(ctx context.Context, models []Model, i *domain.Invariant) (behind []Behind, err error) {
	names, err := a.named(ctx, models, "")
	for err == nil && len(names) > 0 {
		if err = a.pages(ctx, models, names, &behind, i); err == nil {
			names, err = a.named(ctx, models, names[len(names)-1])
		}
	}
	return behind, err
}

// Again compares some streams once more, and returns what is behind still.
func (a *Auditor) Again(ctx context.Context, models []Model, streams []domain.Stream, i *domain.Invariant) (behind []Behind, err error) {
	err = a.pages(ctx, models, texts(streams), &behind, i)
	return behind, err
}

// pages compares streams, as many at one time as are to be held.
func (a *Auditor) pages(ctx context.Context, models []Model, rest []string, behind *[]Behind, i *domain.Invariant) error {
	for len(rest) > 0 {
		err := a.snapshot(ctx, func(tx pgx.Tx) error {
			if err := standStill(ctx, tx, models...); err != nil {
				return err
			}
			page, n, err := a.page(ctx, tx, rest)
			if err != nil {
				return err
			}
			page.behind = behind
			rest = rest[n:]
			return comparePage(ctx, tx, models, page, i)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func texts(streams []domain.Stream) []string {
	out := make([]string, len(streams))
	for n, s := range streams {
		out[n] = string(s)
	}
	return out
}

func comparePage(ctx context.Context, tx pgx.Tx, models []Model, page *logPage, i *domain.Invariant) error {
	i.Look("streams", len(page.names))
	i.Note("streams with parts missing", len(page.blind))
	for _, m := range models {
		if err := m.compare(ctx, tx, page, i); err != nil {
			return fmt.Errorf("read model %s: %w", m.Name(), err)
		}
	}
	return nil
}

// named are the next streams after a name that the log or a table has.
func (a *Auditor) named(ctx context.Context, models []Model, name string) ([]string, error) {
	var from []string
	if a.After > 0 {
		from = append(from, "(SELECT DISTINCT stream FROM events WHERE position > $3 AND stream > $1 ORDER BY stream LIMIT $2)")
	} else {
		from = append(from, "(SELECT stream FROM streams WHERE stream > $1 AND $3::bigint = 0 ORDER BY stream LIMIT $2)",
			"(SELECT DISTINCT stream FROM projected WHERE stream > $1 ORDER BY stream LIMIT $2)")
		for _, m := range models {
			from = append(from, "(SELECT DISTINCT stream FROM "+m.Name()+" WHERE stream > $1 ORDER BY stream LIMIT $2)")
		}
	}
	rows, err := a.pool.Query(ctx, "SELECT stream FROM ("+strings.Join(from, " UNION ")+") s ORDER BY 1 LIMIT $2", name, pageNames, a.After)
	if err != nil {
		return nil, away(err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return names, away(err)
}

// page reads the first streams of some, as many as are to be held at one time.
func (a *Auditor) page(ctx context.Context, tx pgx.Tx, names []string) (*logPage, int, error) {
	n, events := 0, 0
	rows, err := tx.Query(ctx, `SELECT coalesce(s.version, 0) FROM unnest($1::text[]) WITH ORDINALITY AS n(stream, place)
		LEFT JOIN streams s USING (stream) ORDER BY place`, names)
	if err != nil {
		return nil, 0, err
	}
	versions, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return nil, 0, err
	}
	for n < len(names) && (n == 0 || events+versions[n] <= pageEvents) {
		events += versions[n]
		n++
	}
	page := &logPage{history: map[domain.Stream][]domain.Envelope{}, blind: map[domain.Stream]bool{}}
	for _, name := range names[:n] {
		if !a.Broken[domain.Stream(name)] {
			page.names = append(page.names, name)
		}
	}
	rows, err = tx.Query(ctx, "SELECT "+eventColumns+" FROM events WHERE stream = ANY($1) ORDER BY stream, version", page.names)
	if err != nil {
		return nil, 0, err
	}
	stored, err := pgx.CollectRows(rows, scanStored)
	for _, s := range stored {
		page.add(s)
	}
	for s, history := range page.history {
		if lacking(history) {
			page.blind[s] = true
		}
	}
	return page, n, err
}

// add takes the next event. A stream that cannot be decoded is no read model's
// fault: verify names it.
func (p *logPage) add(s domain.Stored) {
	event, err := s.Read()
	if err != nil {
		p.blind[s.Stream] = true
		return
	}
	e := s.Envelope
	e.Event = event
	p.history[s.Stream] = append(p.history[s.Stream], e)
}

// lacking says that an event is erased, and none says so of the stream.
func lacking(history []domain.Envelope) bool {
	return !slices.ContainsFunc(history, projections.Forgets) &&
		slices.ContainsFunc(history, func(e domain.Envelope) bool { _, gone := e.Event.(domain.Erased); return gone })
}

// lacks takes note of a stream that is behind, as long as there is room.
func (p *logPage) lacks(b Behind) {
	if len(*p.behind) < maxBehind {
		*p.behind = append(*p.behind, b)
	}
}

// compare implements Model.
func (t *Table[R]) compare(ctx context.Context, tx pgx.Tx, page *logPage, i *domain.Invariant) error {
	have, err := t.places(ctx, tx, page.names)
	if err != nil {
		return err
	}
	var names []string
	var wanted [][]byte
	for _, name := range page.names {
		s := domain.Stream(name)
		if page.blind[s] {
			continue
		}
		names = append(names, name)
		history := page.history[s]
		rows, err := t.folded(s, history[:min(have[s], len(history))])
		if err != nil {
			return err
		}
		wanted = append(wanted, rows...)
		if have[s] > len(history) {
			i.Violate(domain.Violation{Stream: s, Version: have[s], What: t.Name() + ": version", Expected: "at most " + strconv.Itoa(len(history)), Found: strconv.Itoa(have[s])})
		}
		if have[s] < len(history) && t.concerns(history[have[s]:]) {
			page.lacks(Behind{t.Name(), s, have[s], len(history)})
		}
	}
	i.Look("rows of "+t.Name(), len(wanted))
	return t.differences(ctx, tx, names, wanted, i)
}

// concerns says whether events mean anything to this model.
func (t *Table[R]) concerns(events []domain.Envelope) bool {
	return slices.ContainsFunc(events, func(e domain.Envelope) bool { _, ok := t.fold.Key(e); return ok })
}

// places are how far the table has come with streams.
func (t *Table[R]) places(ctx context.Context, tx pgx.Tx, names []string) (map[domain.Stream]int, error) {
	rows, err := tx.Query(ctx, "SELECT stream, version FROM projected WHERE projection = $1 AND stream = ANY($2)", t.fold.Name, names)
	if err != nil {
		return nil, err
	}
	have := map[domain.Stream]int{}
	var s domain.Stream
	var v int
	_, err = pgx.ForEachRow(rows, []any{&s, &v}, func() error { have[s] = v; return nil })
	return have, err
}

// folded are the rows of one stream's history, each as JSON by its columns.
func (t *Table[R]) folded(s domain.Stream, history []domain.Envelope) ([][]byte, error) {
	rows := t.fold.Rows(map[string]R{}, history)
	out := make([][]byte, 0, len(rows))
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		row := rows[key]
		columns := map[string]any{"row_key": key, "stream": s}
		for n, f := range fieldsOf(&row) {
			columns[t.columns[n]] = f
		}
		text, err := json.Marshal(columns)
		if err != nil {
			return nil, err
		}
		out = append(out, text)
	}
	return out, nil
}

// differences lets the database write the rows as it would store them, and
// names those that are not the same there.
func (t *Table[R]) differences(ctx context.Context, tx pgx.Tx, names []string, wanted [][]byte, i *domain.Invariant) error {
	rows, err := tx.Query(ctx, fmt.Sprintf(`WITH w AS (SELECT r.row_key, r.stream, to_jsonb(r) AS body FROM unnest($2::jsonb[]) j, jsonb_populate_record(NULL::%[1]s, j) r),
			t AS (SELECT t.row_key, t.stream, to_jsonb(t) AS body FROM %[1]s t WHERE stream = ANY($1))
		SELECT coalesce(t.row_key, w.row_key), coalesce(w.stream, t.stream), w.body::text, t.body::text
		FROM t FULL JOIN w ON t.row_key = w.row_key WHERE t.body IS DISTINCT FROM w.body`, t.fold.Name), names, wanted)
	if err != nil {
		return err
	}
	var key string
	var s domain.Stream
	var want, found []byte
	_, err = pgx.ForEachRow(rows, []any{&key, &s, &want, &found}, func() error {
		v := domain.Violation{Stream: s, ID: key, What: t.Name() + ": row", Expected: string(want), Found: string(found)}
		switch {
		case want == nil:
			v.Expected = "none"
		case found == nil:
			v.Found = "none"
		default:
			place, expected, other := domain.JSONDifference(want, found)
			v.What, v.Expected, v.Found = t.Name()+": "+place, expected, other
		}
		i.Violate(v)
		return nil
	})
	return err
}
