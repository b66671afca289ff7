package render

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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
	Weaknesses, Reference []link // CWE and CVE; what else there is to read
}

// link is a text with the address that it leads to. URL is "" where the
// address is not http or https: such text is never a link.
type link struct{ Text, URL string }

// fix is one thing to do: all findings of one rule.
type fix struct {
	Severity             chip
	Title, Where, Remedy string
	Gain                 string // what it does for the score
	Anchor               string // ID of its first finding
}

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
func findingGroups(all []projections.ReportedFinding) []findingGroup {
	var groups []findingGroup
	for _, s := range domain.Severities {
		g := findingGroup{chip: severityChips[s], ID: "findings-" + string(s)}
		for i, f := range all {
			if rated(f) == s {
				g.Findings = append(g.Findings, newFinding(i, f))
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

func newFinding(i int, f projections.ReportedFinding) finding {
	return finding{
		ID: anchor(i), Severity: severityChips[rated(f)], Title: titled(f.Title), Where: located(f.Where),
		Seen: clean(f.Detail, maxText), Meaning: clean(f.Description, maxText), Remedy: clean(f.Remedy, maxText),
		Rule: line(f.ID, maxTitle), Tool: worded(toolWords, f.Tool), Evidence: line(string(f.Evidence), maxTitle),
		Weaknesses: catalogued(f), Reference: references(f.References),
	}
}

func anchor(i int) string { return fmt.Sprintf("finding-%d", i+1) }

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
	for _, id := range f.CVE {
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

// maxFixes is how many things to fix first a reader can keep in mind.
const maxFixes = 5

// firstFixes are the rules that are broken worst, and what the security score
// would be without each.
func firstFixes(all []projections.ReportedFinding) []fix {
	n := tally(all)
	var fixes []fix
	for _, s := range domain.Severities[:len(domain.Severities)-1] {
		var done []string
		for i, f := range all {
			if rated(f) != s || slices.Contains(done, f.ID) || len(fixes) == maxFixes {
				continue
			}
			done = append(done, f.ID)
			fixes = append(fixes, newFix(i, all, n))
		}
	}
	return fixes
}

func newFix(i int, all []projections.ReportedFinding, n map[domain.Severity]int) fix {
	f, where := all[i], []string{}
	for _, other := range all {
		if other.ID == f.ID && rated(other) == rated(f) {
			where = append(where, located(other.Where))
		}
	}
	without := map[domain.Severity]int{}
	for s, c := range n {
		without[s] = c
	}
	without[rated(f)] -= len(where)
	x := fix{
		Severity: severityChips[rated(f)], Title: titled(f.Title), Remedy: clean(f.Remedy, maxText), Anchor: anchor(i),
		Where: where[0], Gain: gain(domain.SecurityScore(n), domain.SecurityScore(without)),
	}
	if len(where) > 1 {
		x.Where += " and " + count(len(where)-1, "more place")
	}
	return x
}

func gain(now, then int) string {
	if then <= now {
		return "The security score stays where it is until others are fixed too."
	}
	return fmt.Sprintf("Raises the security score from %d to %d.", now, then)
}

func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
