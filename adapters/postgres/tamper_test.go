package postgres

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/domain"
)

// tamperings are changes of what is kept, with what must be named and at which
// version; $1 is the stream, $2 the scan.
var tamperings = []struct {
	name, sql, what string
	version         int
}{
	{"payload", `UPDATE events SET payload = replace(payload::text, '443', '444')::json WHERE stream = $1 AND version = 4`, "payload", 4},
	{"a space in the payload", `UPDATE events SET payload = (payload::text || ' ')::json WHERE stream = $1 AND version = 4`, "payload", 4},
	{"payload of the newest", `UPDATE events SET payload = replace(payload::text, '"security"', '"Security"')::json WHERE stream = $1 AND version = (SELECT max(version) FROM events WHERE stream = $1)`, "payload", -1},
	{"payload and digest", `UPDATE events SET payload = '{}', digest = sha256('{}') WHERE stream = $1 AND version = 3`, "id, owner, type, time, actor or cause", 3},
	{"digest", `UPDATE events SET digest = set_byte(digest, 31, get_byte(digest, 31) # 1) WHERE stream = $1 AND version = 4`, "digest", 4},
	{"hash", `UPDATE events SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1) WHERE stream = $1 AND version = 4`, "hash", 4},
	{"hash of the newest", `UPDATE events SET hash = set_byte(hash, 0, get_byte(hash, 0) # 1) WHERE stream = $1 AND version = (SELECT max(version) FROM events WHERE stream = $1)`, "hash", -1},
	{"id", `UPDATE events SET id = gen_random_uuid() WHERE stream = $1 AND version = 4`, "id,", 4},
	{"time", `UPDATE events SET at = at + interval '1 microsecond' WHERE stream = $1 AND version = 4`, "time", 4},
	{"actor", `UPDATE events SET actor = 'worker:x' WHERE stream = $1 AND version = 1`, "actor", 1},
	{"cause", `UPDATE events SET cause = '' WHERE stream = $1 AND version = 4`, "cause", 4},
	{"owner", `UPDATE events SET owner = gen_random_uuid() WHERE stream = $1 AND version = 4`, "owner", 4},
	{"type", `UPDATE events SET type = 'service.identified' WHERE stream = $1 AND version = 4`, "type", 4},
	{"schema", `UPDATE events SET schema_version = 2 WHERE stream = $1 AND version = 4`, "type", 4},
	{"version", `UPDATE events SET version = 400 WHERE stream = $1 AND version = 4`, "versions without a gap", 5},
	{"an event moved to another stream", `UPDATE events SET stream = 'scan-x' WHERE stream = $1 AND version = 4`, "versions without a gap", 5},
	{"first deleted", `DELETE FROM events WHERE stream = $1 AND version = 1`, "versions without a gap", 2},
	{"middle deleted", `DELETE FROM events WHERE stream = $1 AND version = 4`, "versions without a gap", 5},
	{"newest deleted", `DELETE FROM events WHERE stream = $1 AND version = (SELECT max(version) FROM events WHERE stream = $1)`, "newest version", -1},
	{"newest deleted, head put back", `WITH gone AS (DELETE FROM events WHERE stream = $1 AND version = (SELECT max(version) FROM events WHERE stream = $1))
		UPDATE streams SET version = streams.version - 1, head = e.hash FROM events e WHERE streams.stream = $1 AND e.stream = $1 AND e.version = streams.version - 1`, "event that checkpoint 2 has", -1},
	{"payload taken away", `UPDATE events SET payload = NULL WHERE stream = $1 AND version = 4`, "payload", 4},
	{"note of an erasure", `UPDATE streams SET erased = true WHERE stream = $1`, "note that the stream is erased", -1},
	{"head's version", `UPDATE streams SET version = version + 1 WHERE stream = $1`, "newest version", -2},
	{"head's hash", `UPDATE streams SET head = set_byte(head, 0, get_byte(head, 0) # 1) WHERE stream = $1`, "head of the stream", -1},
	{"head's owner", `UPDATE streams SET owner = gen_random_uuid() WHERE stream = $1`, "owner of the stream", 1},
	{"head deleted", `DELETE FROM streams WHERE stream = $1`, "head of the stream", -1},
	{"events deleted", `DELETE FROM events WHERE stream = $1`, "event that checkpoint 2 has", -1},
	{"evidence", `UPDATE evidence SET body = set_byte(body, 3, get_byte(body, 3) # 1) WHERE scan = $2`, "evidence", -3},
	{"evidence deleted", `DELETE FROM evidence WHERE scan = $2`, "evidence", -3},
	{"evidence renamed", `UPDATE evidence SET hash = repeat('0', 64) WHERE scan = $2`, "evidence", -3},
	{"report", `UPDATE reports SET document = jsonb_set(document::jsonb, '{scores,security}', '100') WHERE stream = $1`, "report document", -1},
	{"a word more in the report", `UPDATE reports SET document = document::jsonb || '{"more": 1}' WHERE stream = $1`, "report document", -1},
	{"report's account", `UPDATE reports SET account = gen_random_uuid() WHERE stream = $1`, "report", -1},
	{"report's time", `UPDATE reports SET completed_at = completed_at + interval '1 microsecond' WHERE stream = $1`, "report", -1},
	{"report's version", `UPDATE reports SET version = version - 1 WHERE stream = $1`, "report's version", -1},
	{"report deleted", `DELETE FROM reports WHERE stream = $1`, "report's version", -1},
	{"signed head", `UPDATE signed_heads SET head = set_byte(head, 0, get_byte(head, 0) # 1) WHERE stream = $1`, "hash that checkpoint 2 has", -1},
	{"signed head deleted", `DELETE FROM signed_heads WHERE stream = $1`, "checkpoint that covers it", 1},
	{"statement", `UPDATE checkpoints SET statement = set_byte(statement, 30, get_byte(statement, 30) # 1) WHERE number = 2`, "checkpoint 2", -1},
	{"signature", `UPDATE checkpoints SET signature = set_byte(signature, 30, get_byte(signature, 30) # 1) WHERE number = 2`, "checkpoint 2", -1},
	{"key", `UPDATE secrets SET value = set_byte(value, 0, get_byte(value, 0) # 1) WHERE name = 'installation:signing'`, "checkpoint 2", -1},
}

