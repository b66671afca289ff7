package postgres

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Table keeps one read model. Its columns are the row's db tags, beside
// row_key and stream.
type Table[R any] struct {
	fold    projections.Fold[R]
	pool    *pgxpool.Pool
	columns []string
	lists   bool // whether streams.listed follows this table
}

// NewTable returns the table of a read model.
func NewTable[R any](pool *pgxpool.Pool, fold projections.Fold[R]) *Table[R] {
	t := &Table[R]{fold: fold, pool: pool, lists: slices.Contains([]string{projections.Scans.Name, projections.Targets.Name, projections.Links.Name}, fold.Name)}
	for f := range reflect.TypeFor[R]().Fields() {
		t.columns = append(t.columns, f.Tag.Get("db"))
	}
	return t
}

// Name is the read model's name.
func (t *Table[R]) Name() string { return t.fold.Name }

// Family is that of the streams that the read model is made of.
func (t *Table[R]) Family() string { return t.fold.Family }

// Apply folds a batch into the rows of the version that is live, in one
// transaction with the versions that the streams then have. Events that are in
// the rows already are skipped. Where events are missing before those of the
// batch, they are read from the log: what the log has is never waited for. A
// stream that is erased has no rows, whatever of it comes.
func (t *Table[R]) Apply(ctx context.Context, batch []domain.Envelope) error {
	return applyTo(ctx, t.pool, batch, t)
}

// applying is how a batch goes into a version.
type applying struct {
	// gap reads what is missing after a stream's version; nothing without an
	// error when what follows is to be left out.
	gap    func(ctx context.Context, s domain.Stream, after int) ([]domain.Envelope, error)
	listed bool // streams.listed follows
	// A rebuild's: the checksum of the rows and the count of events, which follow.
	sum    *summing
	events *int64
}

// applyTo folds a batch into the rows of one version.
func (t *Table[R]) applyTo(ctx context.Context, tx pgx.Tx, v version, batch []domain.Envelope, how applying) error {
	return fill(ctx, tx, t.filling(v, byStream(batch), how))
}

// fromLog fills gaps with what the log has.
func fromLog(q querier) func(context.Context, domain.Stream, int) ([]domain.Envelope, error) {
	return func(ctx context.Context, s domain.Stream, after int) ([]domain.Envelope, error) {
		missing, err := readStream(ctx, q, s, after)
		if err == nil && (len(missing) == 0 || missing[0].Version != after+1) {
			err = &unknownEvent{s, after + 1}
		}
		return missing, err
	}
}

// history is what a batch has of one stream, oldest first.
type history struct {
	stream domain.Stream
	events []domain.Envelope
	erased bool // whether the stream is: then it is forgotten, and not folded
}

// place is how far a projection has come with a stream.
type place struct {
	version int
	erased  bool // whether the log says so of the stream
}

// byStream sorts a batch by stream and version, so that all writers lock rows
// in one order.
func byStream(batch []domain.Envelope) []history {
	at := map[domain.Stream]int{}
	var out []history
	for _, e := range batch {
		i, ok := at[e.Stream]
		if !ok {
			i = len(out)
			at[e.Stream], out = i, append(out, history{stream: e.Stream})
		}
		out[i].events = append(out[i].events, e)
	}
	for _, h := range out {
		slices.SortStableFunc(h.events, func(a, b domain.Envelope) int { return a.Version - b.Version })
	}
	slices.SortFunc(out, func(a, b history) int { return strings.Compare(string(a.stream), string(b.stream)) })
	return out
}

// newsOf is what of a stream's batch is not in the rows yet, without a gap.
func newsOf(ctx context.Context, h history, have int, how applying) (history, error) {
	fresh := h.events[:0:0]
	for _, e := range h.events {
		if e.Version == have+len(fresh)+1 {
			fresh = append(fresh, e)
		} else if e.Version > have+len(fresh)+1 {
			missing, err := how.gap(ctx, h.stream, have)
			if err != nil || len(missing) == 0 {
				return history{stream: h.stream, events: fresh}, err
			}
			return history{stream: h.stream, events: missing}, nil
		}
	}
	return history{stream: h.stream, events: fresh}, nil
}

// forget queues that a stream has no rows, as of a version of it.
func (t *Table[R]) forget(b *pgx.Batch, table, places string, s domain.Stream, last int) {
	b.Queue(`INSERT INTO `+places+` AS p (projection, stream, version) VALUES ($1, $2, $3)
		ON CONFLICT (projection, stream) DO UPDATE SET version = greatest(p.version, excluded.version)`, t.fold.Name, s, last)
	condition, keys := t.ofStreams(s)
	b.Queue("DELETE FROM "+table+" "+condition, keys)
}
