package render

import (
	_ "embed"
	"fmt"
	"io"
	"strconv"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

//go:embed verify.html
var verifyHTML string

var verifyPage = parsePage("verify", verifyHTML)

// VerifyPage writes a page that says whether a report holds against the log,
// by a verdict that is closed. Of faults it tells what and where, and not what
// was found there: that is for the operator. Its only errors are w's.
func VerifyPage(w io.Writer, r projections.ReportRow, v domain.Verdict, o Options) error {
	view := struct {
		chip
		Target, Headline, Text string
		Facts                  table
		Faults                 []table
	}{
		chip: chip{"holds", toneGood}, Target: named(r.Document.Target.Value), Headline: "The report holds",
		Text:  "The chain of the scan's events is whole, and the findings, the grade and the report follow from it.",
		Facts: checkedTable(r, v.Checked, o.Head),
	}
	if !v.OK {
		view.chip, view.Headline = chip{"does not hold", toneCritical}, "The report does not hold"
		view.Text = "Something was changed after it was written: " + count(v.Count, "fault") + "."
		view.Faults = faultTables(v.Faults)
	}
	if err := verifyPage.Execute(w, view); err != nil {
		return fmt.Errorf("verification page: %w", err)
	}
	return nil
}

func checkedTable(r projections.ReportRow, c domain.Checked, head string) table {
	rows := [][]cell{coded("Scan", r.Scan.String()), fact("Events in the report", fmt.Sprintf("1 to %d", r.Version))}
	if head != "" {
		rows = append(rows, coded("Hash of the last event", head))
	}
	for _, n := range []struct {
		name  string
		count int
	}{
		{"Events checked", c.Events}, {"Findings checked", c.Findings}, {"Ports checked", c.Ports}, {"Grades checked", c.Grades},
		{"Pieces of evidence checked", c.Evidence}, {"Reports checked", c.Reports}, {"Signed checkpoints checked", c.Checkpoints},
		{"Events that no checkpoint covers yet", c.Unsigned}, {"Events whose content is erased", c.Erased},
	} {
		rows = append(rows, fact(n.name, thousands(n.count)))
	}
	return table{Caption: "What was checked", Rows: rows}
}

func faultTables(faults []domain.Fault) []table {
	var rows [][]cell
	for _, f := range faults {
		at := "as a whole"
		if f.Version > 0 {
			at = strconv.Itoa(f.Version)
		}
		rows = append(rows, []cell{plain(f.What), plain(at)})
	}
	return rowsTable("What does not hold", []string{"What", "Event"}, nil, rows)
}
