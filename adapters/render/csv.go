package render

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// csvColumns are the columns of the CSV export. "kind" says what a row is: a
// "finding", or something "not_tested", which has its probe, what it is about
// under "where", the outcome and the reason.
var csvColumns = []string{
	"kind", "scan", "target", "completed_at", "probe", "severity", "rule", "title", "where", "outcome", "reason",
	"cwe", "cve", "description", "detail", "remedy", "references", "evidence",
	"cvss_score", "cvss", "epss", "kev",
}

// CSV is the findings and what was not tested, a row each, in the form of RFC
// 4180: UTF-8 with a header row, lines that end with CR LF, every cell in
// quotes. Several values of one cell (CVEs, references) stand on lines of
// their own, as do the vectors of several versions of CVSS; its score is that of
// the newest. epss is the likelihood, kev since when one of the CVEs is known to
// be exploited. A cell that a spreadsheet would run as a formula has an
// apostrophe before it, and so has a cell that begins with one: taking one
// apostrophe off the beginning of a cell gives back the text. The first row
// of what was not tested follows the last finding.
func CSV(r projections.ReportRow, o Options) ([]byte, error) {
	var b bytes.Buffer
	csvRow(&b, csvColumns)
	completed := ""
	if r.CompletedAt != nil {
		completed = r.CompletedAt.UTC().Format(time.RFC3339Nano)
	}
	head := func(kind string, t domain.Tool) []string {
		return []string{kind, r.Scan.String(), r.Document.Target.Value, completed, string(t)}
	}
	for _, f := range r.Document.Findings {
		cwe := ""
		if f.CWE > 0 {
			cwe = "CWE-" + strconv.Itoa(f.CWE)
		}
		csvRow(&b, append(head("finding", f.Tool), string(f.Severity), f.ID, f.Title, f.Where, "", "",
			cwe, strings.Join(f.CVE, "\n"), f.Description, f.Detail, f.Remedy, strings.Join(f.References, "\n"), string(f.Evidence),
			csvScore(f.CVSS), csvVectors(f.CVSS), csvEPSS(o.likely(f)), csvKEV(o.exploited(f))))
	}
	for _, c := range r.Document.NotTested() {
		csvRow(&b, append(head("not_tested", c.Probe), "", "", "", c.What, outcomeName(c.Outcome), c.Reason, "", "", "", "", "", "", "", "", "", "", ""))
	}
	return b.Bytes(), nil
}

func csvScore(all []domain.Rating) string {
	if s := domain.ScoreOf(all); s != nil {
		return oneDigit(*s)
	}
	return ""
}

func csvVectors(all []domain.Rating) string {
	var vectors []string
	for _, r := range all {
		if r.Vector != "" {
			vectors = append(vectors, r.Vector)
		}
	}
	return strings.Join(vectors, "\n")
}

func csvEPSS(e *projections.Chance) string {
	if e == nil {
		return ""
	}
	return strconv.FormatFloat(e.Score, 'f', -1, 64)
}

func csvKEV(k *projections.Exploited) string {
	if k == nil {
		return ""
	}
	return k.Added
}

// outcomeName is an outcome for machines, which take no empty word.
func outcomeName(o domain.Outcome) string {
	if o == "" {
		return "not_finished"
	}
	return string(o)
}

// csvRow writes a row. The standard library's writer is not used, because it
// changes line breaks within a cell where lines end with CR LF.
func csvRow(b *bytes.Buffer, cells []string) {
	for i, c := range cells {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('"')
		b.WriteString(strings.ReplaceAll(harmless(c), `"`, `""`))
		b.WriteByte('"')
	}
	b.WriteString("\r\n")
}

// formulas are what a spreadsheet takes for the beginning of a formula, the
// full-width forms included.
const formulas = "=+-@＝＋－＠"

// harmless puts an apostrophe before what a spreadsheet would run. Programs
// differ in what they skip before a formula, so that all blank and invisible
// characters count as skipped; a tab, a line break or a NUL at the beginning
// is enough by itself.
func harmless(cell string) string {
	text := strings.ToValidUTF8(cell, "\uFFFD")
	rest := strings.TrimLeftFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || invisible(r) })
	begins := func(s, with string) bool { return s != "" && strings.ContainsRune(with, []rune(s)[0]) }
	if begins(text, "'\t\r\n\x00") || begins(rest, formulas) {
		return "'" + text
	}
	return text
}
