package render

import (
	"slices"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Options is what lets a reader check a report against the log. Each may be
// "", and then no format mentions it.
type Options struct {
	Head   string // hash of the last event in the report
	Verify string // where the report can be checked; on paper also as a QR code
	// Beside says in SARIF what is new and what is gone beside an earlier scan; nil
	// for no comparison. The same two scans give the same bytes.
	Beside *projections.Difference
	// Rulings are what the account says of findings, by what they are known again by: SARIF
	// suppresses those, and in JUnit they are skipped. Nil where nobody was asked; with
	// other rulings the same events give other bytes.
	Rulings map[domain.Fingerprint]Ruled
	// Feeds know what others publish of findings' CVEs; nil for none of that. With
	// other feeds the same events give other bytes.
	Feeds projections.Feeds
}

// Format is a form that a report can be had in.
type Format struct {
	Name      string // as contracts and commands call it: "pdf"
	Label     string // as people do
	MediaType string
	Ending    string // of a file's name, with its dot
	Compares  bool   // whether it tells Options.Beside
	// Export is the report in this form. The same row and options give the same
	// bytes.
	Export func(projections.ReportRow, Options) ([]byte, error)
}

// Formats are all forms that a report can be had in, those for people first.
var Formats = []Format{
	{"pdf", "PDF", "application/pdf", ".pdf", false, PDF},
	{"html", "Web page", "text/html; charset=utf-8", ".html", false, HTML},
	{"json", "JSON", "application/json", ".json", false, JSON},
	{"csv", "CSV", "text/csv; charset=utf-8", ".csv", false, CSV},
	{"sarif", "SARIF", "application/sarif+json", ".sarif", true, SARIF},
	{"junit", "JUnit", "application/xml", ".xml", false, JUnit},
}

// formatNamed is the format of a name; false where there is none.
func formatNamed(name string) (Format, bool) {
	i := slices.IndexFunc(Formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		return Format{}, false
	}
	return Formats[i], true
}
