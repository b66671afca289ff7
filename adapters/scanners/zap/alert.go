package zap

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// text is a value of ZAP's JSON, which writes numbers as texts and, here and there,
// texts as numbers.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(raw []byte) error {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		*t = ""
	case string:
		*t = text(v)
	case float64, bool:
		*t = text(raw)
	default:
		return fmt.Errorf("%.20s is no single value", raw)
	}
	return nil
}

// alert is what ZAP says of one weakness at one address.
type alert struct {
	ID          text            `json:"id"`
	Source      text            `json:"sourceid"` // "1" of an active rule, "3" of a passive one
	Plugin      text            `json:"pluginId"` // "-1" where somebody has added it by hand
	Ref         text            `json:"alertRef"` // the plug-in, with the case that it tells apart: "10038-1"
	Name        text            `json:"alert"`
	Risk        text            `json:"risk"`
	Confidence  text            `json:"confidence"`
	URL         text            `json:"url"`
	Method      text            `json:"method"`
	Param       text            `json:"param"`
	Attack      text            `json:"attack"`
	Description text            `json:"description"`
	Solution    text            `json:"solution"`
	Reference   text            `json:"reference"` // URLs, one a line
	CWE         text            `json:"cweid"`     // "-1" for none
	Tags        map[string]text `json:"tags"`
}

// severities are ZAP's risks; a critical one it does not know.
var severities = map[text]domain.Severity{"High": domain.High, "Medium": domain.Medium, "Low": domain.Low, "Informational": domain.Informational}

const (
	byHand = "-1"
	active = "1"
)

// ofCookies are passive rules about one cookie, which is their parameter.
var ofCookies = []text{"10010", "10011", "10054", "90033"}

// ofPages are passive rules about what stands on a page; the others are about how
// the whole site answers, and say the same of each address.
var ofPages = []text{"2", "10023", "10024", "10032", "10033", "10044", "10057", "10062", "10097", "10099", "10105", "10108", "10202", "90022", "90023"}

// translate reads an alert of a site. It is nil where the alert is none of the
// site's or of a rule's, or ZAP itself takes it for false.
func translate(site *url.URL, a alert) *domain.Weakness {
	at, err := url.Parse(string(a.URL))
	level, known := severities[a.Risk]
	if err != nil || at.Host != site.Host || !known || a.Plugin == byHand || a.Plugin == "" || a.Confidence == "False Positive" {
		return nil
	}
	rule := a.Ref
	if rule == "" {
		rule = a.Plugin
	}
	w := &domain.Weakness{Where: placeOf(site, at, a), Detail: detailOf(site, at, a)}
	w.Advisory.ID, w.Advisory.Title, w.Advisory.Severity = "zap/"+string(rule), string(a.Name), level
	w.Advisory.CWE, w.Advisory.CVE = scanners.CWE(string(a.CWE)), scanners.CVEs(slices.Sorted(maps.Keys(a.Tags))...)
	w.Advisory.Description, w.Advisory.Remedy = string(a.Description), string(a.Solution)
	w.Advisory.References = scanners.Links(strings.Split(string(a.Reference), "\n")...)
	return w
}

// placeOf is where a re-scan finds the weakness again.
func placeOf(site, at *url.URL, a alert) string {
	switch {
	case a.Source == active && a.Param != "":
		return scanners.Place(site, at) + "?" + url.QueryEscape(string(a.Param))
	case a.Source == active, slices.Contains(ofPages, a.Plugin):
		return scanners.Place(site, at)
	case slices.Contains(ofCookies, a.Plugin):
		return string(a.Param)
	default:
		return ""
	}
}

// detailOf tells where it was seen. What ZAP saw there is in the evidence, for it
// may have what nobody else should read.
func detailOf(site, at *url.URL, a alert) string {
	detail := fmt.Sprintf("ZAP saw it at %s %s, with %s confidence", scanners.Plain(string(a.Method)), scanners.Plain(scanners.Place(site, at)),
		scanners.Plain(strings.ToLower(string(a.Confidence))))
	if a.Attack != "" {
		detail += ", after it had sent " + scanners.Quote(string(a.Attack))
		if a.Param != "" {
			detail += " as " + scanners.Quote(string(a.Param))
		}
	}
	return detail + "."
}
