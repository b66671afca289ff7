package postgres

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// TestPageOfWhatStands reads a page again and again: what is not parsed again
// is what the table still has.
func TestPageOfWhatStands(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	id := uuid.New()
	w := commands.Write{Stream: domain.NewStream(domain.ScanFamily, id)}
	for i, e := range conformance.Story(id, "https://example.com/") {
		w.Events = append(w.Events, domain.Envelope{ID: uuid.New(), Stream: w.Stream, Version: i + 1, At: time.Unix(0, 0), Event: e})
	}
	if err := NewTable(pool, projections.Scans).Apply(t.Context(), mustAppend(t, openLog(t, pool), w)); err != nil {
		t.Fatal(err)
	}
	var account uuid.UUID
	if err := pool.QueryRow(t.Context(), "SELECT account FROM scans").Scan(&account); err != nil {
		t.Fatal(err)
	}
	r := NewReader(pool)
	read := func() projections.ScanRow {
		t.Helper()
		page, total, err := r.Scans(t.Context(), projections.ScanFilter{Account: account, Limit: 1})
		if err != nil || total != 1 || len(page) != 1 {
			t.Fatalf("%d of %d scans, %v", len(page), total, err)
		}
		return page[0]
	}
	first := read()
	for _, change := range []struct {
		sql  string
		seen func(projections.ScanRow) bool
	}{
		{"SELECT", func(r projections.ScanRow) bool {
			return r.Reason == first.Reason && r.StartedAt.Equal(*first.StartedAt)
		}},
		{"UPDATE scans SET reason = 'mended'", func(r projections.ScanRow) bool { return r.Reason == "mended" }},
		{`UPDATE scans SET findings = '{"low": 9}'`, func(r projections.ScanRow) bool { return r.Findings[domain.Low] == 9 }},
		{"UPDATE scans SET scores = NULL", func(r projections.ScanRow) bool { return r.Scores == nil }},
	} {
		if _, err := pool.Exec(t.Context(), change.sql); err != nil {
			t.Fatal(err)
		}
		if row := read(); !change.seen(row) {
			t.Errorf("after %s the page has %+v", change.sql, row)
		}
	}
}
