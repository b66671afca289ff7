package render

import (
	"bytes"
	"encoding/csv"
	"maps"
	"reflect"
	"strconv"
	"strings"
	"testing"
)

// cells are rows of a CSV file by the names of their columns, without the
// apostrophes that make them harmless.
func cells(t *testing.T, file []byte) (rows []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range all[1:] {
		row := map[string]string{}
		for i, cell := range record {
			if strings.ContainsAny(cell[:min(len(cell), 1)], "=+-@\t\r\n") || strings.ContainsRune("＝＋－＠", firstRune(cell)) {
				t.Errorf("a spreadsheet would run %q", cell)
			}
			row[all[0][i]] = strings.TrimPrefix(cell, "'")
		}
		rows = append(rows, row)
	}
	return rows
}

func firstRune(s string) rune {
	for _, r := range s {
		return r
	}
	return 0
}

// TestCSVReadsBack has all of the findings and of what was not tested in it.
func TestCSVReadsBack(t *testing.T) {
	for seed := range uint64(scans) {
		r := throw(seed).scan()
		var want []map[string]string
		base := map[string]string{"scan": r.Scan.String(), "target": r.Document.Target.Value, "completed_at": r.CompletedAt.Format("2006-01-02T15:04:05.999999999Z")}
		for _, f := range r.Document.Findings {
			row := map[string]string{
				"kind": "finding", "probe": string(f.Tool), "severity": string(f.Severity), "rule": f.ID, "title": f.Title, "where": f.Where, "outcome": "", "reason": "",
				"cwe": "", "cve": strings.Join(f.CVE, "\n"), "description": f.Description, "detail": f.Detail, "remedy": f.Remedy,
				"references": strings.Join(f.References, "\n"), "evidence": string(f.Evidence),
				"cvss_score": csvScore(f.CVSS), "cvss": csvVectors(f.CVSS), "epss": "", "kev": "",
			}
			if f.CWE != 0 {
				row["cwe"] = "CWE-" + strconv.Itoa(f.CWE)
			}
			want = append(want, row)
		}
		for _, c := range r.Document.NotTested() {
			row := map[string]string{"kind": "not_tested", "probe": string(c.Probe), "where": c.What, "outcome": string(c.Outcome), "reason": c.Reason}
			for _, name := range []string{"severity", "rule", "title", "cwe", "cve", "description", "detail", "remedy", "references", "evidence", "cvss_score", "cvss", "epss", "kev"} {
				row[name] = ""
			}
			want = append(want, row)
		}
		for _, row := range want {
			maps.Copy(row, base)
			for name, text := range row {
				row[name] = strings.ReplaceAll(text, "\r\n", "\n") // as this reader reads line breaks
			}
		}
		if got := cells(t, export(t, "csv", r)); !reflect.DeepEqual(got, want) {
			t.Fatalf("scan %d: %q\nwant %q", seed, got, want)
		}
	}
}

// TestCSVCellsAreHarmless has what spreadsheets run, and what they do not.
func TestCSVCellsAreHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\tx": "'\tx", "\rx": "'\rx", "\nx": "'\nx", "\x00x": "'\x00x",
		"＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠x": "'＠x", "  =1": "'  =1", "\u200b=1": "'\u200b=1", "\u00a0\ufeff-1": "'\u00a0\ufeff-1",
		"'": "''", "'=1": "''=1", "": "", "a=1": "a=1", " a": " a", "1-2": "1-2", "/x": "/x", "漢字": "漢字", "bad\xff": "bad\uFFFD",
	} {
		if got := harmless(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
	r := completed()
	r.Document.Findings[0].Title = "two\r\nlines, \"quoted\"; and more"
	if got := string(export(t, "csv", r)); !strings.Contains(got, ",\"two\r\nlines, \"\"quoted\"\"; and more\",") || strings.Count(got, "\r\n") != len(r.Document.Findings)+6 {
		t.Errorf("%q", got)
	}
}
