package render

import (
	"fmt"
	"strconv"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// rules names the version by which the grades stand; "" where there are none.
func rules(d *projections.Document) string {
	if d.Scores == nil {
		return ""
	}
	return fmt.Sprintf("version %d", d.Scores.Grader)
}

// gradingSection is how the scan was graded and what lifts its grades.
func gradingSection(g *projections.Grading) section {
	s := section{ID: "grading", Title: "Grade and next grade", Tables: nextTables("security", g.Security)}
	s.Tables = append(s.Tables, nextTables("overall", g.Overall)...)
	s.Tables = append(s.Tables, changeTables(g.Changes)...)
	s.Note = restsOn(g)
	if len(s.Tables) == 0 {
		s.Empty = "There is no better grade to reach."
		switch {
		case g.Security == nil:
			s.Empty = "Too little could be tested for a grade: what was not tested, and why, says what has to be made reachable for one."
		case s.Note != "":
			s.Empty = "No fix lifts the grade before the rest can be tested."
		}
	}
	return s
}

// restsOn says what the security grade rests on where some of it could not be
// tested; else "".
func restsOn(g *projections.Grading) string {
	b := g.Basis
	if b == nil || len(b.Untested) == 0 {
		return ""
	}
	names := func(tools []domain.Tool) string {
		words := make([]string, len(tools))
		for i, t := range tools {
			words[i] = worded(toolWords, t)
		}
		return listing(words)
	}
	text := "Not tested, or for the lesser part only: " + names(b.Untested) + "."
	switch {
	case g.Security == nil:
		return text + " The rest is too little for a security grade."
	case b.Limit < 100:
		text += fmt.Sprintf(" A security score that leaves that open is %d at most.", b.Limit)
	}
	return "The security grade rests on " + names(b.Tested) + ". " + text
}

// fixWords is what a fix mends.
var fixWords = map[string]string{
	domain.FixFinding: "finding",
	domain.FixSEO:     "search engine audit",
	domain.FixTraffic: "fitness for traffic",
}

func nextTables(of string, s *projections.Standing) []table {
	if s == nil || s.Next == nil {
		return nil
	}
	var rows [][]cell
	for _, f := range s.Next.Fixes {
		kind := plain(worded(fixWords, f.Kind))
		if f.Kind == domain.FixFinding {
			kind = marked(severityChips[f.Severity])
		}
		where := "the target as a whole"
		if f.Where != "" {
			where = f.Where
		}
		rows = append(rows, []cell{plain(titled(f.Title)), plain(where), kind, plain("+" + strconv.FormatFloat(f.Points, 'f', -1, 64))})
	}
	caption := fmt.Sprintf("What to fix to get from the %s grade %s (%d points) to %s (%d points)", of, line(s.Grade, 4), s.Score, line(s.Next.Grade, 4), s.Next.Score)
	return rowsTable(caption, []string{"What", "Where", "Kind", "Points"}, []float64{5, 4, 2.5, 1.5}, rows)
}

func changeTables(all []projections.Regrade) []table {
	var rows [][]cell
	for _, c := range all {
		rows = append(rows, []cell{plain(moment(c.At)), plain("graded anew"), plain(gradedBy(c.From)), plain(gradedBy(c.To)), plain(points(c.Change.Site)), plain(points(c.Change.Ruler))})
		if e := c.Since; e != nil {
			from := projections.Graded{Grader: e.Grader, Score: e.Score}
			rows = append(rows, []cell{plain(""), plain("since scan " + e.Scan.String()), plain(gradedBy(from)), plain(gradedBy(c.To)), plain(points(e.Change.Site)), plain(points(e.Change.Ruler))})
		}
	}
	return rowsTable("How the security score came to be another, in points",
		[]string{"When", "What", "From", "To", "By the site", "By the rules"}, []float64{3, 4, 3, 3, 1.5, 1.5}, rows)
}

func gradedBy(g projections.Graded) string {
	if g.Score == nil {
		return fmt.Sprintf("no grade, rules %d", g.Grader)
	}
	return fmt.Sprintf("%d (%s), rules %d", *g.Score, domain.GradeOf(*g.Score), g.Grader)
}

func points(n *int) string {
	if n == nil {
		return "unknown"
	}
	return fmt.Sprintf("%+d", *n)
}

// lifts says in a sentence what the next security grade takes, and how the
// grade came to be another; "" for nothing.
func lifts(g *projections.Grading) string {
	text := ""
	if g == nil {
		return text
	}
	if s := g.Security; s != nil && s.Next != nil {
		text = fmt.Sprintf(" The next grade, %s, takes %s.", line(s.Next.Grade, 4), count(len(s.Next.Fixes), "fix"))
	}
	if n := len(g.Changes); n > 0 {
		c := g.Changes[n-1]
		had := "no grade"
		if c.From.Score != nil {
			had = fmt.Sprintf("%d points (%s)", *c.From.Score, line(c.From.Grade, 4))
		}
		text += fmt.Sprintf(" Until %s it had %s by version %d of the grading rules", day(c.At), had, c.From.Grader)
		if c.Change.Total != nil {
			text += fmt.Sprintf("; of the change since then %s came from the site and %s from the rules", points(c.Change.Site), points(c.Change.Ruler))
		}
		text += "."
	}
	return text
}
