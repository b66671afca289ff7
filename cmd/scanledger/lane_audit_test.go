//go:build failpoint

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
)

// settle waits until nothing is under way any more: scans are over, the relay
// and the read models are at the end of the log, and ClickHouse has what Kafka
// has.
func (l *lane) settle(t *testing.T) {
	t.Helper()
	db := connect(t, l.options, l.dir)
	until(t, 90*time.Second, func() (bool, string) {
		var open, unsent, behind int
		err := db.QueryRow(t.Context(), `SELECT
			(SELECT count(*) FROM streams s WHERE stream LIKE 'scan-%' AND NOT EXISTS (SELECT FROM events e
				WHERE e.stream = s.stream AND type IN ('scan.completed', 'scan.failed', 'scan.cancelled'))),
			(SELECT count(*) FROM events WHERE (xid, position) > (SELECT xid, position FROM relay WHERE name = 'kafka')),
			(SELECT count(*) FROM streams s CROSS JOIN unnest('{scans,findings,reports}'::text[]) AS p(projection)
				LEFT JOIN projected USING (stream, projection) WHERE stream LIKE 'scan-%' AND coalesce(projected.version, 0) < s.version)`).
			Scan(&open, &unsent, &behind)
		if l.waits {
			open = 0
		}
		return err == nil && open+unsent+behind == 0, fmt.Sprintf("%d scans are not over, %d events not sent, %d rows behind, %v", open, unsent, behind, err)
	})
	if l.blind {
		return
	}
	_, told := l.distinct(t, stream.Requests)
	until(t, 45*time.Second, func() (bool, string) {
		counted := l.counted(t)
		if counted > told {
			_, told = l.distinct(t, stream.Requests) // the last of them came later
		}
		return told == counted, fmt.Sprintf("of %d requests on Kafka ClickHouse has %d", told, counted)
	})
}

// counted is how many requests ClickHouse has.
func (l *lane) counted(t *testing.T) int {
	t.Helper()
	out, code := command(t, append([]string{"sql", "SELECT uniqExact(event_id) AS n, count() AS rows FROM requests", "--json"}, l.options...)...)
	var answer []struct{ N, Rows int }
	if code != exitOK || json.Unmarshal([]byte(out), &answer) != nil || len(answer) != 1 {
		return -1 // it is still coming up
	}
	if answer[0].N != answer[0].Rows {
		t.Errorf("ClickHouse has %d requests in %d rows", answer[0].N, answer[0].Rows)
	}
	return answer[0].N
}

// audit checks what must hold over everything, and counts.
func (l *lane) audit(t *testing.T) (f figures) {
	t.Helper()
	db := connect(t, l.options, l.dir)
	f.acknowledged = l.once(t, db)
	for _, e := range l.journal {
		f.paid += e.cost
	}
	l.whole(t, db)
	if out, code := command(t, append([]string{"verify", "all", "--json"}, l.options...)...); code != exitOK {
		t.Errorf("verify all: exit code %d: %s", code, out)
	}
	out, code := command(t, append([]string{"audit", "--json", "--journal", l.acknowledged(t)}, l.options...)...)
	var answer domain.Audit
	decode(t, out, &answer)
	for _, i := range answer.Invariants {
		f.absorbed += i.Counts["messages that came again"]
		if i.Name == domain.VersionsInvariant {
			f.events = i.Counts["events"]
		}
		// Without workers there is no group of theirs, and audit says so of both.
		notAsked := l.blind && i.Name == domain.ClickHouseInvariant ||
			l.waits && (i.Name == domain.DeadLettersInvariant || i.Name == domain.UnfinishedInvariant)
		if i.OK || notAsked && i.Count == 0 {
			continue
		}
		t.Errorf("audit: %s: %s %+v", i.Name, i.NotChecked, i.Violations)
	}
	if code != exitOK && !l.blind && !l.waits && !t.Failed() {
		t.Errorf("audit: exit code %d: %s", code, out)
	}
	return f
}

// acknowledged is a file with the journal as audit reads it.
func (l *lane) acknowledged(t *testing.T) string {
	t.Helper()
	var text bytes.Buffer
	for _, e := range l.journal {
		if !e.acknowledged() {
			continue
		}
		ack := map[string]any{"request": e.id, "types": []string{kinds[e.what]}}
		if e.scan != "" {
			ack["stream"] = "scan-" + e.scan
		}
		line, err := json.Marshal(ack)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&text, "%s\n", line)
	}
	name := filepath.Join(t.TempDir(), "journal.jsonl")
	if err := os.WriteFile(name, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// kinds are the events that follow from the commands.
var kinds = map[string]string{"request": "scan.requested", "retest": "scan.requested", "cancel": "scan.cancelled"}

// once checks the journal: what was acknowledged is in the log exactly once,
// what was refused is not, and what nobody knows is there once at most.
func (l *lane) once(t *testing.T, db *pgx.Conn) (acknowledged int) {
	t.Helper()
	rows, err := db.Query(t.Context(), `SELECT cause, type, count(*), min(stream) FROM events
		WHERE type IN ('scan.requested', 'scan.cancelled') GROUP BY cause, type`)
	if err != nil {
		t.Fatal(err)
	}
	type told struct {
		times  int
		stream string
	}
	have := map[[2]string]told{}
	var cause, kind string
	var n told
	if _, err = pgx.ForEachRow(rows, []any{&cause, &kind, &n.times, &n.stream}, func() error { have[[2]string{cause, kind}] = n; return nil }); err != nil {
		t.Fatal(err)
	}
	for _, e := range l.journal {
		n := have[[2]string{e.id, kinds[e.what]}]
		unknown := e.status == 0 || e.status == http.StatusServiceUnavailable
		switch {
		case e.acknowledged():
			acknowledged++
			if n.times != 1 || e.scan != "" && n.stream != "scan-"+e.scan {
				t.Errorf("%s %s was acknowledged and is in the log %d times", e.what, e.id, n.times)
			}
		case n.times > 1 || !unknown && n.times > 0:
			t.Errorf("%s %s was answered with %d and is in the log %d times", e.what, e.id, e.status, n.times)
		}
		if e.status >= 500 && e.status != http.StatusServiceUnavailable && e.status != http.StatusInsufficientStorage {
			t.Errorf("%s %s was answered with %d", e.what, e.id, e.status)
		}
		if e.status == http.StatusServiceUnavailable && e.retry == "" {
			t.Errorf("%s %s was answered with 503 without Retry-After", e.what, e.id)
		}
	}
	return acknowledged
}

// whole checks that every history has one beginning and one end, and tells
// nothing twice.
func (l *lane) whole(t *testing.T, db *pgx.Conn) {
	t.Helper()
	rows, err := db.Query(t.Context(), `SELECT stream, what, count(*) FROM (
			SELECT stream, CASE WHEN type IN ('scan.completed', 'scan.failed', 'scan.cancelled') THEN 'end'
				WHEN type = 'probe.finished' THEN type || ' ' || (payload->>'tool')
				WHEN type = 'finding.raised' THEN concat(type, ' ', payload->>'finding', '@', payload->>'where')
				ELSE type END AS what
			FROM events WHERE type IN ('scan.requested', 'scan.started', 'scan.completed', 'scan.failed', 'scan.cancelled', 'probe.finished', 'finding.raised')) AS said
		GROUP BY stream, what HAVING count(*) > 1`)
	if err != nil {
		t.Fatal(err)
	}
	var stream, what string
	var n int
	if _, err = pgx.ForEachRow(rows, []any{&stream, &what, &n}, func() error {
		t.Errorf("%s: %s is in the history %d times", stream, what, n)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}
