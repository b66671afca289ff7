package render

import (
	"bytes"
	"encoding/json"
	"reflect"
	"testing"

	"github.com/scanledger/scanledger/projections"
)

// asJSON is a value as it is written.
func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestJSONReadsBack has all of the row in it, word for word.
func TestJSONReadsBack(t *testing.T) {
	for seed := range uint64(scans) {
		r := throw(seed).scan()
		var got exported
		d := json.NewDecoder(bytes.NewReader(export(t, "json", r)))
		d.DisallowUnknownFields()
		if err := d.Decode(&got); err != nil {
			t.Fatalf("scan %d: %v", seed, err)
		}
		doc := r.Document
		for _, pair := range [][2]any{
			{got.Target, doc.Target}, {reported(got.Findings), list(doc.Findings)}, {got.Ports, doc.Ports}, {got.Coverage, doc.Ledger()}, {got.DNS, doc.DNS}, {got.Visits, doc.Visits},
			{got.Traffic, doc.Traffic}, {got.Probes, doc.Probes}, {got.Scores, doc.Scores}, {got.NotTested, doc.NotTested()}, {got.RequestedAt, r.RequestedAt},
			{*got.CompletedAt, *r.CompletedAt}, {asJSON(t, got.Facts), asJSON(t, projections.FactsOf(doc))}, {got.Scan, r.Scan}, {got.Proof.Version, r.Version}, {got.Proof.Head, hash},
		} {
			if !reflect.DeepEqual(pair[0], pair[1]) {
				t.Errorf("scan %d: %+v\nwant %+v", seed, pair[0], pair[1])
			}
		}
	}
}

// reported are findings without what others publish of them.
func reported(all []exportedFinding) []projections.ReportedFinding {
	out := make([]projections.ReportedFinding, len(all))
	for i, f := range all {
		out[i] = f.ReportedFinding
	}
	return out
}
