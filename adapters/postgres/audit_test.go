package postgres

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// audited is what the database's own invariants come to.
func (p *provable) audited(t *testing.T, after int64) (map[string]*domain.Invariant, []Behind, []Stuck) {
	t.Helper()
	a := NewAuditor(p.pool)
	a.After = after
	models := []Model{NewTable(p.pool, projections.Scans), NewTable(p.pool, projections.Findings), NewTable(p.pool, projections.Reports)}
	is := map[string]*domain.Invariant{}
	for _, name := range domain.Invariants {
		is[name] = domain.NewInvariant(name)
	}
	if err := a.Versions(t.Context(), is[domain.VersionsInvariant]); err != nil {
		t.Fatal(err)
	}
	if err := a.Acknowledged(t.Context(), is[domain.AcknowledgedInvariant]); err != nil {
		t.Fatal(err)
	}
	behind, err := a.ReadModels(t.Context(), models, is[domain.ReadModelsInvariant])
	if err != nil {
		t.Fatal(err)
	}
	stuck, _, err := a.Unfinished(t.Context(), is[domain.UnfinishedInvariant])
	if err != nil {
		t.Fatal(err)
	}
	return is, behind, stuck
}

// newAudited is a log with two finished scans and an account's stream, all of
// it in the read models.
func newAudited(t *testing.T) *provable {
	t.Helper()
	p := newProvable(t)
	account := uuid.New()
	stream := domain.NewStream(domain.AccountFamily, account)
	mustAppend(t, openLog(t, p.pool), commands.Write{Stream: stream, Owner: account, Claims: []commands.Claim{{Name: "email:x"}}, Events: []domain.Envelope{
		{ID: uuid.New(), Stream: stream, Version: 1, Owner: account, At: time.Now(), Actor: "operator", Cause: "request-1", Event: domain.AccountRegistered{Account: account}},
	}})
	for _, s := range []domain.Stream{p.stream, p.first(t)} {
		history, err := readStream(t.Context(), p.pool, s, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := NewTable(p.pool, projections.Scans).Apply(t.Context(), history); err != nil {
			t.Fatal(err)
		}
		if err := NewTable(p.pool, projections.Findings).Apply(t.Context(), history); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// copy has the same in a database of its own.
func (p *provable) copy(t *testing.T) *provable {
	t.Helper()
	other := *p
	other.pool = openPool(t, databaseFrom(t, p.pool.Config().ConnConfig.Database))
	return &other
}

// first is the scan that is not p's own.
func (p *provable) first(t *testing.T) (s domain.Stream) {
	t.Helper()
	if err := p.pool.QueryRow(t.Context(), "SELECT stream FROM streams WHERE stream LIKE 'scan-%' AND stream <> $1", p.stream).Scan(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// breakages are things that go wrong, with the one invariant that names them;
// $1 is the stream, $2 the scan.
var breakages = []struct {
	name, sql, invariant, what string
	version                    int
}{
	{"an event deleted", `DELETE FROM events WHERE stream = $1 AND version = 4`, domain.VersionsInvariant, "versions without a gap", 4},
	{"the first deleted", `DELETE FROM events WHERE stream = $1 AND version = 1`, domain.VersionsInvariant, "versions without a gap", 1},
	{"the newest deleted", `DELETE FROM events WHERE stream = $1 AND version = (SELECT max(version) FROM events WHERE stream = $1)`, domain.VersionsInvariant, "newest version", -1},
	{"all events deleted", `DELETE FROM events WHERE stream = $1`, domain.VersionsInvariant, "newest version", -1},
	{"the head deleted", `DELETE FROM streams WHERE stream = $1`, domain.VersionsInvariant, "newest version", -1},
	{"another head", `UPDATE streams SET head = '\x00' WHERE stream = $1`, domain.VersionsInvariant, "head of the stream", -1},
	{"a version twice", `UPDATE events SET version = 40 WHERE stream = $1 AND version = 4`, domain.VersionsInvariant, "versions without a gap", 4},
	{"a claim of nobody", `INSERT INTO claims VALUES ('email:y', 'account-none') RETURNING $1`, domain.AcknowledgedInvariant, "stream of the claim", 0},
	{"a claim that outlives its scan", `INSERT INTO claims VALUES ('running:x', $1)`, domain.AcknowledgedInvariant, "claim of a running scan", 0},
	{"an answer of an event that is not there", `INSERT INTO answers (record, attempt, owner, fingerprint, salt, leased_until, keep_until, events)
		SELECT 'r', id, owner, '', '', now(), now(), ARRAY[id, owner] FROM events WHERE stream = $1 AND version = 1`, domain.AcknowledgedInvariant, "event of the answer", 0},
	{"a full queue", `INSERT INTO tallies VALUES ('queue:scanner', 3) RETURNING $1`, domain.AcknowledgedInvariant, "tally", 0},
	{"an hour beyond its scans", `INSERT INTO tallies SELECT 'hour:' || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24') || ':scans:issafesite:' || owner, 3 FROM events WHERE stream = $1 AND version = 1`, domain.AcknowledgedInvariant, "tally", 0},
	{"a month beyond its scans", `INSERT INTO tallies SELECT 'scans:issafesite:' || owner || ':' || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM'), 3 FROM events WHERE stream = $1 AND version = 1`, domain.AcknowledgedInvariant, "tally", 0},
	{"a column of a scan", `UPDATE scans SET open_ports = 7 WHERE stream = $1`, domain.ReadModelsInvariant, "scans: open_ports", 0},
	{"a time of a scan", `UPDATE scans SET finished_at = finished_at + interval '1 microsecond' WHERE stream = $1`, domain.ReadModelsInvariant, "scans: finished_at", 0},
	{"a scan without its row", `DELETE FROM scans WHERE stream = $1`, domain.ReadModelsInvariant, "scans: row", 0},
	{"a finding too many", `INSERT INTO findings SELECT (jsonb_populate_record(f, '{"row_key": "x"}')).* FROM findings f WHERE stream = $1 LIMIT 1`, domain.ReadModelsInvariant, "findings: row", 0},
	{"a finding too few", `DELETE FROM findings WHERE row_key = (SELECT min(row_key) FROM findings WHERE stream = $1)`, domain.ReadModelsInvariant, "findings: row", 0},
	{"a word in a report", `UPDATE reports SET document = document::jsonb || '{"more": 1}' WHERE stream = $1`, domain.ReadModelsInvariant, "reports: document.more", 0},
	{"rows of a scan that never was", `INSERT INTO scans SELECT (jsonb_populate_record(s, '{"row_key": "scan-x", "stream": "scan-x"}')).* FROM scans s WHERE stream = $1`, domain.ReadModelsInvariant, "scans: row", 0},
	{"a place beyond the log", `UPDATE projected SET version = version + 1 WHERE projection = 'scans' AND stream = $1`, domain.ReadModelsInvariant, "scans: version", -2},
}

// TestAuditNamesWhatBroke breaks one thing at a time, and has its invariant
// named and no other.
func TestAuditNamesWhatBroke(t *testing.T) {
	p := newAudited(t)
	is, behind, stuck := p.audited(t, 0)
	for name, i := range is {
		if i.Count > 0 {
			t.Errorf("%s is violated in a sound system: %+v", name, i.Violations)
		}
	}
	if is[domain.VersionsInvariant].Counts["streams"] != 3 || is[domain.ReadModelsInvariant].Counts["rows of findings"] != 4 || len(behind)+len(stuck) > 0 {
		t.Errorf("looked at %+v and %+v; behind %v, stuck %v", is[domain.VersionsInvariant], is[domain.ReadModelsInvariant], behind, stuck)
	}
	p.pool.Close() // nobody may be in a database that is copied
	for _, c := range breakages {
		t.Run(c.name, func(t *testing.T) {
			p := p.copy(t)
			p.exec(t, c.sql)
			is, _, _ := p.audited(t, 0)
			for name, i := range is {
				if (i.Count > 0) != (name == c.invariant) {
					t.Errorf("%s: %d violations: %+v", name, i.Count, i.Violations)
				}
			}
			version := map[int]int{-1: p.last, -2: p.last + 1}[c.version]
			if c.version > 0 {
				version = c.version
			}
			if !slices.ContainsFunc(is[c.invariant].Violations, func(v domain.Violation) bool {
				return strings.Contains(v.What, c.what) && (c.version == 0 || v.Version == version && v.Stream == p.stream)
			}) {
				t.Errorf("no %q at version %d among %+v", c.what, version, is[c.invariant].Violations)
			}
		})
	}
}

// TestAuditErased erases a scan, and makes all read models again: everything
// holds, until a row of it is back.
func TestAuditErased(t *testing.T) {
	p := newAudited(t)
	erase(t, openLog(t, p.pool), p.stream, p.last, domain.ForRetention)
	for range 2 {
		is, behind, _ := p.audited(t, 0)
		if i := is[domain.ReadModelsInvariant]; i.Count > 0 || len(behind) > 0 || i.Counts["rows of scans"] != 1 || i.Counts["streams with parts missing"] != 0 {
			t.Errorf("behind %v, %+v", behind, i)
		}
		mustRebuild(t, NewTable(p.pool, projections.Scans), projections.Rebuilding{})
		mustRebuild(t, NewTable(p.pool, projections.Findings), projections.Rebuilding{})
		mustRebuild(t, NewTable(p.pool, projections.Reports), projections.Rebuilding{})
	}
	p.exec(t, `INSERT INTO scans SELECT (jsonb_populate_record(s, jsonb_build_object('row_key', $1, 'stream', $1))).* FROM scans s`)
	is, _, _ := p.audited(t, 0)
	if v := is[domain.ReadModelsInvariant].Violations; len(v) != 1 || v[0].What != "scans: row" || v[0].Stream != p.stream {
		t.Errorf("%+v", v)
	}
}

// TestAuditSince looks at new streams alone.
func TestAuditSince(t *testing.T) {
	p := newAudited(t)
	var newest int64
	if err := p.pool.QueryRow(t.Context(), "SELECT max(position) FROM events").Scan(&newest); err != nil {
		t.Fatal(err)
	}
	p.exec(t, "DELETE FROM events WHERE stream = $1 AND version = 4")
	p.exec(t, "UPDATE scans SET open_ports = 7")
	is, _, _ := p.audited(t, newest)
	if is[domain.VersionsInvariant].Count+is[domain.ReadModelsInvariant].Count != 0 {
		t.Errorf("what is old was looked at: %+v", is)
	}
	is, _, _ = p.audited(t, newest-1-int64(p.last)) // within the newest scan
	if is[domain.VersionsInvariant].Count != 1 || is[domain.ReadModelsInvariant].Count != 0 {
		t.Errorf("what is new was not: %+v, %+v", is[domain.VersionsInvariant], is[domain.ReadModelsInvariant])
	}
}

// TestAuditBehind has a table that lacks events: that is no violation yet.
func TestAuditBehind(t *testing.T) {
	p := newAudited(t)
	p.exec(t, "DELETE FROM scans WHERE stream = $1")
	p.exec(t, "DELETE FROM projected WHERE projection = 'scans' AND stream = $1")
	is, behind, _ := p.audited(t, 0)
	if i := is[domain.ReadModelsInvariant]; i.Count > 0 || !slices.Equal(behind, []Behind{{"scans", p.stream, 0, p.last}}) {
		t.Errorf("%+v, behind %+v", i.Violations, behind)
	}
}

// TestAuditUnfinished has scans that nothing brings to an end.
func TestAuditUnfinished(t *testing.T) {
	const unend = `DELETE FROM events WHERE stream = $1 AND version >= (SELECT version FROM events WHERE stream = $1 AND type = 'scan.completed');`
	whole := newAudited(t)
	whole.pool.Close()
	for name, c := range map[string]struct {
		sql, why string
		asked    bool
	}{
		"over":                     {`UPDATE streams SET version = version WHERE stream = $1`, "", false},
		"no probe left":            {unend, "end of the scan", false},
		"a probe waits":            {unend + `INSERT INTO probes (scan, tool, account, cause) VALUES ($2, 'ports', $2, '')`, "", false},
		"a probe is run":           {unend + `INSERT INTO probes (scan, tool, account, cause, lease_until) VALUES ($2, 'ports', $2, '', now() - interval '50 seconds')`, "", false},
		"a probe is left":          {unend + `INSERT INTO probes (scan, tool, account, cause, lease_until) VALUES ($2, 'ports', $2, '', now() - interval '70 seconds')`, "lease of probe ports", false},
		"a probe is left, dropped": {unend + `INSERT INTO probes (scan, tool, account, cause, dropped, lease_until) VALUES ($2, 'ports', $2, '', true, now() - interval '70 seconds')`, "", false},
		"asked for alone":          {`DELETE FROM events WHERE stream = $1 AND version > 1; UPDATE streams SET version = 1 WHERE stream = $1`, "probes of the scan", true},
		"asked for just now":       {`DELETE FROM events WHERE stream = $1 AND version > 1; UPDATE events SET at = now() - interval '50 seconds' WHERE stream = $1; UPDATE streams SET version = 1 WHERE stream = $1`, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			p := whole.copy(t)
			for sql := range strings.SplitSeq(strings.TrimSuffix(c.sql, ";"), ";") {
				p.exec(t, sql)
			}
			if strings.HasPrefix(c.sql, unend) {
				p.exec(t, `UPDATE streams SET version = (SELECT max(version) FROM events WHERE stream = $1) WHERE stream = $1`)
			}
			i := domain.NewInvariant(domain.UnfinishedInvariant)
			stuck, _, err := NewAuditor(p.pool).Unfinished(t.Context(), i)
			if err != nil {
				t.Fatal(err)
			}
			if open := i.Counts["scans without an end"]; (open == 0) != (name == "over") {
				t.Errorf("%d scans without an end", open)
			}
			if c.why == "" && len(stuck) > 0 || c.why != "" && (len(stuck) != 1 || stuck[0].Why != c.why || stuck[0].Asked != c.asked || stuck[0].Stream != p.stream) {
				t.Errorf("stuck: %+v, want %q", stuck, c.why)
			}
		})
	}
}

// TestAuditJournal looks for acknowledged commands.
func TestAuditJournal(t *testing.T) {
	p := newAudited(t)
	history, err := readStream(t.Context(), p.pool, p.stream, 0)
	if err != nil {
		t.Fatal(err)
	}
	requested, raised := domain.ScanRequested{}.Kind(), domain.FindingRaised{}.Kind()
	for name, c := range map[string]struct {
		ack  Acknowledgement
		want int
	}{
		"an event":                       {Acknowledgement{Event: history[0].ID.String()}, 0},
		"an event that is not there":     {Acknowledgement{Event: uuid.NewString()}, 1},
		"a request":                      {Acknowledgement{Request: "request-1"}, 0},
		"a request that is not there":    {Acknowledgement{Request: "request-2"}, 1},
		"a request with events twice":    {Acknowledgement{Request: "request"}, 2}, // it has several of one type
		"a type in a stream":             {Acknowledgement{Stream: p.stream, Types: []string{requested}}, 0},
		"a type that is there twice":     {Acknowledgement{Stream: p.stream, Types: []string{requested, raised}}, 1},
		"a type that is not there":       {Acknowledgement{Stream: p.stream, Types: []string{"scan.cancelled"}}, 1},
		"a stream that is not there":     {Acknowledgement{Stream: "scan-x", Types: []string{requested}}, 1},
		"a request in another stream":    {Acknowledgement{Request: "request-1", Stream: p.stream}, 1},
		"a request of another, by types": {Acknowledgement{Request: "again", Stream: p.stream, Types: []string{requested}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			i := domain.NewInvariant(domain.AcknowledgedInvariant)
			if err := NewAuditor(p.pool).Journal(t.Context(), []Acknowledgement{c.ack}, i); err != nil {
				t.Fatal(err)
			}
			if i.Count != c.want && (c.want < 2 || i.Count < c.want) {
				t.Errorf("%d violations: %+v", i.Count, i.Violations)
			}
		})
	}
}
