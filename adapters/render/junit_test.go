package render

import (
	"encoding/xml"
	"fmt"
	"maps"
	"slices"
	"testing"
)

// TestJUnitReadsBack counts right and keeps every text that XML can have.
func TestJUnitReadsBack(t *testing.T) {
	for seed := range uint64(scans) {
		r := throw(seed).scan()
		var got junitSuites
		if err := xml.Unmarshal(export(t, "junit", r), &got); err != nil {
			t.Fatalf("scan %d: %v", seed, err)
		}
		failures, skipped := map[string]int{}, map[string]int{}
		tests := 0
		for _, s := range got.Suites {
			tests += len(s.Cases)
			for _, c := range s.Cases {
				switch {
				case c.Failure != nil:
					failures[s.Name+c.Name+c.Failure.Type]++
				case c.Skipped != nil:
					skipped[s.Name+c.Name+c.Skipped.Message]++
				}
			}
		}
		if got.Tests != tests || got.Failures != len(r.Document.Findings) || got.Skipped != len(r.Document.NotTested()) {
			t.Errorf("scan %d: %+v", seed, got.junitCounts)
		}
		for _, f := range r.Document.Findings {
			where := f.Where
			if where == "" {
				where = "the target as a whole"
			}
			if failures[xmlText(string(f.Tool)+f.Title+" ("+where+")"+string(f.Severity))] == 0 {
				t.Errorf("scan %d: no failure for %+v in %q", seed, f, slices.Collect(maps.Keys(failures)))
			}
		}
		for _, c := range r.Document.NotTested() {
			if skipped[xmlText(fmt.Sprintf("%snot tested: %s%s: %s", c.Probe, c.What, c.Outcome, c.Reason))] == 0 {
				t.Errorf("scan %d: nothing skipped for %+v", seed, c)
			}
		}
	}
}

func TestXMLText(t *testing.T) {
	for in, want := range map[string]string{
		"a\x00b": "a[U+0000]b", "\x1b[31m": "[U+001B][31m", "tab\tline\nend\r": "tab\tline\nend\r", "\ufffe\uffff": "[U+FFFE][U+FFFF]",
		"\xff": "[0xFF]", "\ufffd": "\ufffd", "]]>": "]]>", "漢字 👍 שלום": "漢字 👍 שלום",
	} {
		if got := xmlText(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
