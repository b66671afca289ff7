package nuclei

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// record is one match, as far as we read it.
type record struct {
	Template string `json:"template-id"`
	Info     struct {
		Name           string `json:"name"`
		Description    string `json:"description"`
		Impact         string `json:"impact"`
		Severity       string `json:"severity"`
		Remediation    string `json:"remediation"`
		Reference      list   `json:"reference"`
		Classification struct {
			CVE    list    `json:"cve-id"`
			CWE    list    `json:"cwe-id"`
			Vector string  `json:"cvss-metrics"`
			Score  float64 `json:"cvss-score"`
		} `json:"classification"`
	} `json:"info"`
	Matcher string `json:"matcher-name"`
	Status  *bool  `json:"matcher-status"` // false of what did not match, where that is told too
	At      string `json:"matched-at"`
}

// stats are how far nuclei is. All values are texts.
type stats struct {
	Percent text `json:"percent"`
	Errors  text `json:"errors"`
}

// text is a value that is written as a text or as a number.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(raw []byte) error {
	*t = text(strings.Trim(string(raw), `"`))
	return nil
}

// list is a list of texts, which templates also write as one text, or as none.
type list []string

// UnmarshalJSON implements json.Unmarshaler.
func (l *list) UnmarshalJSON(raw []byte) error {
	var one string
	var all []string
	switch {
	case string(raw) == "null":
	case json.Unmarshal(raw, &one) == nil:
		*l = list{one}
	case json.Unmarshal(raw, &all) == nil:
		*l = all
	default:
		return fmt.Errorf("%.40s is no list of texts", raw)
	}
	return nil
}

// read reads one line: a match or statistics in JSON; any other text is nuclei
// speaking to people. Its error is half a document, or another one than documented.
func read(line string) (*record, *stats, error) {
	if !strings.HasPrefix(line, "{") {
		return nil, nil, nil
	}
	var kind struct {
		Template *json.RawMessage `json:"template-id"`
	}
	if err := json.Unmarshal([]byte(line), &kind); err != nil {
		return nil, nil, fmt.Errorf("its report breaks off: %w", err)
	}
	if kind.Template == nil {
		now := &stats{}
		return nil, now, json.Unmarshal([]byte(line), now)
	}
	rec := &record{}
	if err := json.Unmarshal([]byte(line), rec); err != nil {
		return nil, nil, fmt.Errorf("a match of nuclei is not understood: %w", err)
	}
	return rec, nil, nil
}

// levels are nuclei's severities. What it calls unknown is told, and weighs nothing.
var levels = map[string]domain.Severity{
	"critical": domain.Critical, "high": domain.High, "medium": domain.Medium, "low": domain.Low, "info": domain.Informational, "unknown": domain.Informational,
}

var (
	name  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$`)
	other = regexp.MustCompile(`[^A-Za-z0-9._-]+`)
)

// translate reads a match on a site, which nuclei knows at its pinned address. It is
// nil where it is no match, or of no template.
func translate(site, pinned *url.URL, rec record) *domain.Weakness {
	level, known := levels[strings.ToLower(rec.Info.Severity)]
	if !known {
		level = domain.Informational
	}
	if !name.MatchString(rec.Template) || rec.Status != nil && !*rec.Status {
		return nil
	}
	w := &domain.Weakness{Where: placeOf(site, pinned, rec.At)}
	w.Detail = "The template " + rec.Template
	a := &w.Advisory
	a.ID, a.Title, a.Severity = "nuclei/"+rec.Template, rec.Info.Name, level
	if rec.Matcher != "" {
		a.ID += ":" + strings.ToLower(other.ReplaceAllString(rec.Matcher, "-"))
		w.Detail += ", with its matcher " + scanners.Quote(rec.Matcher) + ","
	}
	w.Detail += " matched at " + scanners.Plain(rec.At) + "."
	if a.Title == "" {
		a.Title = rec.Template
	}
	a.Description = strings.TrimSpace(strings.TrimSpace(rec.Info.Description) + "\n\n" + strings.TrimSpace(rec.Info.Impact))
	a.Remedy, a.References = strings.TrimSpace(rec.Info.Remediation), scanners.Links(rec.Info.Reference...)
	a.CVSS = scanners.StatedCVSS(rec.Info.Classification.Score, rec.Info.Classification.Vector)
	a.CVE, a.CWE = scanners.CVEs(rec.Info.Classification.CVE...), scanners.CWE(rec.Info.Classification.CWE...)
	return w
}

// placeOf is where a match was on the site; "" of the site as a whole.
func placeOf(site, pinned *url.URL, at string) string {
	u, err := url.Parse(at)
	switch {
	case err != nil || u.Host == "":
		return ""
	case u.Host == pinned.Host:
		u.Scheme, u.Host = site.Scheme, site.Host
	}
	if place := scanners.Place(site, u); place != "/" {
		return place
	}
	return ""
}
