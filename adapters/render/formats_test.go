package render

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/projections"
)

var write = flag.Bool("write", false, "write the expected exports anew")

var options = Options{Head: hash, Verify: "https://scan.example/report/0199e2c4?key=k&x=1"}

// scans is how many random scans the exports are read back of.
const scans = 200

func export(t *testing.T, format string, r projections.ReportRow) []byte {
	t.Helper()
	f, ok := formatNamed(format)
	if !ok {
		t.Fatalf("there is no format %s", format)
	}
	once, err := f.Export(r, options)
	if err != nil {
		t.Fatal(err)
	}
	again, err := f.Export(r, options)
	if err != nil || !bytes.Equal(once, again) {
		t.Errorf("the same row gave other bytes as %s, %v", format, err)
	}
	return once
}

// TestExports compares the exports for machines with those that were read and
// found right: whoever changes one changes what others parse.
func TestExports(t *testing.T) {
	for _, name := range []string{"json", "csv", "sarif", "junit"} {
		f, _ := formatNamed(name)
		file := filepath.Join("testdata", "completed"+f.Ending)
		got := export(t, name, completed())
		if *write {
			if err := os.WriteFile(file, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s differs; after reading what has changed, write it anew with -write:\n%s", file, got)
		}
	}
}

// TestFormats has a name, an ending and a media type for each, all different,
// and a form of every sample.
func TestFormats(t *testing.T) {
	names, endings := map[string]bool{}, map[string]bool{}
	for _, f := range Formats {
		names[f.Name], endings[f.Ending] = true, true
		if f.MediaType == "" || f.Label == "" || !strings.HasPrefix(f.Ending, ".") {
			t.Errorf("%+v", f)
		}
		for sample, r := range samples() {
			if len(export(t, f.Name, r)) == 0 {
				t.Errorf("%s of %s is empty", f.Name, sample)
			}
		}
	}
	if _, ok := formatNamed("docx"); ok || len(names) != len(Formats) || len(endings) != len(Formats) || len(names) != 6 {
		t.Errorf("formats %v, endings %v", names, endings)
	}
}
