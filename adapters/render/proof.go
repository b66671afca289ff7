package render

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// proof is what a reader needs to check the report against the log.
type proof struct {
	Verify  link
	Command string // that checks it, on the machine that keeps the log
	Code    string // of the QR code: where the report can be checked, else the command and the hash to compare
	Facts   table
	Hashes  []table
}

func newProof(r projections.ReportRow, o Options) proof {
	rows := [][]cell{
		coded("Scan", r.Scan.String()), coded("Event stream", "scan-"+r.Scan.String()),
		fact("Events in this report", fmt.Sprintf("1 to %d", r.Version)),
	}
	if s := r.Document.Scores; s != nil {
		rows = append(rows, fact("Grading rules", fmt.Sprintf("version %d", s.Grader)))
	}
	if o.Head != "" {
		rows = append(rows, coded("Hash of the last event", o.Head))
	}
	command := "scanledger verify scan " + r.Scan.String()
	code := cmp.Or(webAddress(o.Verify), strings.TrimSpace(command+"\n"+o.Head))
	return proof{
		Command: command, Code: code,
		Verify: link{Text: line(o.Verify, maxCell), URL: webAddress(o.Verify)},
		Facts:  table{Caption: "Where this report comes from", Widths: []float64{3, 9}, Rows: rows},
		Hashes: rowsTable("Raw evidence by its SHA-256", []string{"SHA-256", "Evidence of"}, []float64{8, 5}, evidenceRows(&r.Document)),
	}
}

// evidenceRows names each piece of raw evidence once, with the first thing
// that it is evidence of.
func evidenceRows(d *projections.Document) [][]cell {
	var rows [][]cell
	known := map[domain.Hash]bool{"": true}
	add := func(h domain.Hash, of string) {
		if !known[h] {
			known[h] = true
			rows = append(rows, []cell{code(string(h)), plain(of)})
		}
	}
	for _, v := range d.Visits {
		add(v.Evidence, "answer of "+v.URL)
	}
	for _, e := range d.TLS {
		add(e.Evidence, fmt.Sprintf("TLS on port %d", e.Port))
	}
	for _, z := range d.DNS {
		add(z.Evidence, "DNS of "+z.Domain)
	}
	if v := d.Vitals; v != nil {
		add(v.Evidence, "vitals of "+v.URL)
	}
	for _, f := range d.Findings {
		add(f.Evidence, f.Title)
	}
	return rows
}
