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

// levels are OpenVAS's by its score, the worst first.
var levels = []struct {
	from  float64
	level domain.Severity
}{{9, domain.Critical}, {7, domain.High}, {4, domain.Medium}, {0.1, domain.Low}}

// seen is what a result tells.
type seen struct {
	weakness *domain.Weakness
	port     *domain.Port
	rating   rating // of the weakness, as the test states it
	guess    bool   // not told, for OpenVAS itself is not sure of it
}

// rating is the newest CVSS that a test states; "" and 0 where it states none.
type rating struct {
	vector string
	score  float64
}

// translate reads one result of a target. A level of 0, which OpenVAS calls a log, is
// what it saw and no weakness; one below 0 is what the operator has called false, or an
// error, which the report of the scan has too.
func translate(t domain.Target, r result) seen {
	s := seen{port: portOf(t, r)}
	score, err := strconv.ParseFloat(strings.TrimSpace(r.Severity), 64)
	level, bad := levelOf(score)
	if err != nil || !bad || r.NVT.OID == "" {
		return s
	}
	if quality, err := strconv.Atoi(r.Quality); err == nil && quality < leastQuality {
		s.guess = true
		return s
	}
	s.rating = ratingOf(r.NVT)
	s.weakness = &domain.Weakness{Advisory: advisoryOf(r, level), Where: placeOf(t, r), Detail: detailOf(r)}
	return s
}

func levelOf(score float64) (domain.Severity, bool) {
	for _, l := range levels {
		if score >= l.from {
			return l.level, true
		}
	}
	return "", false
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
func advisoryOf(r result, level domain.Severity) (a domain.Advisory) {
	said := tagsOf(r.NVT.Tags)
	a.ID, a.Title, a.Severity = "openvas/"+r.NVT.OID, first(r.NVT.Name, r.Name, r.NVT.OID), level
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

// ratingOf is the rating by the newest version of CVSS.
func ratingOf(n nvt) (newest rating) {
	kind := ""
	for _, s := range n.Severities {
		score, err := strconv.ParseFloat(strings.TrimSpace(s.Score), 64)
		if err == nil && s.Type > kind && strings.HasPrefix(s.Type, "cvss_base_v") {
			kind, newest = s.Type, rating{s.Vector, score}
		}
	}
	return newest
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
