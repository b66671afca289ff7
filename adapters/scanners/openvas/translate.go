package openvas

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// leastQuality is the quality of detection, in percent, below which a result is
// more of a guess: Greenbone itself leaves those out unless it is asked for them.
const leastQuality = 70

// seen is what a result tells.
type seen struct {
	weakness *domain.Weakness
	port     *domain.Port
	guess    bool // not told, for OpenVAS itself is not sure of it
}

// translate reads one result of a target. A level of 0, which OpenVAS calls a log, is
// what it saw and no weakness; one below 0 is what the operator has called false, or an
// error, which the report of the scan has too.
func translate(t domain.Target, r result) seen {
	s := seen{port: portOf(t, r)}
	score, err := strconv.ParseFloat(strings.TrimSpace(r.Severity), 64)
	if err != nil || !(score > 0 && score <= 10) || r.NVT.OID == "" {
		return s
	}
	if quality, err := strconv.Atoi(r.Quality); err == nil && quality < leastQuality {
		s.guess = true
		return s
	}
	s.weakness = &domain.Weakness{Advisory: advisoryOf(r, score), Where: placeOf(t, r), Detail: detailOf(r)}
	return s
}

// port is what OpenVAS says of most places; "general/tcp" is the whole host.
var port = regexp.MustCompile(`^([0-9]{1,5})/(tcp|udp)$`)

// portOf is the open port that a result is about. A range's ports have no place in
// what a scan observes, for those are one host's.
func portOf(t domain.Target, r result) *domain.Port {
	m := port.FindStringSubmatch(r.Port)
	if m == nil || t.Kind == domain.RangeTarget {
		return nil
	}
	n, _ := strconv.Atoi(m[1])
	if n < 1 || n > 65535 {
		return nil
	}
	return &domain.Port{Port: n, Protocol: m[2]}
}

// placeOf is where a weakness is: its port, and within a range its host too.
func placeOf(t domain.Target, r result) string {
	host := strings.TrimSpace(r.Host.Address)
	onPort := port.MatchString(r.Port)
	switch {
	case t.Kind != domain.RangeTarget && onPort:
		return r.Port
	case t.Kind != domain.RangeTarget:
		return ""
	case onPort:
		return host + ":" + r.Port
	default:
		return host
	}
}

// advisoryOf is what the test knows of the weakness. Its rule is known by its OID.
func advisoryOf(r result, score float64) (a domain.Advisory) {
	said := tagsOf(r.NVT.Tags)
	a.ID, a.Title, a.Severity = "openvas/"+r.NVT.OID, first(r.NVT.Name, r.Name, r.NVT.OID), domain.SeverityOf(score)
	a.Description, a.Remedy = paragraphs(said["summary"], said["insight"], said["impact"]), first(r.NVT.Solution, said["solution"])
	var cves, links []string
	for _, ref := range r.NVT.Refs {
		switch ref.Type {
		case "cve", "cve_id":
			cves = append(cves, ref.ID)
		case "url":
			links = append(links, ref.ID)
		}
	}
	var vectors []string
	for _, rating := range r.NVT.Severities {
		vectors = append(vectors, rating.Vector)
	}
	a.CVSS = scanners.StatedCVSS(score, vectors...)
	a.CVE, a.References = scanners.CVEs(cves...), scanners.Links(links...)
	return a
}

// detailOf says how sure OpenVAS is. What it saw is in the evidence, for it may have
// what nobody else should read.
func detailOf(r result) string {
	on := ""
	if name := strings.TrimSpace(r.Host.Name); name != "" {
		on = " on " + scanners.Quote(name)
	}
	if r.Quality == "" {
		return fmt.Sprintf("OpenVAS reports it%s.", on)
	}
	return fmt.Sprintf("OpenVAS reports it%s, with a quality of detection of %s %%.", on, scanners.Plain(r.Quality))
}

// tagsOf reads "name=text|name=text".
func tagsOf(tags string) map[string]string {
	said := map[string]string{}
	for part := range strings.SplitSeq(tags, "|") {
		if name, text, ok := strings.Cut(part, "="); ok {
			said[name] = strings.TrimSpace(text)
		}
	}
	return said
}

func first(texts ...string) string {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			return t
		}
	}
	return ""
}

func paragraphs(texts ...string) string {
	var all []string
	for _, t := range texts {
		if t = strings.Join(strings.Fields(t), " "); t != "" {
			all = append(all, t)
		}
	}
	return strings.Join(all, "\n\n")
}
