package render

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// maxRows bounds every list of a report: a hostile target that opens all
// ports must not make a document that nobody can open. What is beyond is
// counted in the report and is in the log.
const maxRows = 500

func first[T any](l []T) (shown []T, more int) {
	n := min(len(l), maxRows)
	return l[:n], len(l) - n
}

type severityCount struct {
	chip
	Count int
	Bar   int // share of the longest bar, 0 to 100
}

type findingGroup struct {
	chip
	severity domain.Severity
	ID       string // of the heading
	Count    int
	Findings []finding
	More     int
}

// finding is one weakness with all that a reader needs to act on it.
type finding struct {
	ID                    string // of the element; unique in the page
	Severity              chip
	Title, Where, Seen    string
	Meaning, Remedy       string
	Rule, Tool, Evidence  string
	Rated                 []string // by CVSS, and what others publish
	Weaknesses, Reference []link   // CWE and CVE; what else there is to read
}

// link is a text with the address that it leads to. URL is "" where the
// address is not http or https: such text is never a link.
type link struct{ Text, URL string }

func severityCounts(all []projections.ReportedFinding) []severityCount {
	n := tally(all)
	most := 1
	for _, c := range n {
		most = max(most, c)
	}
	var counts []severityCount
	for _, s := range domain.Severities {
		counts = append(counts, severityCount{chip: severityChips[s], Count: n[s], Bar: (100*n[s] + most - 1) / most})
	}
	return counts
}

func tally(all []projections.ReportedFinding) map[domain.Severity]int {
	n := map[domain.Severity]int{}
	for _, f := range all {
		n[rated(f)]++
	}
	return n
}

// rated is a finding's severity. One that is in no table is informational, so
// that no finding is left out.
func rated(f projections.ReportedFinding) domain.Severity {
	if _, ok := severityChips[f.Severity]; ok {
		return f.Severity
	}
	return domain.Informational
}

func severityListing(counts []severityCount) string {
	var words []string
	for _, c := range counts {
		if c.Count > 0 {
			words = append(words, thousands(c.Count)+" "+strings.ToLower(c.Word))
		}
	}
	return listing(words)
}

// findingGroups are the findings from the worst severity down, within it in
// the order in which they were seen.
func findingGroups(all []projections.ReportedFinding, o Options) []findingGroup {
	var groups []findingGroup
	for _, s := range domain.Severities {
		g := findingGroup{chip: severityChips[s], severity: s, ID: "findings-" + string(s)}
		for i, f := range all {
			if rated(f) == s {
				g.Findings = append(g.Findings, newFinding(i, f, o))
			}
		}
		g.Count = len(g.Findings)
		g.Findings, g.More = first(g.Findings)
		if g.Count > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

func newFinding(i int, f projections.ReportedFinding, o Options) finding {
	return finding{
		ID: anchor(i), Severity: severityChips[rated(f)], Title: titled(f.Title), Where: located(f.Where),
		Seen: clean(f.Detail, maxText), Meaning: clean(f.Description, maxText), Remedy: clean(f.Remedy, maxText),
		Rule: line(f.ID, maxTitle), Tool: worded(toolWords, f.Tool), Evidence: line(string(f.Evidence), maxTitle),
		Rated: ratedAs(f, o), Weaknesses: catalogued(f), Reference: references(f.References),
	}
}

func anchor(i int) string { return fmt.Sprintf("finding-%d", i+1) }

// named is a target's name, which may be longer than a title.
func named(target string) string {
	if t := line(target, maxCell); t != "" {
		return t
	}
	return "Unnamed target"
}

func titled(s string) string {
	if t := line(s, maxTitle); t != "" {
		return t
	}
	return "Untitled finding"
}

func located(where string) string {
	if where == "" {
		return "the target as a whole"
	}
	return line(where, maxTitle)
}

var cveID = regexp.MustCompile(`^CVE-\d{4}-\d{4,19}$`)

// catalogued links to the catalogues themselves: cwe.mitre.org and cve.org.
func catalogued(f projections.ReportedFinding) []link {
	var links []link
	if f.CWE > 0 {
		links = append(links, link{fmt.Sprintf("CWE-%d", f.CWE), fmt.Sprintf("https://cwe.mitre.org/data/definitions/%d.html", f.CWE)})
	}
	shown, _ := first(f.CVE)
	for _, id := range shown {
		l := link{Text: line(id, maxTitle)}
		if cveID.MatchString(id) {
			l.URL = "https://www.cve.org/CVERecord?id=" + id
		}
		links = append(links, l)
	}
	return links
}

func references(all []string) []link {
	var links []link
	shown, _ := first(all)
	for _, s := range shown {
		links = append(links, link{Text: line(s, maxCell), URL: webAddress(s)})
	}
	return links
}

// webAddress is s if it is an http or https URL with a host, not too long and
// without anything that hides where it leads; else "".
func webAddress(s string) string {
	u, err := url.Parse(s)
	if err != nil || len(s) > domain.MaxTarget || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.ContainsFunc(s, invisible) {
		return ""
	}
	return u.String()
}
