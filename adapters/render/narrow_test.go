package render

import (
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// narrow is a complete scan by one tool, of which nothing was left out.
func narrow(p domain.Profile, tool domain.Tool) projections.ReportRow {
	r := sample(domain.Completed)
	scores := domain.Grade(domain.Measured{})
	r.CompletedAt = &completedAt
	r.Document.Profile, r.Document.Scores = p, &scores
	r.Document.Probes = []projections.ReportedProbe{{Tool: tool, Outcome: domain.Tested, Percent: 100}}
	r.Document.Coverage = []projections.ReportedCoverage{tested(tool, "1-1000/tcp")}
	return r
}

// TestNarrowScans name the engine that ran, and a grade that speaks of one test
// alone says so at first sight and is never green.
func TestNarrowScans(t *testing.T) {
	for name, c := range map[string]struct {
		row     projections.ReportRow
		profile string
		engine  string
		alone   string // of what the grade speaks; "" for all
	}{
		"in the place of nmap": {narrow(domain.NmapFull, domain.Ports), "Nmap full", "Scanledger's own scanner “ports”, in the place of Nmap", "Ports and services"},
		"in SSLyze's place":    {narrow(domain.SSLyzeOnly, domain.TLS), "SSLyze", "Scanledger's own scanner “tls”, in the place of SSLyze", "TLS and certificate"},
		"by the tool itself":   {narrow(domain.ZAPFull, "zap"), "OWASP ZAP full", "OWASP ZAP", "OWASP ZAP"},
		"by all":               {spotless(), "Standard", "Scanledger's own scanners", ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := newReport(c.row, Options{})
			if r.Profile != c.profile || r.Engine != c.engine || !r.Untested.All {
				t.Errorf("profile %q, engine %q, everything tested: %v", r.Profile, r.Engine, r.Untested.All)
			}
			alone := c.alone != ""
			if r.Grade == nil || (r.Grade.Tone == toneGood) == alone || (r.Scores[0].Note != "") != alone || strings.Contains(r.Grade.Note, c.alone) != true {
				t.Errorf("grade %+v, score %+v", r.Grade, r.Scores[0])
			}
			pdf := strings.Join(strings.Fields(poppler(t, "pdftotext", "-layout", written(t, c.row), "-")), " ")
			for form, text := range map[string]string{"page": visible(t, page(t, c.row)), "PDF": pdf} {
				for _, says := range []string{"Engine", c.profile, "This grade speaks of this alone: " + c.alone + ".", "By this alone, " + c.alone} {
					if strings.Contains(text, says) != (alone || !strings.Contains(says, "alone")) {
						t.Errorf("the %s and %q: %s", form, says, text[:min(len(text), 900)])
					}
				}
			}
		})
	}
}
