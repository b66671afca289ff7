package domain

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// Look is what one probe of a scan has looked at.
type Look struct {
	Tool    Tool      `json:"tool"`
	Outcome Outcome   `json:"outcome"`
	At      time.Time `json:"at"`     // when it ended
	Tested  []string  `json:"tested"` // lines of its coverage
	Missed  []string  `json:"missed"` // those that it did not come to
}

// LookOf is what a probe says when it ends.
func LookOf(e ProbeFinished, at time.Time) Look {
	l := Look{Tool: e.Tool, Outcome: e.Outcome, At: at, Tested: []string{}, Missed: []string{}}
	for _, c := range e.Coverage {
		if c.Outcome == Tested {
			l.Tested = append(l.Tested, c.What)
		} else {
			l.Missed = append(l.Missed, c.What)
		}
	}
	return l
}

// Retests says whether the probe has looked again at what was seen before, by a
// scan of the profile before; it is one of the profile now. Where its coverage
// names the port or the address, that decides. Else a probe that has tested has
// looked at it, if it left out no line that it belongs to and its profile does not
// stop earlier than the one before. Not looked at is never gone.
func (l Look) Retests(t Target, seen Spot, before, now Profile) bool {
	p := placeOf(t, seen.Where)
	if slices.ContainsFunc(l.Missed, func(line string) bool { return concerns(line, seen, p, t) }) {
		return false
	}
	if p.protocol != "" && slices.ContainsFunc(l.Tested, isPorts) {
		return slices.ContainsFunc(l.Tested, func(line string) bool { return isPorts(line) && hasPort(line, p) })
	}
	if p.path != "" && slices.ContainsFunc(l.Tested, func(line string) bool { return isAddress(line, p, t) }) {
		return true
	}
	return l.Outcome == Tested && len(l.Tested) > 0 && (alike[l.Tool] || now.reaches(before))
}

// alike are the scanners that look at the same whatever the profile.
var alike = map[Tool]bool{TLS: true, Headers: true, Cookies: true, DNS: true}

// depths orders the profiles of each scanner.
var depths = map[Profile]int{
	Quick: 1, Standard: 2, Deep: 3, NmapQuick: 1, NmapFull: 2, NucleiQuick: 1, NucleiFull: 2, ZAPBaseline: 1, ZAPFull: 2,
	OpenVASDiscovery: 1, OpenVASFullFast: 2, OpenVASDeep: 3,
}

// reaches says whether a scan of this profile goes as far as one of another.
func (p Profile) reaches(other Profile) bool {
	return p == other || p.Scanner() == other.Scanner() && depths[p] > depths[other]
}

// concerns says whether a line of coverage is about what was seen.
func concerns(line string, seen Spot, p place, t Target) bool {
	switch {
	case line == seen.Rule, line == family(seen.Rule), line == seen.Where, p.name != "" && strings.HasSuffix(line, " "+p.name),
		p.protocol != "" && hasPort(line, p), isAddress(line, p, t):
		return true
	default:
		return slices.Contains(CoverageOf(seen.Rule), line)
	}
}

// CoverageOf are the lines of coverage that a scanner's rule belongs to beside
// its own name and those of its place: while one of them was left out the rule was
// not looked at. Each scanner's own rules have one that the scanner tells.
func CoverageOf(rule string) []string {
	lines := []string{aspect(rule)}
	for prefix, of := range linesOf {
		if strings.HasPrefix(rule, prefix) {
			lines = append(lines, of...)
		}
	}
	slices.Sort(lines)
	return lines
}

// aspect is what most lines of coverage are called after: the middle of a rule.
func aspect(rule string) string {
	_, rest, _ := strings.Cut(rule, "/")
	name, _, _ := strings.Cut(rest, "/")
	return name
}

// family is what a rule is a case of, where its scanner has one line of coverage for
// all cases: the plug-in 10038 of ZAP's "zap/10038-1", the template of
// "nuclei/TEMPLATE:MATCHER".
func family(rule string) string {
	for tool, sign := range map[string]string{"zap/": "-", "nuclei/": ":"} {
		if strings.HasPrefix(rule, tool) {
			rule, _, _ = strings.Cut(rule, sign)
		}
	}
	return rule
}

