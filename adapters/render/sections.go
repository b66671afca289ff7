package render

import (
	"fmt"
	"time"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// section is one chapter of tables.
type section struct {
	ID, Title string
	Note      string // what of it was not tested; "" when nothing
	Empty     string // instead of tables, when there are none
	Tables    []table
	More      int // things with tables of their own beyond maxRows
}

// table is facts in rows. Without Columns the first cell of a row names it.
type table struct {
	Caption string
	Columns []string
	Widths  []float64 // each column's share of the width on paper
	Rows    [][]cell
	More    int // rows beyond maxRows
}

type cell struct {
	Text string
	Tone tone // "" for plain text
	Code bool // in a fixed-width face
}

func plain(s string) cell      { return cell{Text: clean(s, maxCell)} }
func code(s string) cell       { return cell{Text: clean(s, maxCell), Code: true} }
func marked(c chip) cell       { return cell{Text: c.Word, Tone: c.Tone} }
func fact(n, v string) []cell  { return []cell{{Text: n}, plain(v)} }
func coded(n, v string) []cell { return []cell{{Text: n}, code(v)} }

func yesNo(ok bool, yes, no string) cell {
	if ok {
		return cell{Text: yes, Tone: toneGood}
	}
	return cell{Text: no, Tone: toneHigh}
}

// sections are the chapters of what was measured. What no probe of the scan
// could have seen has no chapter: the report lists it as not tested.
func sections(d *projections.Document, at time.Time) []section {
	endpoints, moreTLS := first(d.TLS)
	zones, moreDNS := first(d.DNS)
	all := []struct {
		section
		tool domain.Tool
	}{
		{section{ID: "ports", Title: "Open ports", Empty: "No open port was found.", Tables: portTables(d.Ports)}, domain.Ports},
		{section{ID: "tls", Title: "TLS and certificates", Empty: "No port that speaks TLS was found.", Tables: tlsTables(endpoints, at), More: moreTLS}, domain.TLS},
		{section{ID: "observatory", Title: "HTTP Observatory tests", Empty: "No test of the HTTP Observatory was made.", Tables: observatoryTables(d.Observatory)}, domain.Headers},
		{section{ID: "seo", Title: "Search engine audits", Empty: "No audit was made.", Tables: seoTables(d.SEO)}, domain.SEO},
		{section{ID: "traffic", Title: "Fitness for traffic", Empty: "Nothing was measured.", Tables: trafficTables(d.Traffic)}, domain.Traffic},
		{section{ID: "vitals", Title: "Web vitals", Empty: "No page was measured.", Tables: vitalsTables(d.Vitals)}, domain.Vitals},
		{section{ID: "dns", Title: "DNS records", Empty: "No record was found.", Tables: dnsTables(zones), More: moreDNS}, domain.DNS},
		{section{ID: "answers", Title: "Web answers", Empty: "No web server answered.", Tables: visitTables(d.Visits)}, domain.Headers},
	}
	var shown []section
	if g := projections.GradingOf(*d); g != nil && d.State == domain.Completed {
		shown = append(shown, gradingSection(g))
	}
	for _, s := range all {
		note, ours := probeNote(d, s.tool)
		if !ours && len(s.Tables) == 0 {
			continue
		}
		s.Note = note
		if note != "" {
			s.Empty = ""
		}
		shown = append(shown, s.section)
	}
	return shown
}

// probeNote says why a chapter may lack something, and whether its probe is
// part of the scan at all.
func probeNote(d *projections.Document, t domain.Tool) (note string, ours bool) {
	for _, p := range d.Probes {
		if !covers(p, t) {
			continue
		}
		c, gone := d.Gap(p)
		if !gone {
			return "", true
		}
		g := newGap(c)
		return fmt.Sprintf("Not tested: %s (%s: %s).", g.What[0], g.How, g.Why), true
	}
	return "", false
}

// covers says whether a probe looks at what a tool looks at: it is of that tool, or of
// one in whose place that may stand.
func covers(p projections.ReportedProbe, t domain.Tool) bool {
	return p.Tool == t || domain.Scanner(p.Tool).StandIn() == t
}

func rowsTable(caption string, columns []string, widths []float64, rows [][]cell) []table {
	if len(rows) == 0 {
		return nil
	}
	shown, more := first(rows)
	return []table{{Caption: caption, Columns: columns, Widths: widths, Rows: shown, More: more}}
}
