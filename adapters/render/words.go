package render

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/scanledger/scanledger/domain"
)

// chip is a word on a colour; the word alone says it too.
type chip struct {
	Word string
	Tone tone
}

var severityChips = map[domain.Severity]chip{
	domain.Critical:      {"Critical", toneCritical},
	domain.High:          {"High", toneHigh},
	domain.Medium:        {"Medium", toneMedium},
	domain.Low:           {"Low", toneLow},
	domain.Informational: {"Informational", toneInfo},
}

var outcomeWords = map[domain.Outcome]string{
	domain.Tested:   "tested",
	domain.Skipped:  "skipped",
	domain.TimedOut: "ran out of time",
	domain.Refused:  "refused",
	domain.Failed:   "failed",
	"":              "not finished",
}

// gradeWords is the first letter of a grade in a word and a colour.
var gradeWords = map[byte]chip{
	'A': {"strong", toneGood},
	'B': {"good", toneFair},
	'C': {"fair", toneMedium},
	'D': {"weak", toneHigh},
	'F': {"failing", toneCritical},
}

var profileWords = map[domain.Profile]string{
	domain.Quick:    "Quick",
	domain.Standard: "Standard",
	domain.Deep:     "Deep",

	domain.NmapQuick: "Nmap quick", domain.NmapFull: "Nmap full",
	domain.SSLyzeOnly:  "SSLyze",
	domain.NucleiQuick: "Nuclei quick", domain.NucleiFull: "Nuclei full",
	domain.ZAPBaseline: "OWASP ZAP baseline", domain.ZAPFull: "OWASP ZAP full",
	domain.OpenVASDiscovery: "OpenVAS discovery", domain.OpenVASFullFast: "OpenVAS full and fast", domain.OpenVASDeep: "OpenVAS deep",
}

var kindWords = map[domain.TargetKind]string{
	domain.URLTarget:   "web site",
	domain.HostTarget:  "host",
	domain.IPTarget:    "address",
	domain.RangeTarget: "range of addresses",
}

var toolWords = map[domain.Tool]string{
	domain.Ports:   "Ports and services",
	domain.TLS:     "TLS and certificate",
	domain.Headers: "HTTP headers",
	domain.Cookies: "Cookies",
	domain.Content: "Content and exposed files",
	domain.DNS:     "DNS",
	domain.SEO:     "Search engine readiness",
	domain.Traffic: "Traffic readiness",
	domain.Vitals:  "Web vitals",
	domain.Crawl:   "Pages of the site",

	domain.NmapTool: "Nmap", domain.SSLyzeTool: "SSLyze", domain.NucleiTool: "Nuclei", domain.ZAPTool: "OWASP ZAP", domain.OpenVASTool: "OpenVAS",
}

var trafficWords = map[string]string{
	"time-to-first-byte": "Time to first byte",
	"availability":       "Availability",
	"compression":        "Compression",
	"caching":            "Caching",
	"page-weight":        "Page weight",
	"http2":              "HTTP/2",
	"redirects":          "Redirects",
}

// What every report says, in both forms.
const (
	limits = "A scan from outside sees what an anonymous visitor can reach. " +
		"It does not see source code, what lies behind a login, or the network within."
	provenance = "This report is a fold of the scan's events, which are never changed. Each hash below names a piece of raw evidence; " +
		"the command “scanledger verify scan” with the scan's id computes the hashes, the findings and the grade again."
)

// worded looks a word up in a table; what is not in it is shown as it came.
func worded[K ~string](words map[K]string, k K) string {
	if w, ok := words[k]; ok {
		return w
	}
	return line(string(k), maxCell)
}

// count is a number with its noun: "1 port", "2 ports", "1,024 ports".
func count(n int, noun string) string {
	switch {
	case n == 1:
	case strings.HasSuffix(noun, "ss"), strings.HasSuffix(noun, "x"):
		noun += "es"
	default:
		noun += "s"
	}
	return thousands(n) + " " + noun
}

// unfit says how many things a list leaves out.
func unfit(n int, noun string) string {
	return count(n, "more "+noun) + ": too many for this report, but all of them are in the API's answer."
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// listing joins words as a sentence does: "a, b and c".
func listing(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

func moment(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// span is a duration in at most two units.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	h, m, s := int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60
	switch {
	case h > 0:
		return fmt.Sprintf("%d h %d min", h, m)
	case m > 0:
		return fmt.Sprintf("%d min %d s", m, s)
	default:
		return fmt.Sprintf("%d s", s)
	}
}

func capital(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}
