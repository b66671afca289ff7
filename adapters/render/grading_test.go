package render

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// regraded is the completed sample, which other rules have graded anew.
func regraded() projections.ReportRow {
	r := completed()
	to := projections.GradedBy(*r.Document.Scores)
	from := projections.Graded{Grader: 1, Score: new(*to.Score + 3), Grade: domain.GradeOf(*to.Score + 3)}
	r.Document.Regrades = []projections.Regrade{{
		At: completedAt.Add(24 * time.Hour), Version: 88, From: from, To: to, Change: domain.Change{Total: new(-3), Site: new(0), Ruler: new(-3)},
		Since: &domain.Earlier{Scan: uuid.UUID{9}, Grader: 1, Score: new(99), Ruled: new(90), Change: domain.Change{Total: new(*to.Score - 99), Site: new(*to.Score - 90), Ruler: new(-9)}},
	}}
	return r
}

// TestGradeAndNext has both forms say how a site was graded, what the next
// grade takes, and where a change of it came from.
func TestGradeAndNext(t *testing.T) {
	r := regraded()
	next := projections.GradingOf(r.Document).Security.Next
	if next == nil {
		t.Fatal("the sample has no next grade")
	}
	text := strings.Join(strings.Fields(poppler(t, "pdftotext", "-layout", written(t, r), "-")), " ")
	page := string(export(t, "html", r))
	for form, said := range map[string]string{"PDF": text, "page": page} {
		for _, want := range []string{"Grading rules", fmt.Sprintf("version %d", domain.GraderVersion), "The next grade, " + next.Grade, "What to fix to get from the security grade", "by version 1 of the grading rules", "since scan 09000000", "-9"} {
			if !strings.Contains(said, want) && !strings.Contains(strings.ReplaceAll(said, "&#43;", "+"), want) {
				t.Errorf("the %s does not say %q", form, want)
			}
		}
	}
	for _, f := range next.Fixes {
		if !strings.Contains(page, titled(f.Title)) {
			t.Errorf("the page does not say %q", f.Title)
		}
	}
}

// TestGradingSection says that there is nothing to reach, or that too little was
// seen for a grade.
func TestGradingSection(t *testing.T) {
	for want, g := range map[string]*projections.Grading{
		"There is no better grade": {Grader: 2, Security: &projections.Standing{Score: 100, Grade: "A+"}},
		"Too little could be":      {Grader: 2},
	} {
		if s := gradingSection(g); len(s.Tables) != 0 || !strings.HasPrefix(s.Empty, want) {
			t.Errorf("%+v", s)
		}
	}
	best := &projections.Standing{Score: 84, Grade: "B+"}
	for want, g := range map[string]*projections.Grading{
		"": {Grader: 3, Security: best, Basis: &domain.Basis{Tested: []domain.Tool{domain.Headers}, Limit: 100}},
		"The security grade rests on HTTP headers and Content and exposed files. Not tested, or for the lesser part only: DNS. A security score that leaves that open is 84 at most.": {
			Grader: 3, Security: best, Basis: &domain.Basis{Tested: []domain.Tool{domain.Headers, domain.Content}, Untested: []domain.Tool{domain.DNS}, Limit: 84}},
		"Not tested, or for the lesser part only: Content and exposed files. The rest is too little for a security grade.": {
			Grader: 3, Basis: &domain.Basis{Tested: []domain.Tool{domain.Headers}, Untested: []domain.Tool{domain.Content}, Limit: 84}},
	} {
		s := gradingSection(g)
		if s.Note != want || (s.Empty == "No fix lifts the grade before the rest can be tested.") != (g.Basis.Limit < 100 && g.Security != nil) {
			t.Errorf("%+v", s)
		}
	}
	if lifts(nil) != "" {
		t.Error("a scan without scores is lifted")
	}
	unseen := lifts(&projections.Grading{Changes: []projections.Regrade{{From: projections.Graded{Grader: 1}}}})
	if !strings.Contains(unseen, "it had no grade by version 1") || strings.Contains(unseen, "came from") {
		t.Errorf("%q", unseen)
	}
}
