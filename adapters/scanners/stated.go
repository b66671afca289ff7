package scanners

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// What tools outside of this program state of a weakness is read leniently: what is
// not in its form is left out, and never kept as it is.

var (
	cveForm = regexp.MustCompile(`^CVE-[0-9]{4}-[0-9]{4,}$`)
	cweForm = regexp.MustCompile(`^(?i:CWE-)?([1-9][0-9]{0,4})$`)
)

// mostStated bounds each list that a tool states.
const mostStated = 100

// CVEs are those of some texts that are in CVE's form, in capitals, each once.
func CVEs(texts ...string) (all []string) {
	for _, t := range texts {
		if t = strings.ToUpper(strings.TrimSpace(t)); cveForm.MatchString(t) && !slices.Contains(all, t) && len(all) < mostStated {
			all = append(all, t)
		}
	}
	return all
}

// CWE is the first of some texts that is a number of the CWE, "79" or "CWE-79"; 0
// where there is none.
func CWE(texts ...string) int {
	for _, t := range texts {
		if m := cweForm.FindStringSubmatch(strings.TrimSpace(t)); m != nil {
			n, _ := strconv.Atoi(m[1]) // five digits
			return n
		}
	}
	return 0
}

// Links are those of some texts that are URLs of the web, each once.
func Links(texts ...string) (all []string) {
	for _, t := range texts {
		t = strings.TrimSpace(t)
		u, err := url.Parse(t)
		if err == nil && u.Host != "" && (u.Scheme == "https" || u.Scheme == "http") && !slices.Contains(all, t) && len(all) < mostStated {
			all = append(all, t)
		}
	}
	return all
}
