package dns

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// dmarc is one parsed DMARC record.
type dmarc struct {
	policy     string // p: "none", "quarantine" or "reject"
	subdomains string // sp; "" means the same as p
	percent    int    // pct, 100 unless given
	reports    bool   // whether rua names somebody who gets reports

	receivers  string // rua as it stands
	strictSPF  bool   // aspf=s: the domain that SPF vouches for has to be the sender's, not only of the same organisation
	strictDKIM bool   // adkim=s, likewise
}

// alignment says for people how near the sender has to be.
func (d dmarc) alignment() string {
	word := map[bool]string{true: "strict", false: "relaxed"}
	return "spf " + word[d.strictSPF] + ", dkim " + word[d.strictDKIM]
}

// isDMARC tells a DMARC record from other TXT records, RFC 7489, 6.4: the
// version is the first tag and is spelt just so.
func isDMARC(text string) bool {
	version, _, _ := strings.Cut(text, ";")
	tag, value, ok := strings.Cut(version, "=")
	return ok && strings.TrimSpace(tag) == "v" && strings.TrimSpace(value) == "DMARC1"
}

var (
	dmarcFailures = regexp.MustCompile(`^[01ds](\s*:\s*[01ds])*$`)
	dmarcURI      = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:[^\s,!;]+(![0-9]+[kmgt]?)?$`)
)

// dmarcTags says of each tag of RFC 7489, 6.3, what it may hold. Tags that are
// not here are passed over.
var dmarcTags = map[string]func(value string) bool{
	"p":     isPolicy,
	"sp":    isPolicy,
	"adkim": func(v string) bool { return v == "r" || v == "s" },
	"aspf":  func(v string) bool { return v == "r" || v == "s" },
	"fo":    dmarcFailures.MatchString,
	"pct":   func(v string) bool { n, err := strconv.ParseUint(v, 10, 8); return err == nil && n <= 100 },
	"ri":    func(v string) bool { _, err := strconv.ParseUint(v, 10, 32); return err == nil },
	"rua":   areURIs,
	"ruf":   areURIs,
}

func isPolicy(v string) bool { return v == "none" || v == "quarantine" || v == "reject" }

func areURIs(v string) bool {
	for _, uri := range strings.Split(v, ",") {
		if !dmarcURI.MatchString(strings.TrimSpace(uri)) {
			return false
		}
	}
	return true
}

// parseDMARC parses a record by RFC 7489, 6.3 and 6.4. With an error a
// receiver may apply no policy at all.
func parseDMARC(text string) (dmarc, error) {
	record := dmarc{percent: 100}
	if !isDMARC(text) {
		return record, fmt.Errorf("it does not begin with v=DMARC1")
	}
	seen := map[string]string{}
	for _, part := range strings.Split(text, ";")[1:] {
		if strings.TrimSpace(part) == "" {
			continue
		}
		tag, value, ok := strings.Cut(part, "=")
		tag, value = strings.TrimSpace(tag), strings.TrimSpace(value)
		if !ok || tag == "" {
			return record, fmt.Errorf("%q is no tag with a value", clip(part))
		}
		if _, twice := seen[tag]; twice {
			return record, fmt.Errorf("%q stands twice", clip(tag))
		}
		if valid := dmarcTags[tag]; valid != nil && !valid(dmarcValue(tag, value)) {
			return record, fmt.Errorf("%s cannot be %q", tag, clip(value))
		}
		seen[tag] = dmarcValue(tag, value)
	}
	if seen["p"] == "" {
		return record, fmt.Errorf("there is no p, and so no policy")
	}
	if pct := seen["pct"]; pct != "" {
		record.percent, _ = strconv.Atoi(pct)
	}
	record.policy, record.subdomains, record.reports = seen["p"], seen["sp"], seen["rua"] != ""
	record.receivers, record.strictSPF, record.strictDKIM = seen["rua"], seen["aspf"] == "s", seen["adkim"] == "s"
	return record, nil
}

// domainsOf are the domains of the addresses in a list of URIs.
func domainsOf(uris string) (domains []string) {
	for _, uri := range strings.Split(uris, ",") {
		uri, _, _ = strings.Cut(strings.TrimSpace(uri), "!")
		if _, domain, is := strings.Cut(uri, "@"); is && strings.HasPrefix(strings.ToLower(uri), "mailto:") {
			domains = append(domains, domain)
		}
	}
	return domains
}

// dmarcValue: keywords are read in any case, addresses as they are.
func dmarcValue(tag, value string) string {
	if tag == "rua" || tag == "ruf" {
		return value
	}
	return strings.ToLower(value)
}
