package render

import (
	"fmt"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// TestLongGaps has the page show each thing that was not tested as a whole,
// however many there are, and the paper as many as fit.
func TestLongGaps(t *testing.T) {
	r := spotless()
	add := func(what, why string) {
		r.Document.Coverage = append(r.Document.Coverage, projections.ReportedCoverage{
			Probe: domain.Content, Coverage: domain.Coverage{What: what, Outcome: domain.Refused, Reason: why},
		})
	}
	var all []string
	for i := range 60 {
		all = append(all, fmt.Sprintf("https://shop.example/%s/%d/", strings.Repeat("folder/", 10), i))
		add(all[i], "the site answers with the status 500")
	}
	ports := strings.Repeat("12345,", 400) + "54321/tcp"
	add(ports, "late")
	add("forms", "few")
	add("skimmers", "few")
	said := visible(t, page(t, r))
	for _, want := range append(all, ports, ": 60 things", ": forms, skimmers") {
		if !strings.Contains(said, want) {
			t.Errorf("the page does not say %.80q", want)
		}
	}
	if strings.Contains(said, "more character") {
		t.Error("the page cuts")
	}
	gaps := newUntested(&r.Document).Gaps
	if about := gaps[0].About(); !strings.HasSuffix(about, " others, which the JSON names") || !strings.HasPrefix(about, all[0]+", "+all[1]) || len(about) > maxAbout+50 {
		t.Errorf("on paper: %s", about)
	}
	many := gap{What: make([]string, maxRows+3)}
	if len(many.Listed()) != maxRows || many.Unlisted() != 3 {
		t.Errorf("%d are listed and %d not", len(many.Listed()), many.Unlisted())
	}
}

// TestAGradeThatIsNotGiven has the reader told why: what is missing is no
// shortcoming of the server, and no praise.
func TestAGradeThatIsNotGiven(t *testing.T) {
	why := "there is no grade while these are not tested: protocol TLSv1.0"
	for _, test := range []struct {
		letter, why, want string
		tone              tone
	}{
		{"A", "HSTS was not seen", "A: HSTS was not seen", ""}, {"A+", "", "A+", ""}, {"", why, why, toneUntested}, {"", "", "", ""},
	} {
		e := domain.TLSEndpoint{Grade: test.letter}
		if test.why != "" {
			e.GradeWhy = []string{test.why}
		}
		got := cell{}
		for _, row := range protocolRows(e) {
			if strings.HasPrefix(row[0].Text, "Grade") {
				got = row[1]
			}
		}
		if got.Text != test.want || got.Tone != test.tone {
			t.Errorf("%q for %q: %q in %q, want %q in %q", test.letter, test.why, got.Text, got.Tone, test.want, test.tone)
		}
	}
}
