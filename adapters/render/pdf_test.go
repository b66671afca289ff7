package render

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var pdfOptions = Options{Head: hash, Verify: "https://scan.example/verify/0199e2c4"}

// written renders a row into a file, twice, and wants the same bytes.
func written(t *testing.T, r projections.ReportRow) string {
	t.Helper()
	once, again := saved(t, r), saved(t, r)
	one, err := os.ReadFile(once)
	if err != nil {
		t.Fatal(err)
	}
	if other, err := os.ReadFile(again); err != nil || !bytes.Equal(one, other) {
		t.Errorf("the same row gave other bytes, %v", err)
	}
	return once
}

// saved renders a row into a file.
func saved(t *testing.T, r projections.ReportRow) string {
	t.Helper()
	pdf, err := PDF(r, pdfOptions)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "report.pdf")
	if err := os.WriteFile(name, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// poppler runs one of the programs of poppler-utils and returns what it says.
func poppler(t *testing.T, program string, args ...string) string {
	t.Helper()
	var complaints bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("%s (of poppler-utils): %v: %s", program, err, complaints.String())
	}
	return string(out)
}

func TestPDFOpensAndSaysWhatStateItIsIn(t *testing.T) {
	all := samples()
	for name, says := range map[string][]string{
		"completed": {
			"C+", "60 of 100 points", "4 things not tested.", "Redis answers to everybody without a password", "Raises the security score from 60 to 80.",
			"What was not tested, and why", "8000-8100/tcp", "PING was answered", "CWE-306: https://cwe.mitre.org/data/definitions/306.html",
			"OpenSSH 9.2p1", "offered, and should not be", "x509: certificate signed by unknown authority", "csp-not-implemented", "182 ms",
			"Grüße, Привет", hash, "scan-0199e2c4-7b1a-7c3e-9a54-3f2b8e61d0aa", "https://scan.example/verify/0199e2c4",
		},
		"clean":     {"A+", "Everything that this profile covers was tested.", "No finding was raised."},
		"failed":    {"No grade", "does not resolve", "What was not tested, and why", "refused"},
		"cancelled": {"No grade", "Cancelled", "the scan ended before it"},
		"started":   {"No grade", "running and 41 % done", "the scan is still running"},
		"requested": {"No grade", "waits for its turn"},
		"zero":      {"No grade", "What was not tested, and why"},
		"hostile": {
			markup, "invoice[U+202E]gpj.exe", "nul[U+0000]here", "emoji 👩[U+200D]💻 and 漢字", "bad [0xFF][0xFE]", "{nb}", "9,800",
		},
	} {
		t.Run(name, func(t *testing.T) {
			file := written(t, all[name])
			info := poppler(t, "pdfinfo", file)
			if !strings.Contains(info, "Title:           Security report: ") || !strings.Contains(info, "A4") {
				t.Errorf("pdfinfo: %s", info)
			}
			text := strings.Join(strings.Fields(poppler(t, "pdftotext", "-layout", file, "-")), " ")
			for _, s := range append(says, "Page 1 of ") {
				if !strings.Contains(text, s) {
					t.Errorf("does not say %q", s)
				}
			}
		})
	}
}

func TestPDFDatesAreTheRows(t *testing.T) {
	info := poppler(t, "pdfinfo", "-isodates", written(t, completed()))
	for _, s := range []string{"CreationDate:    2026-03-14T09:29:07", "ModDate:         2026-03-14T09:29:07"} {
		if !strings.Contains(info, s) {
			t.Errorf("no %q in %s", s, info)
		}
	}
}

// TestPDFLeavesNoHeadingAlone moves the same chapters over the page breaks:
// none of them may have its heading at the foot of a page.
func TestPDFLeavesNoHeadingAlone(t *testing.T) {
	for n := range 12 {
		r := completed()
		for range n {
			r.Document.Findings = append(r.Document.Findings, r.Document.Findings[n%6])
		}
		v := newReport(r, Options{})
		headings := []string{"What to fix first", "What was not tested, and why", "Findings", "Proof", "Check this report"}
		for _, s := range v.Sections {
			headings = append(headings, s.Title)
			for _, table := range s.Tables {
				headings = append(headings, table.Caption)
			}
		}
		for _, g := range v.Findings {
			headings = append(headings, g.Word+" ("+thousands(g.Count)+")")
		}
		text := poppler(t, "pdftotext", "-layout", written(t, r), "-")
		for number, page := range strings.Split(strings.TrimRight(text, "\f"), "\f") {
			lines := strings.Split(strings.TrimSpace(page), "\n")
			lines = slices.DeleteFunc(lines, func(l string) bool { return strings.TrimSpace(l) == "" })
			if len(lines) < 3 {
				t.Errorf("%d more findings: page %d is empty", n, number+1)
				continue
			}
			if last := strings.TrimSpace(lines[len(lines)-2]); slices.Contains(headings, last) {
				t.Errorf("%d more findings: page %d ends with the heading %q", n, number+1, last)
			}
		}
	}
}

