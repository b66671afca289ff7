package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/render"
	"github.com/scanledger/scanledger/domain"
)

// reportAt is where a scan's report is for whoever has no token.
func reportAt(t *testing.T, server, key, scan, more string) string {
	t.Helper()
	shown := call[struct {
		ReportURL string `json:"reportUrl"`
	}](t, key, http.MethodGet, server+"/scanner/api/v1/scan/"+scan, "", http.StatusOK)
	path, query, ok := strings.Cut(shown.ReportURL, "?")
	if !ok {
		t.Fatalf("the report is at %q", shown.ReportURL)
	}
	return server + path + more + "?" + query
}

// sameReports has each format from the command and from the server, byte for
// byte, into a file and to standard output.
func sameReports(t *testing.T, server, key, scan string, with func(...string) []string) {
	stream := string(domain.NewStream(domain.ScanFamily, uuid.MustParse(scan)))
	for _, f := range render.Formats {
		served := download(t, "", reportAt(t, server, key, scan, "/"+f.Name), http.StatusOK)
		file := filepath.Join(t.TempDir(), "report"+f.Ending)
		told := answerOf[map[string]any](t, with("report", scan, "--format", f.Name, "--out", file)...)
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(raw, served) || told["bytes"] != float64(len(raw)) || told["format"] != f.Name {
			t.Errorf("%s: %d bytes in the file, %d served; told %v", f.Name, len(raw), len(served), told)
		}
		if out, code := command(t, with("report", scan, "--format", f.Name)...); code != exitOK || out != string(served) {
			t.Errorf("%s: exit code %d, %d bytes to standard output, %d served", f.Name, code, len(out), len(served))
		}
	}
	if out, code := command(t, with("report", scan)...); code != exitOK || !strings.HasPrefix(out, "%PDF-") {
		t.Errorf("exit code %d: %.100s", code, out)
	}
	if out, _ := command(t, with("report", scan, "--format", "json", "--public-url", "https://scan.example/")...); !strings.Contains(out, `"verify": "https://scan.example/report/`+scan+`/verify?key=`) || !strings.Contains(out, stream) {
		t.Errorf("with a public URL: %.3000s", out)
	}
	for _, args := range [][]string{{uuid.NewString()}, {scan, "--format", "docx"}, {scan, "--format", "json", "--json"}} {
		if out, code := command(t, with(append([]string{"report"}, args...)...)...); code != exitUsage {
			t.Errorf("%q: exit code %d: %.200s", args, code, out)
		}
	}
	if page := download(t, "", reportAt(t, server, key, scan, "/verify"), http.StatusOK); !bytes.Contains(page, []byte("The report holds")) {
		t.Errorf("the page says %.2000s", page)
	}
}
