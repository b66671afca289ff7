package render_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/render"
	"github.com/scanledger/scanledger/projections"
)

// TestClicksCSV has a visit as spreadsheets take it, and none of what it says runs.
func TestClicksCSV(t *testing.T) {
	id := uuid.New()
	rows, err := csv.NewReader(strings.NewReader(string(render.ClicksCSV([]projections.ClickRow{{
		ID: id, At: time.Date(2026, 11, 28, 12, 0, 0, 5e6, time.UTC), Agent: "person", Via: "qr", Rule: "=1+1", Fallback: true, Referrer: "a.example", Language: "de",
	}})))).ReadAll()
	if err != nil || len(rows) != 2 || len(rows[0]) != 13 {
		t.Fatalf("%q, %v", rows, err)
	}
	got := strings.Join(rows[1], "|")
	if want := id.String() + "|2026-11-28T12:00:00.005Z||person|qr|'=1+1|true|a.example||de|||"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
}
