package render

import (
	"fmt"
	"strconv"
	"time"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// likely is how likely a finding's CVEs are to be exploited; nil where nothing is
// known, or no format is to tell it.
func (o Options) likely(f projections.ReportedFinding) *projections.Chance {
	if o.Feeds == nil {
		return nil
	}
	return o.Feeds.EPSS(f.CVE)
}

// exploited is what is known of one of a finding's CVEs being exploited; nil as
// for likely.
func (o Options) exploited(f projections.ReportedFinding) *projections.Exploited {
	if o.Feeds == nil {
		return nil
	}
	return o.Feeds.KEV(f.CVE)
}

// ratedAs are a finding's ratings by CVSS and what others publish of it, each as a
// line for people.
func ratedAs(f projections.ReportedFinding, o Options) (lines []string) {
	for _, r := range f.CVSS {
		lines = append(lines, line(fmt.Sprintf("CVSS %s (%s) %s", oneDigit(r.Score), versioned(r), r.Vector), maxTitle))
	}
	if e := o.likely(f); e != nil {
		lines = append(lines, fmt.Sprintf("EPSS of %s: exploited within 30 days with a likelihood of %.1f %%, which is more than of %.1f %% of all CVEs",
			e.Date.UTC().Format(time.DateOnly), 100*e.Score, 100*e.Percentile))
	}
	if k := o.exploited(f); k != nil {
		lines = append(lines, line(fmt.Sprintf("Known to be exploited since %s (%s, CISA KEV): %s", k.Added, k.CVE, k.Action), maxCell))
	}
	return lines
}

func versioned(r domain.Rating) string {
	if r.Version == "" {
		return "no version told"
	}
	return "version " + r.Version
}

// oneDigit is a score as CVSS writes it: with one digit.
func oneDigit(score float64) string { return strconv.FormatFloat(score, 'f', 1, 64) }
