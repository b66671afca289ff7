package secably

import (
	"math"
	"strconv"
	"strings"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

func scannerScanOf(r projections.ScanRow, report projections.ReportRow) scannerScan {
	d, l := report.Document, scanOf(r, nil)
	out := scannerScan{
		ID: l.ID, Status: l.Status, Target: hostOf(d), ScanType: l.ScanType, ScannerType: l.ScannerType, Profile: l.Profile,
		Config: configOf(d.Profile, d.Options), Engines: engines(d), Progress: l.Progress,
		CreatedAt: l.CreatedAt, StartedAt: l.StartedAt, CompletedAt: l.CompletedAt, Duration: l.Duration,
		Score: l.Score, Found: l.Found, Error: l.Error, NotTested: gaps(d), Result: results[r.Profile.Scanner()](d),
		Facts: projections.FactsOf(d),
	}
	if r.State == domain.Requested {
		out.Status = queued
	}
	return out
}

// results are what each scanner has seen, in its own shape.
var results = map[domain.Scanner]func(projections.Document) any{
	domain.Nmap:    portsSeen,
	domain.SSLyze:  tlsSeen,
	domain.Nuclei:  findingsSeen,
	domain.ZAP:     findingsSeen,
	domain.OpenVAS: findingsSeen,
}

func findingsSeen(d projections.Document) any { return findingResult{vulnerabilities(d)} }

func portsSeen(d projections.Document) any {
	return portResult{Ports: append([]projections.ReportedPort{}, d.Ports...), Host: hostSeen(d), Vulnerabilities: vulnerabilities(d)}
}

// hostSeen is whether the host answers. One that nobody has heard of is down
// when all that was to be asked was asked.
func hostSeen(d projections.Document) hostInfo {
	h := hostInfo{Status: "unknown"}
	switch {
	case len(d.Hosts) > 0:
		h.Status, h.Address = "up", &d.Hosts[0].Address
		if seconds := d.Hosts[0].Latency; seconds > 0 {
			text := latency(seconds)
			h.Latency = &text
		}
	case len(d.Ports) > 0:
		h.Status = "up"
	case len(d.Probes) > 0 && d.Probes[0].Outcome == domain.TimedOut && d.State.Over():
		h.Status = "down"
	}
	return h
}

// latency is a time to the microsecond as the contract writes it: "0.025s".
func latency(seconds float64) string {
	return strconv.FormatFloat(math.Round(seconds*1e6)/1e6, 'f', -1, 64) + "s"
}

// versionNames are the contract's names of TLS versions.
var versionNames = map[string]string{
	"SSLv2": "ssl_2_0", "SSLv3": "ssl_3_0", "TLSv1.0": "tls_1_0", "TLSv1.1": "tls_1_1", "TLSv1.2": "tls_1_2", "TLSv1.3": "tls_1_3",
}

func tlsSeen(d projections.Document) any {
	out := tlsResult{Versions: map[string]bool{}, Suites: map[string][]string{}, Vulnerabilities: vulnerabilities(d)}
	facts := projections.FactsOf(d).TLS
	if facts == nil {
		return out
	}
	for version, offered := range facts.Protocols {
		out.Versions[versionNames[version]] = offered
	}
	for version, suites := range facts.Ciphers {
		out.Suites[versionNames[version]] = suites
	}
	if facts.Grade != "" {
		out.Grade = &facts.Grade
	}
	if c := facts.Certificate; c != nil {
		out.Certificate = certificateOf(*c)
	}
	return out
}

func certificateOf(c domain.Certificate) *certificateInfo {
	out := &certificateInfo{
		Valid: c.Trusted && c.NameMatch, Issuer: organisation(c.Issuer), Expires: web.Stamp(c.NotAfter), Begins: web.Stamp(c.NotBefore),
		Subject: c.Subject, IssuerDN: c.Issuer, Names: append([]string{}, c.Names...), Key: c.Key + " " + strconv.Itoa(c.Bits), SHA256: c.SHA256,
	}
	why := c.Error
	if why == "" && !c.NameMatch {
		why = "the certificate is for another name"
	}
	if why != "" {
		out.Error = &why
	}
	return out
}

// organisation is who a distinguished name (RFC 2253) names: its organisation,
// else its common name, else all of it.
func organisation(dn string) string {
	parts := map[string]string{}
	for _, part := range unescapedParts(dn) {
		if name, value, ok := strings.Cut(part, "="); ok && parts[name] == "" {
			parts[name] = value
		}
	}
	switch {
	case parts["O"] != "":
		return parts["O"]
	case parts["CN"] != "":
		return parts["CN"]
	default:
		return dn
	}
}

// unescapedParts cuts a name at its commas and plus signs, and takes the
// backslashes away that keep others from being such.
func unescapedParts(dn string) []string {
	parts := []string{""}
	escaped := false
	for _, c := range dn {
		last := &parts[len(parts)-1]
		switch {
		case escaped:
			*last += string(c)
			escaped = false
		case c == '\\':
			escaped = true
		case c == ',', c == '+':
			parts = append(parts, "")
		default:
			*last += string(c)
		}
	}
	return parts
}
