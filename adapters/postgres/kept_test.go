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

// TestReaderKeeps reads scans and reports again and again while others add to
// them, erase them and make the read models again: what a reader keeps is never
// older than that.
func TestReaderKeeps(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	log, r := openLog(t, pool), NewReader(pool)
	scans, reports := NewTable(pool, projections.Scans), NewTable(pool, projections.Reports)
	stream := newScanStream()
	var told []domain.Envelope
	for i, e := range conformance.Story(stream.ID(), "https://example.com/") {
		w := commands.Write{Stream: stream, After: i, Events: []domain.Envelope{{ID: uuid.New(), Stream: stream, Version: i + 1, At: time.Unix(0, 0), Event: e}}}
		told = append(told, mustAppend(t, log, w)...)
		for _, when := range []string{"in the log", "in the tables", "again"} {
			row, err := r.Row(t.Context(), stream.ID())
			if err != nil || row.Version != i+1 {
				t.Fatalf("version %d %s: the row is of %d, %v", i+1, when, row.Version, err)
			}
			report, err := r.ReportOf(t.Context(), row)
			if err != nil || report.Version != i+1 {
				t.Fatalf("version %d %s: the report is of %d, %v", i+1, when, report.Version, err)
			}
			if err := scans.Apply(t.Context(), told); err != nil {
				t.Fatal(err)
			}
			if err := reports.Apply(t.Context(), told); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := pool.Exec(t.Context(), "UPDATE scans SET reason = 'damaged'"); err != nil {
		t.Fatal(err)
	}
	for reader, want := range map[*Reader]string{r: "", NewReader(pool): "damaged"} {
		if row, err := reader.Row(t.Context(), stream.ID()); err != nil || row.Reason != want {
			t.Errorf("after the damage the reason is %q, %v, want %q", row.Reason, err, want)
		}
	}
	r = NewReader(pool)
	if row, err := r.Row(t.Context(), stream.ID()); err != nil || row.Reason != "damaged" {
		t.Errorf("reason %q, %v", row.Reason, err)
	}
	mustRebuild(t, scans, projections.Rebuilding{})
	if row, err := r.Row(t.Context(), stream.ID()); err != nil || row.Reason != "" {
		t.Errorf("after a rebuild the reason is %q, %v", row.Reason, err)
	}
}

// TestKeptIsBounded keeps no more than there is room for, and what was read last.
func TestKeptIsBounded(t *testing.T) {
	m := newModel(nil, projections.Scans, func(r projections.ScanRow) int { return r.Version })
	m.turn("1")
	for range 3 {
		for i := range 10 {
			s := domain.NewStream(domain.ScanFamily, uuid.UUID{byte(i)})
			m.keep(s, stand{live: "1"}, keptRow[projections.ScanRow]{projections.ScanRow{Version: 1}, keptSize / 4})
			if _, met := m.asOf(s, 1); !met || len(m.kept) > 4 || m.size != len(m.kept)*keptSize/4 {
				t.Errorf("%d are kept, of %d bytes", len(m.kept), m.size)
			}
			if _, met := m.asOf(s, 2); met {
				t.Error("an older row is taken for a newer one")
			}
		}
	}
	m.keep("scan-late", stand{live: "0"}, keptRow[projections.ScanRow]{})
	if _, met := m.asOf("scan-late", 0); met {
		t.Error("a row of another version of the models is kept")
	}
}