// TestTampering changes one thing at a time, and has it named by the scan's
// verification and by that of the whole log.
func TestTampering(t *testing.T) {
	for _, c := range tamperings {
		t.Run(c.name, func(t *testing.T) {
			p := newProvable(t)
			p.exec(t, c.sql)
			var err error
			if p.signer, err = NewSigner(t.Context(), p.pool, time.Now, func([]byte) {}); err != nil {
				t.Fatal(err)
			}
			version := map[int]int{-1: p.last, -2: p.last + 1, -3: 12}[c.version]
			if c.version > 0 {
				version = c.version
			}
			for name, v := range map[string]*domain.Verdict{"one": p.one(t), "all": p.all(t)} {
				named := false
				for _, f := range v.Faults {
					ours := f.Stream == p.stream && f.Version == version || f.Stream == "" && name == "all"
					named = named || ours && strings.Contains(f.What, c.what)
				}
				if v.OK || !named {
					t.Errorf("%s: no %q at version %d among %+v", name, c.what, version, v.Faults)
				}
			}
		})
	}
}

// exec runs SQL about the newest scan, whose parameters it takes as it needs,
// past the guard of the log.
func (p *provable) exec(t *testing.T, sql string) {
	t.Helper()
	sql = strings.NewReplacer("$1", fmt.Sprintf("'%s'", p.stream), "$2", fmt.Sprintf("'%s'", p.scan)).Replace(sql)
	unguard(t, p.pool)
	tag, err := p.pool.Exec(t.Context(), sql)
	if err != nil || tag.RowsAffected() == 0 {
		t.Fatalf("%s: %d rows, %v", sql, tag.RowsAffected(), err)
	}
}

// unguard takes the guard of the log away, as who owns the database can.
func unguard(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	if _, err := pool.Exec(t.Context(), "ALTER TABLE events DISABLE TRIGGER USER"); err != nil {
		t.Fatal(err)
	}
}

// TestWholeStreamGone takes all traces of a scan away that its own rows have:
// the checkpoints still tell.
func TestWholeStreamGone(t *testing.T) {
	for name, more := range map[string]string{
		"its rows": "", "signed heads too": "DELETE FROM signed_heads WHERE stream = $1", "its checkpoint too": "DELETE FROM checkpoints WHERE number = 1",
	} {
		t.Run(name, func(t *testing.T) {
			p := newProvable(t)
			first := domain.Stream("")
			if err := p.pool.QueryRow(t.Context(), "SELECT stream FROM signed_heads WHERE checkpoint = 1").Scan(&first); err != nil {
				t.Fatal(err)
			}
			p.stream, p.scan = first, first.ID()
			for _, table := range []string{"events", "streams", "reports", "projected"} {
				p.exec(t, "DELETE FROM "+table+" WHERE stream = $1")
			}
			p.exec(t, "DELETE FROM evidence WHERE scan = $2")
			if more != "" {
				p.exec(t, more)
			}
			if v := p.all(t); v.OK {
				t.Errorf("%+v", v)
			}
		})
	}
	p := newProvable(t)
	for _, table := range []string{"events", "streams", "reports", "projected", "signed_heads"} {
		p.exec(t, "DELETE FROM "+table+" WHERE stream = $1")
	}
	v := p.all(t)
	var evidence bool
	for _, f := range v.Faults {
		evidence = evidence || f.What == "stream of the evidence" && f.Stream == p.stream
	}
	if !evidence {
		t.Errorf("evidence without a scan is not named: %+v", v.Faults)
	}
}

// TestRewritten writes a consistent chain of other events into the log: only
// the checkpoints contradict it.
func TestRewritten(t *testing.T) {
	p := newProvable(t)
	var kept []domain.Kept
	if err := p.proofs.Each(t.Context(), p.stream, 1<<30, func(k domain.Kept) error { kept = append(kept, k); return nil }); err != nil {
		t.Fatal(err)
	}
	unguard(t, p.pool)
	var before []byte
	for _, k := range kept {
		k.Actor = "worker:other"
		before = k.ChainHash(before)
		if _, err := p.pool.Exec(t.Context(), "UPDATE events SET actor = $3, hash = $4 WHERE stream = $1 AND version = $2", k.Stream, k.Version, k.Actor, before); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := p.pool.Exec(t.Context(), "UPDATE streams SET head = $2 WHERE stream = $1", p.stream, before); err != nil {
		t.Fatal(err)
	}
	v := p.one(t)
	if len(v.Faults) != 1 || v.Faults[0].What != "hash that checkpoint 2 has" {
		t.Errorf("%+v", v.Faults)
	}
}