// TestPDFContents leads to the page where each chapter begins.
func TestPDFContents(t *testing.T) {
	pages := strings.Split(poppler(t, "pdftotext", "-layout", written(t, completed()), "-"), "\f")
	number := regexp.MustCompile(`  ([0-9]+)(?: |$)`)
	for _, title := range []string{"What to fix first", "What was not tested, and why", "Findings", "Open ports", "TLS and certificates", "DNS records", "Proof"} {
		_, after, ok := strings.Cut(pages[0][strings.Index(pages[0], "Contents"):], title)
		found := number.FindStringSubmatch(strings.SplitN(after, "\n", 2)[0])
		if !ok || found == nil {
			t.Errorf("%q is not in the contents", title)
			continue
		}
		at, _ := strconv.Atoi(found[1])
		begins := func(page string) bool {
			return slices.ContainsFunc(strings.Split(page, "\n"), func(l string) bool { return strings.TrimSpace(l) == title })
		}
		if real := 2 + slices.IndexFunc(pages[1:], begins); at != real {
			t.Errorf("%q is on page %d, and the contents say %d", title, real, at)
		}
	}
}

// TestFacesStandIn has for each character the face that draws it, and a code
// point where none does.
func TestFacesStandIn(t *testing.T) {
	s, err := newSheet("", requestedAt)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		face, want face
		in, shown  string
	}{
		{bold, bold, "Ж", "Ж"}, {mono, mono, "a", "a"}, {regular, eastern, "漢", "漢"}, {mono, eastern, "한", "한"}, {bold, eastern, "カ", "カ"}, {mono, regular, "ש", "ש"},
		{regular, regular, "👍", "[U+1F44D]"}, {bold, bold, "\u0E01", "[U+0E01]"}, {regular, regular, "e\u0301", "é"},
	} {
		got := s.set(c.face, c.in)
		if len(got) != 1 || got[0].face != c.want || got[0].shown != c.shown {
			t.Errorf("%q: %+v, want %q in face %d", c.in, got, c.shown, c.want)
		}
	}
}

func TestPDFRowsStayOnThePage(t *testing.T) {
	r := sample(domain.Started)
	bad := strings.Repeat("\x00", maxCell)
	r.Document.Ports = []projections.ReportedPort{{Port: 1, Protocol: "tcp", State: bad, Service: "the next cell"}, {Port: 2, Protocol: "tcp", State: "the next row"}}
	text := poppler(t, "pdftotext", written(t, finish(r)), "-")
	for _, s := range []string{"the next cell", "the next row", "[cut]"} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), s) {
			t.Errorf("does not show %q", s)
		}
	}
}

func TestVisualOrder(t *testing.T) {
	for in, want := range map[string]string{
		"plain":           "plain",
		"a שלום b":        "a םולש b",
		"שלום עולם":       "םלוע םולש",
		"title: שלום 42 ": "title: םולש 42",
		"שָׁלוֹם":         "םוֹלשָׁ",
		"":                "",
	} {
		var glyphs []glyph
		for _, r := range in {
			glyphs = append(glyphs, glyph{said: r})
		}
		if got := visual(glyphs).said(); got != want {
			t.Errorf("%q is drawn as %q, want %q", in, got, want)
		}
	}
}

func FuzzRender(f *testing.F) {
	for _, s := range []string{markup, rtl, "", "\x00", "\xff", "👩‍💻", "שלום", "a\nb", "https://a.example/?b=c"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r := sample(domain.Started)
		r.Document.Target.Value = s
		r.Document.Findings = []projections.ReportedFinding{{
			ID: s, Title: s, Where: s, Detail: s, Severity: domain.Severity(s), CVE: []string{s}, References: []string{s}, Evidence: domain.Hash(s),
		}}
		r.Document.Visits = []domain.Visit{{URL: s, Title: s}}
		r = finish(r)
		if i := strings.IndexFunc(page(t, r), invisible); i >= 0 {
			t.Errorf("an invisible character at byte %d", i)
		}
		if _, err := PDF(r, Options{}); err != nil {
			t.Error(err)
		}
	})
}
