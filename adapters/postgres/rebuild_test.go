package postgres

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// scansTold appends n whole scans and returns the log.
func scansTold(t *testing.T, n int) (*pgxpool.Pool, *Log, []domain.Stream) {
	t.Helper()
	pool := openPool(t, newDatabase(t))
	log := openLog(t, pool)
	writes, names := make([]commands.Write, n), make([]domain.Stream, n)
	for i := range writes {
		writes[i] = storyOf(uuid.Must(uuid.NewV7()))
		names[i] = writes[i].Stream
	}
	mustAppend(t, log, writes...)
	return pool, log, names
}

func mustRebuild[R any](t *testing.T, table *Table[R], how projections.Rebuilding) projections.Rebuilt {
	t.Helper()
	done, err := table.Rebuild(t.Context(), how)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

// TestRebuildOfErased erases one scan: it has no rows any more, nothing stops,
// and what is erased counts as known.
func TestRebuildOfErased(t *testing.T) {
	pool, log, names := scansTold(t, 3)
	scans, findings := NewTable(pool, projections.Scans), NewTable(pool, projections.Findings)
	mustRebuild(t, scans, projections.Rebuilding{})
	before := mustRebuild(t, findings, projections.Rebuilding{})
	erase(t, log, names[1], intOf(t, pool, "SELECT version FROM streams WHERE stream = $1", names[1]), domain.ForRetention)
	for _, one := range []projections.Rebuilt{
		mustRebuild(t, scans, projections.Rebuilding{}), mustRebuild(t, NewTable(pool, projections.Reports), projections.Rebuilding{}),
		mustRebuild(t, NewTable(pool, projections.Sightings), projections.Rebuilding{}),
	} {
		if one.Rows != 2 {
			t.Errorf("%+v", one)
		}
	}
	if after := mustRebuild(t, findings, projections.Rebuilding{}); after.Rows != before.Rows*2/3 {
		t.Errorf("%d findings, then %d", before.Rows, after.Rows)
	}
	if n := intOf(t, pool, "SELECT count(*) FROM scans WHERE stream = $1", names[1]); n != 0 {
		t.Errorf("%d rows of what is erased", n)
	}
	if n := intOf(t, pool, "SELECT count(*) FROM projected p JOIN streams s USING (stream) WHERE p.version = s.version"); n != 12 {
		t.Errorf("%d places of 12", n)
	}
}

// TestRebuildLists has the table of lists know what the rebuild has put there.
func TestRebuildLists(t *testing.T) {
	pool, log, names := scansTold(t, 3)
	scans := NewTable(pool, projections.Scans)
	history, err := log.Read(t.Context(), names[0], 0)
	if err == nil {
		err = scans.Apply(t.Context(), history[:5])
	}
	if err != nil {
		t.Fatal(err)
	}
	mustRebuild(t, NewTable(pool, projections.Findings), projections.Rebuilding{})
	if n := intOf(t, pool, "SELECT sum(listed) FROM streams"); n != 5 {
		t.Errorf("findings changed what is listed: %d", n)
	}
	mustRebuild(t, scans, projections.Rebuilding{})
	if n := intOf(t, pool, "SELECT count(*) FROM streams WHERE listed = version"); n != 3 {
		t.Errorf("%d of 3 are listed", n)
	}
}

// TestRebuildLeavesNoTables drops the versions before, and what was refused.
func TestRebuildLeavesNoTables(t *testing.T) {
	pool, _, _ := scansTold(t, 2)
	scans := NewTable(pool, projections.Scans)
	const indexes = "SELECT count(*) FROM pg_index WHERE indisvalid AND indrelid = $1::regclass"
	first := intOf(t, pool, indexes, standing(t, pool, "scans"))
	for range 3 {
		mustRebuild(t, scans, projections.Rebuilding{})
	}
	if n := intOf(t, pool, "SELECT count(*) FROM pg_class WHERE relname ~ '^scans_v[0-9]+(_places)?$' AND relkind = 'r'"); n != 2 {
		t.Errorf("%d tables", n)
	}
	if now := intOf(t, pool, indexes, standing(t, pool, "scans")); now != first || first == 0 {
		t.Errorf("%d indexes of %d", now, first)
	}
}

// TestRebuildAbandoned drops what a cut-off rebuild has left, once nobody has
// gone on with it for as long as was said.
func TestRebuildAbandoned(t *testing.T) {
	pool, _, _ := scansTold(t, 4)
	scans := NewTable(pool, projections.Scans)
	ctx, cut := context.WithCancel(t.Context())
	_, err := scans.Rebuild(ctx, projections.Rebuilding{Piece: 1, Rest: func(context.Context, time.Duration) { cut() }})
	if err == nil {
		t.Fatal("the rebuild was not cut off")
	}
	const tables, building = "SELECT count(*) FROM pg_class WHERE relname ~ '^scans_v[0-9]+$' AND relkind = 'r'", "SELECT count(*) FROM models WHERE building IS NOT NULL"
	if err := scans.DropAbandoned(t.Context(), time.Hour); err != nil || intOf(t, pool, building) != 1 {
		t.Errorf("a rebuild that may go on is dropped: %v", err)
	}
	if err := scans.DropAbandoned(t.Context(), 0); err != nil || intOf(t, pool, building) != 0 || intOf(t, pool, tables) != 1 {
		t.Errorf("%d tables are left: %v", intOf(t, pool, tables), err)
	}
	if done := mustRebuild(t, scans, projections.Rebuilding{}); done.Resumed || done.Rows != 4 {
		t.Errorf("made anew: %+v", done)
	}
}

// lostTopic is a topic whose broker is away.
type lostTopic struct{ projections.Topic }

func (lostTopic) Extent(context.Context) (first, next map[int32]int64, err error) {
	return nil, nil, errors.New("no broker answers")
}

// TestRebuildWithoutItsTopic has a broker that is away not taken for a database.
func TestRebuildWithoutItsTopic(t *testing.T) {
	pool, _, _ := scansTold(t, 1)
	_, err := NewTable(pool, projections.Scans).Rebuild(t.Context(), projections.Rebuilding{Topic: lostTopic{}})
	if domain.CodeOf(err) != domain.Internal || err.Error() != "no broker answers" {
		t.Errorf("it says %v", err)
	}
}

// livelyTopic is a topic into which an event comes, and is applied, whenever
// somebody has asked how far it goes, until its table is about to be swapped.
type livelyTopic struct {
	table    *Table[projections.ScanRow]
	history  []domain.Envelope
	n        int
	swapping bool
}

// Extent implements projections.Topic.
func (l *livelyTopic) Extent(ctx context.Context) (first, next map[int32]int64, err error) {
	next = map[int32]int64{0: int64(l.n)}
	if l.n < len(l.history) && !l.swapping {
		err = l.table.Apply(ctx, l.history[l.n:l.n+1])
		l.n++
	}
	return map[int32]int64{0: 0}, next, err
}

// Read implements projections.Topic.
func (l *livelyTopic) Read(ctx context.Context, from, to map[int32]int64, see func(context.Context, int32, int64, []domain.Envelope) error) error {
	return see(ctx, 0, to[0], l.history[from[0]:to[0]])
}

// TestRebuildFromALivelyTopic has what stands always ahead of what was read of
// the topic, which lacks nothing.
func TestRebuildFromALivelyTopic(t *testing.T) {
	pool, log, names := scansTold(t, 3)
	table := NewTable(pool, projections.Scans)
	topic := &livelyTopic{table: table}
	for _, name := range names {
		events, err := log.Read(t.Context(), name, 0)
		if err != nil {
			t.Fatal(err)
		}
		topic.history = append(topic.history, events...)
	}
	done := mustRebuild(t, table, projections.Rebuilding{
		Topic: topic, Seen: func(p projections.Progress) { topic.swapping = p.Phase == projections.Swapping },
	})
	if done.Lost != 0 || done.Events != int64(topic.n) || topic.n == len(topic.history) {
		t.Errorf("of %d events %d are in the topic: %+v", len(topic.history), topic.n, done)
	}
}

// TestRebuildAfterAMigration gives the model a column while another version is made.
func TestRebuildAfterAMigration(t *testing.T) {
	pool, _, _ := scansTold(t, 2)
	scans := NewTable(pool, projections.Scans)
	mustRebuild(t, scans, projections.Rebuilding{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := scans.Rebuild(ctx, projections.Rebuilding{Seen: func(projections.Progress) { cancel() }}); err == nil {
		t.Fatal("it was not cut off")
	}
	if _, err := pool.Exec(t.Context(), "SELECT read_model_altered('scans', 'ADD COLUMN more integer NOT NULL DEFAULT 7')"); err != nil {
		t.Fatal(err)
	}
	if done := mustRebuild(t, scans, projections.Rebuilding{}); done.Resumed {
		t.Error("it went on with a table that lacks the column")
	}
	if n := intOf(t, pool, "SELECT sum(more) FROM scans"); n != 14 {
		t.Errorf("the column has %d", n)
	}
}

// TestVerifyDuringRebuilds proves scans while their reports are made again.
func TestVerifyDuringRebuilds(t *testing.T) {
	pool, log, names := scansTold(t, 4)
	reports := NewTable(pool, projections.Reports)
	mustRebuild(t, reports, projections.Rebuilding{})
	end := make(chan struct{})
	var work sync.WaitGroup
	work.Go(func() {
		defer close(end)
		for range 4 {
			mustAppend(t, log, storyOf(uuid.Must(uuid.NewV7())))
			if _, err := reports.Rebuild(t.Context(), projections.Rebuilding{Piece: 20}); err != nil {
				t.Error(err)
			}
		}
	})
	defer work.Wait()
	proofs := NewProofs(pool)
	for i := 0; ; i++ {
		select {
		case <-end:
			return
		default:
		}
		v := new(domain.Verdict)
		if err := proofs.Stream(t.Context(), names[i%len(names)], domain.Checkpoint{}, v); err != nil {
			t.Fatal(err)
		}
		bad := slices.ContainsFunc(v.Faults, func(f domain.Fault) bool { return strings.HasPrefix(f.What, "report") })
		if bad || v.Checked.Reports != 1 {
			t.Fatalf("%d reports: %+v", v.Checked.Reports, v.Faults)
		}
	}
}

// TestSum adds rows in any order, and takes them out.
func TestSum(t *testing.T) {
	hashes := make([][32]byte, 50)
	for i := range hashes {
		for j := range hashes[i] {
			hashes[i][j] = byte(200 + i*j)
		}
	}
	var forth, back, joined, part Sum
	for i := range hashes {
		forth.Add(hashes[i])
		back.Add(hashes[len(hashes)-1-i])
		if i < 20 {
			part.Add(hashes[i])
		} else {
			joined.Add(hashes[i])
		}
	}
	joined.Join(part)
	if forth != back || forth != joined || forth.Rows != 50 {
		t.Errorf("%v, %v, %v", forth, back, joined)
	}
	for i := range hashes {
		forth.Take(hashes[(i+7)%len(hashes)])
	}
	if forth != (Sum{}) {
		t.Errorf("without its rows: %v", forth)
	}
}

// TestSnapshotHoldsTheSwap reads in one snapshot while a rebuild wants to swap:
// it waits, or the rows would be of one version and their places of another.
func TestSnapshotHoldsTheSwap(t *testing.T) {
	pool, _, _ := scansTold(t, 1)
	reports := NewTable(pool, projections.Reports)
	done := make(chan error, 1)
	err := NewProofs(pool).At(t.Context(), func(*Proofs) error {
		go func() {
			_, err := reports.Rebuild(t.Context(), projections.Rebuilding{})
			done <- err
		}()
		for intOf(t, pool, `SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'relation' AND mode = 'AccessExclusiveLock'
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) == 0 {
			select {
			case err := <-done:
				t.Errorf("it did not wait: %v", err)
				done <- nil
				return nil
			default:
			}
		}
		return nil
	})
	if err := errors.Join(err, <-done); err != nil {
		t.Fatal(err)
	}
	if n := intOf(t, pool, "SELECT live FROM models WHERE model = 'reports'"); n != 2 {
		t.Errorf("version %d is live", n)
	}
}

// TestRebuildWantsJSON refuses to read back what the server writes otherwise
// than it was given, and takes rows that were there before.
func TestRebuildWantsJSON(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	table := NewTable(pool, projections.Reports)
	if err := table.Apply(t.Context(), mustAppend(t, openLog(t, pool), grownScan())); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		kind, instead string
		refused       bool
	}{{"jsonb", "json", true}, {"json", "jsonb", false}} {
		if _, err := pool.Exec(t.Context(), "SELECT read_models_keep($1::text::regtype, $2::text::regtype)", c.kind, c.instead); err != nil {
			t.Fatal(err)
		}
		done, err := table.Rebuild(t.Context(), projections.Rebuilding{})
		var refused *projections.Refused
		if errors.As(err, &refused) != c.refused || done.Swapped == c.refused || err != nil && !c.refused {
			t.Errorf("%s: %+v, %v", c.kind, done, err)
		}
	}
}
