package postgres

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// TestGuard tries what may not be done to the log, and what may.
func TestGuard(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	mustAppend(t, openLog(t, pool), newWrite(newScanStream(), 0, 3))
	for _, sql := range []string{
		"UPDATE events SET actor = 'other' WHERE version = 2",
		"UPDATE events SET payload = '{}' WHERE version = 2",
		"UPDATE events SET payload = NULL, digest = '' WHERE version = 2",
		"UPDATE events SET payload = NULL, version = 9 WHERE version = 2",
		"UPDATE events SET hash = '', payload = payload WHERE version = 2",
		"DELETE FROM events WHERE version = 2",
		"TRUNCATE events",
	} {
		if _, err := pool.Exec(t.Context(), sql); sqlState(err) != "23001" {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for range 2 {
		if tag, err := pool.Exec(t.Context(), "UPDATE events SET payload = NULL WHERE version = 2"); err != nil || tag.RowsAffected() != 1 {
			t.Errorf("erase: %v", err)
		}
	}
	if _, err := pool.Exec(t.Context(), "UPDATE events SET payload = '{}' WHERE version = 2"); sqlState(err) != "23001" {
		t.Errorf("a payload is put back: %v", err)
	}
}

// erase ends a scan's stream.
func erase(t *testing.T, log *Log, s domain.Stream, after int, reason string) []domain.Envelope {
	t.Helper()
	return mustAppend(t, log, ending(s, after, domain.ScanErased{Reason: reason}))
}

func ending(s domain.Stream, after int, e domain.Event) commands.Write {
	w := commands.Write{Stream: s, Owner: story, After: after, Erase: true}
	w.Events = []domain.Envelope{{ID: uuid.New(), Stream: s, Version: after + 1, Owner: story, At: time.Now(), Actor: "operator", Event: e}}
	return w
}

// story is the account of conformance's stories.
var story = uuid.MustParse("11111111-1111-4111-8111-111111111111")

// TestProofErased verifies a scan that is erased: its chain holds, nothing of it
// is left, and whatever is put back or has gone otherwise is named.
func TestProofErased(t *testing.T) {
	erased := func() *provable {
		p := newProvable(t)
		erase(t, openLog(t, p.pool), p.stream, p.last, domain.ForRetention)
		p.sign(t)
		return p
	}
	p := erased()
	for name, v := range map[string]*domain.Verdict{"all": p.all(t), "one": p.one(t)} {
		if !v.OK || v.Checked.Erased != p.last || v.Checked.Unsigned != 0 {
			t.Errorf("%s: %+v", name, v)
		}
	}
	for _, table := range []string{"evidence", "reports"} {
		var n int
		if err := p.pool.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil || n != 1 {
			t.Errorf("%s has %d rows, %v, want the other scan's", table, n, err)
		}
	}
	for _, c := range []struct{ sql, what string }{
		{"UPDATE events SET payload = '{}' WHERE stream = $1 AND version = 3", "payload"},
		{"UPDATE events SET payload = NULL WHERE stream = $1", "payload"},
		{"UPDATE events SET type = 'scan.failed' WHERE stream = $1 AND type = 'scan.erased'", "type"},
		{"UPDATE streams SET erased = false WHERE stream = $1", "note that the stream is erased"},
		{"INSERT INTO evidence (scan, hash, kind, body) VALUES ($2, encode(sha256('x'), 'hex'), 'http', 'x')", "evidence of what is erased"},
		{"INSERT INTO reports SELECT $1, $1, $2, 3, account, requested_at, completed_at, document FROM reports", "report of what is erased"},
	} {
		p := erased()
		p.exec(t, c.sql)
		v := p.one(t)
		if v.OK || !slices.ContainsFunc(v.Faults, func(f domain.Fault) bool { return f.What == c.what }) {
			t.Errorf("%s: %+v", c.sql, v.Faults)
		}
	}
}

// TestEvidenceOfErased keeps evidence while its scan is erased: none is left.
func TestEvidenceOfErased(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	log, evidence := openLog(t, pool), NewEvidence(pool)
	for range 10 {
		s := newScanStream()
		mustAppend(t, log, newWrite(s, 0, 1))
		kept := make(chan struct{})
		result := make(chan error, 1)
		go func() {
			for n := 0; ; n++ {
				if _, err := evidence.Keep(t.Context(), s.ID(), "http", []byte{byte(n)}); err != nil {
					result <- err
					return
				}
				if n == 3 {
					close(kept)
				}
			}
		}()
		<-kept
		erase(t, log, s, 1, domain.ForAccount)
		if err := <-result; domain.CodeOf(err) != domain.Over {
			t.Fatalf("keep: %v", err)
		}
		var n int
		if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM evidence WHERE scan = $1", s.ID()).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d pieces are left, %v", n, err)
		}
	}
}

// TestRelayLeavesOutErased begins to relay when a scan has been erased: what is
// left of it is its last event, and others are sent as ever.
func TestRelayLeavesOutErased(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	log, gone := openLog(t, pool), newScanStream()
	mustAppend(t, log, newWrite(gone, 0, 5))
	first := mustAppend(t, log, newWrite(newScanStream(), 0, 2))
	last := erase(t, log, gone, 5, domain.ForRetention)
	w := newWire()
	startRelay(t, &Relay{Pool: pool, Publish: w.publish, Batch: 2})
	want := idsOf(append(first, last...))
	w.await(t, want...)
	if got := w.ids(); !slices.Equal(got, want) {
		t.Errorf("sent %v\nwant %v", got, want)
	}
}