// linesOf are the lines of coverage that rules belong to, by how the rules begin,
// where they are called otherwise. A test in adapters/scanners/list holds them to
// what the scanners tell.
var linesOf = map[string][]string{
	"ports/":                            {"service detection"},
	"headers/csp/":                      {"content-security-policy"},
	"headers/hsts/":                     {"strict-transport-security"},
	"headers/cors/":                     {"cross-origin-resource-sharing"},
	"headers/corp/":                     {"cross-origin-resource-policy"},
	"headers/coep/":                     {"cross-origin-embedder-policy"},
	"headers/coop/":                     {"cross-origin-opener-policy"},
	"headers/sri/":                      {"subresource-integrity"},
	"headers/html/":                     {"subresource-integrity"},
	"headers/leak/":                     {"software-versions"},
	"headers/malformed":                 {"header-syntax"},
	"cookies/":                          {"cookies", "further cookies"},
	"tls/certificate/":                  {"certificate"},
	"tls/certificate/revoked":           {"revocation"},
	"tls/protocol/":                     {"protocols"},
	"tls/protocol/sslv2":                {"protocol SSLv2"},
	"tls/protocol/sslv3":                {"protocol SSLv3"},
	"tls/protocol/tlsv1.0":              {"protocol TLSv1.0"},
	"tls/protocol/tlsv1.1":              {"protocol TLSv1.1"},
	"tls/protocol/no-tlsv1.2":           {"protocol TLSv1.2", "protocol TLSv1.3"},
	"tls/protocol/no-tlsv1.3":           {"protocol TLSv1.3"},
	"tls/protocol/no-fallback-scsv":     {"protection against downgrades (TLS_FALLBACK_SCSV)"},
	"tls/cipher/":                       append([]string{"cipher suites"}, suiteLines...),
	"tls/key-exchange/":                 {"key exchange groups"},
	"tls/key-exchange/weak-dh":          suiteLines,
	"tls/compression":                   {"compression, renegotiation, heartbeat"},
	"tls/renegotiation/":                {"compression, renegotiation, heartbeat"},
	"tls/renegotiation/client":          {"renegotiation by the client"},
	"tls/attack/heartbleed":             {"Heartbleed (CVE-2014-0160)"},
	"tls/attack/ccs-injection":          {"CCS injection (CVE-2014-0224)"},
	"tls/attack/robot":                  {"ROBOT"},
	"tls/attack/ticketbleed":            {"Ticketbleed (CVE-2016-9244)"},
	"tls/attack/poodle-tls":             {paddingLine},
	"tls/attack/padding-oracle":         {paddingLine},
	"content/mixed/":                    {"mixed-content"},
	"content/form/":                     {"forms"},
	"content/hidden-frame":              {"hidden-frames"},
	"content/injected/":                 {"injected-scripts"},
	"content/injected/look-alike-host":  {"look-alike-hosts"},
	"content/injected/compromised-host": {"look-alike-hosts"},
	"content/skimmer":                   {"skimmers"},
	"content/library/":                  {"vulnerable-libraries"},
	"content/malware-listed":            {"malware-lists"},
	"content/debug-page":                {"debug-pages"},
	"content/leaked-secret":             {"leaked-secrets"},
	"content/directory-listing":         {"exposed-files: directory-listings"},
	"content/cross-domain-policy":       {"exposed-files: cross-domain-policy"},
	"crawl/reflected-input":             {"active: reflected-input"},
	"crawl/open-redirect":               {"active: open-redirect"},
	"crawl/path-traversal":              {"active: path-traversal"},
	"crawl/sql-error":                   {"active: sql-error"},
	"dns/cname/":                        {"dangling aliases"},
	"dns/ns/":                           {"name servers"},
	"dns/axfr/":                         {"zone transfer"},
	"vitals/slow-largest-paint":         {"lcp"},
	"vitals/layout-shift":               {"cls"},
	"vitals/slow-first-paint":           {"fcp"},
	"vitals/slow-first-byte":            {"ttfb"},
	"vitals/blocking-scripts":           {"tbt"},
}

// suiteLines are those of the versions of TLS: which suites there are is known where
// all of them were looked at.
var suiteLines = []string{
	"protocol SSLv2", "protocol SSLv3", "protocol TLSv1.0", "protocol TLSv1.1", "protocol TLSv1.2", "protocol TLSv1.3",
	"cipher suites of SSLv2", "cipher suites of SSLv3", "cipher suites of TLSv1.0", "cipher suites of TLSv1.1", "cipher suites of TLSv1.2", "cipher suites of TLSv1.3",
}

const paddingLine = "padding oracles (POODLE of TLS, GOLDENDOODLE, Zombie POODLE, CVE-2019-1559)"

// isPorts says whether a line of coverage is a list of ports: "22,80-90/tcp".
func isPorts(line string) bool {
	ports, protocol, _ := strings.Cut(line, "/")
	return (protocol == "tcp" || protocol == "udp") && strings.Trim(ports, "0123456789,-") == ""
}

// hasPort says whether the ports at the end of a line have that of a place.
func hasPort(line string, p place) bool {
	ports, protocol, _ := strings.Cut(line[strings.LastIndexByte(line, ' ')+1:], "/")
	if protocol != p.protocol {
		return false
	}
	for part := range strings.SplitSeq(ports, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, err := strconv.Atoi(from)
		last := first
		if err == nil && isRange {
			last, err = strconv.Atoi(to)
		}
		if err == nil && first <= p.port && p.port <= last {
			return true
		}
	}
	return false
}

// isAddress says whether a line of coverage is the address of a place.
func isAddress(line string, p place, t Target) bool {
	if p.path == "" || !strings.HasPrefix(line, "http://") && !strings.HasPrefix(line, "https://") {
		return false
	}
	return onPath(placeOf(t, line)) == onPath(p)
}