// TestErasedWhileProjected erases scans while all read models are filled with
// them, and others are added: nobody is in another's way, and no row is left.
func TestErasedWhileProjected(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	log := openLog(t, pool)
	tables := []interface {
		Apply(context.Context, []domain.Envelope) error
	}{NewTable(pool, projections.Scans), NewTable(pool, projections.Findings), NewTable(pool, projections.Reports)}
	var streams []domain.Stream
	var all []domain.Envelope
	for range 20 {
		streams = append(streams, ended(t, log, story, time.Now()))
		history, err := log.Read(t.Context(), streams[len(streams)-1], 0)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, history...)
	}
	each := len(all) / len(streams)
	var work sync.WaitGroup
	for _, table := range tables {
		for part := range 3 {
			work.Go(func() {
				for from := part * 7; from < len(all); from += 31 {
					if err := table.Apply(t.Context(), all[from:min(from+60, len(all))]); err != nil {
						t.Errorf("apply: %v", err)
					}
				}
			})
		}
	}
	work.Go(func() {
		for range 20 {
			ended(t, log, uuid.New(), time.Now())
		}
	})
	for _, s := range streams[1:] {
		erase(t, log, s, each, domain.ForRetention)
	}
	work.Wait()
	for _, table := range tables {
		if err := table.Apply(t.Context(), all); err != nil {
			t.Fatal(err)
		}
	}
	for table, want := range map[string]int{"scans": 1, "findings": 2, "reports": 1} {
		var n int
		if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM "+table).Scan(&n); err != nil || n != want {
			t.Errorf("%s has %d rows, %v, want %d of the scan that stands", table, n, err, want)
		}
	}
}

// TestKeyIssuedInClear deletes an account that has a key from before its name
// was sealed: that event's payload goes, and what is sealed stays.
func TestKeyIssuedInClear(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	log, account := openLog(t, pool), domain.NewStream(domain.AccountFamily, story)
	w := ending(account, 0, domain.AccountRegistered{Account: story, Email: "sealed"})
	w.Erase = false
	mustAppend(t, log, w)
	chained, _ := chainedV1(account, w.Events[0])
	if _, err := pool.Exec(t.Context(), `WITH head AS (UPDATE streams SET version = 2, head = $1 WHERE stream = $2)
		INSERT INTO events (id, stream, version, owner, type, schema_version, at, actor, cause, trace, payload, digest, hash)
		VALUES ($3, $2, 2, $4, 'key.issued', 1, $5, 'operator', '', '', $6, $7, $1)`,
		chained.Hash, account, chained.ID, story, chained.At, string(chained.Payload), chained.Sum); err != nil {
		t.Fatal(err)
	}
	history, err := log.Read(t.Context(), account, 0)
	if k, _ := history[1].Event.(domain.KeyIssued); err != nil || k.Name != "clear:planted name" {
		t.Errorf("lifted: %+v, %v", history[1], err)
	}
	mustAppend(t, log, ending(account, 2, domain.AccountDeleted{Account: story}))
	var left int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM events WHERE payload::text LIKE '%planted%'").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d events have the name, %v", left, err)
	}
	v := new(domain.Verdict)
	if err := NewProofs(pool).Stream(t.Context(), account, domain.Checkpoint{}, v); err != nil || v.Count > 0 || v.Checked.Erased != 1 {
		t.Errorf("%+v, %v", v, err)
	}
}

// chainedV1 is the event of a former day, chained to the one before.
func chainedV1(s domain.Stream, before domain.Envelope) (k domain.Kept, err error) {
	first := domain.Stored{Envelope: before, Type: before.Event.Kind()}
	first.At = before.At.UTC().Truncate(time.Microsecond)
	first.Schema, first.Payload, err = domain.Encode(before.Event)
	k.Envelope = domain.Envelope{ID: uuid.New(), Stream: s, Version: 2, Owner: before.Owner, At: first.At, Actor: "operator"}
	k.Type, k.Schema = "key.issued", 1
	k.Payload = []byte(`{"key":"01234567-89ab-4def-8123-456789abcdef","name":"planted name","prefix":"7AZ_abcd","allow_ip":[],"expires_at":null}`)
	k.Sum, k.Hash = k.Digest(), k.ChainHash(first.ChainHash(nil))
	return k, err
}

// ended appends a whole scan of an account's, that was over at a time.
func ended(t *testing.T, log *Log, owner uuid.UUID, at time.Time) domain.Stream {
	t.Helper()
	s := newScanStream()
	w := commands.Write{Stream: s, Owner: owner}
	for i, e := range conformance.Story(s.ID(), "https://example.com/") {
		w.Events = append(w.Events, domain.Envelope{ID: uuid.New(), Stream: s, Version: i + 1, Owner: owner, At: at, Actor: "operator", Event: e})
	}
	mustAppend(t, log, w)
	return s
}
