package render

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var (
	requestedAt = time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC)
	completedAt = requestedAt.Add(2*time.Minute + 14*time.Second)
)

const hash = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// samples are reports in all states, by name.
func samples() map[string]projections.ReportRow {
	return map[string]projections.ReportRow{
		"requested": sample(domain.Requested),
		"started":   running(),
		"completed": completed(),
		"clean":     spotless(),
		"failed":    failed(),
		"cancelled": sample(domain.Cancelled),
		"hostile":   hostile(),
		"zero":      {},
	}
}

func sample(s domain.State) projections.ReportRow {
	d := projections.Document{
		Target: domain.Target{
			Kind: domain.URLTarget, Value: "https://shop.example/", Host: "shop.example", Domain: "shop.example",
			Scheme: "https", Port: 443, Path: "/",
		},
		Profile: domain.Standard, State: s,
	}
	for _, t := range domain.Standard.Tools() {
		d.Probes = append(d.Probes, projections.ReportedProbe{Tool: t})
	}
	return projections.ReportRow{
		Scan: uuid.MustParse("0199e2c4-7b1a-7c3e-9a54-3f2b8e61d0aa"), Version: 87, RequestedAt: requestedAt, Document: d,
	}
}

func running() projections.ReportRow {
	r := sample(domain.Started)
	for i := range r.Document.Probes {
		r.Document.Probes[i].Percent = 30 * (i % 3)
	}
	r.Document.Probes[0].Outcome, r.Document.Probes[0].Percent = domain.Tested, 100
	r.Document.Coverage = []projections.ReportedCoverage{tested(domain.Ports, "1-1000/tcp")}
	r.Document.Ports = []projections.ReportedPort{{Port: 443, Protocol: "tcp", State: "open"}}
	return r
}

func failed() projections.ReportRow {
	r := sample(domain.ScanFail)
	r.Document.Reason = "nothing could be tested: the name shop.example does not resolve"
	for i := range r.Document.Probes {
		p := &r.Document.Probes[i]
		p.Outcome, p.Reason, p.Percent = domain.Refused, "the name shop.example does not resolve", 100
	}
	return r
}

func tested(t domain.Tool, what string) projections.ReportedCoverage {
	return projections.ReportedCoverage{Probe: t, Coverage: domain.Coverage{What: what, Outcome: domain.Tested}}
}

// finish completes a row: scores and coverage from what is in it.
func finish(r projections.ReportRow) projections.ReportRow {
	d := &r.Document
	for i := range d.Probes {
		p := &d.Probes[i]
		if p.Percent = 100; p.Outcome == "" {
			p.Outcome = domain.Tested
			d.Coverage = append(d.Coverage, tested(p.Tool, "everything"))
		}
	}
	m := domain.Measured{Findings: map[domain.Severity]int{}, Observatory: d.Observatory, SEO: d.SEO, Traffic: d.Traffic}
	for _, f := range d.Findings {
		m.Findings[f.Severity]++
	}
	scores := domain.Grade(m)
	at := completedAt
	d.State, d.Scores, r.CompletedAt = domain.Completed, &scores, &at
	return r
}

// spotless is a target that breaks no rule, all of it tested.
func spotless() projections.ReportRow {
	r := sample(domain.Started)
	measure(&r.Document)
	return finish(r)
}

func completed() projections.ReportRow {
	r := sample(domain.Started)
	d := &r.Document
	measure(d)
	d.Findings = findingsSample()
	zones := slices.IndexFunc(d.Probes, func(p projections.ReportedProbe) bool { return p.Tool == domain.DNS })
	d.Probes[zones].Outcome, d.Probes[zones].Reason = domain.TimedOut, "no answer from the name server within 20 s"
	d.Coverage = append(d.Coverage,
		projections.ReportedCoverage{Probe: domain.Ports, Coverage: domain.Coverage{
			What: "8000-8100/tcp", Outcome: domain.TimedOut, Reason: "filtered: no answer to any of 101 connections"}},
		projections.ReportedCoverage{Probe: domain.TLS, Coverage: domain.Coverage{
			What: "SSLv2", Outcome: domain.Skipped, Reason: "this scanner does not speak SSL 2.0"}},
		projections.ReportedCoverage{Probe: domain.TLS, Coverage: domain.Coverage{
			What: "SSLv3", Outcome: domain.Skipped, Reason: "this scanner does not speak SSL 2.0"}},
	)
	return finish(r)
}

func findingsSample() []projections.ReportedFinding {
	return []projections.ReportedFinding{
		{
			ID: "headers/missing/strict-transport-security", Where: "https://shop.example/", Tool: domain.Headers,
			Title: "No HTTP Strict Transport Security", Severity: domain.Medium, CWE: 319,
			Description: "Browsers are not told to come back over HTTPS only. Someone on the same network can answer the first plain request and read or change what follows.",
			Detail:      "The answer has no Strict-Transport-Security header.",
			Remedy:      "Send “Strict-Transport-Security: max-age=31536000; includeSubDomains” with every answer over HTTPS, after checking that all subdomains have it.",
			References:  []string{"https://www.rfc-editor.org/rfc/rfc6797", "https://hstspreload.org/"}, Evidence: hash,
		},
		{
			ID: "tls/protocol/tls1.0", Where: "443/tcp", Tool: domain.TLS, Title: "TLS 1.0 is offered", Severity: domain.High, CWE: 327,
			CVE:         []string{"CVE-2011-3389", "not-a-cve"},
			Description: "TLS 1.0 has been prohibited since 2021. Its block ciphers let an attacker on the line recover cookies.",
			Detail:      "The server completed a handshake with TLS 1.0 and TLS_RSA_WITH_AES_128_CBC_SHA.",
			Remedy:      "Allow TLS 1.2 and 1.3 only.", References: []string{"https://www.rfc-editor.org/rfc/rfc8996"},
			Evidence: "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
		},
		{
			ID: "ports/exposed/redis", Where: "6379/tcp", Tool: domain.Ports, Title: "Redis answers to everybody without a password", Severity: domain.Critical, CWE: 306,
			Description: "Anybody can read and change all data, and in many set-ups run programs on the machine.",
			Detail:      "PING was answered with PONG and no authentication.", Remedy: "Bind Redis to 127.0.0.1, set requirepass and close the port in the firewall.",
			References: []string{"https://redis.io/docs/latest/operate/oss_and_stack/management/security/"}, Evidence: "fcde2b2edba56bf408601fb721fe9b5c338d10ee429ea04fae5511b68fbf8fb9",
		},
		{
			ID: "cookies/missing/secure", Where: "session", Tool: domain.Cookies, Title: "Cookie without Secure", Severity: domain.Low, CWE: 614,
			Description: "The cookie also travels over plain HTTP, where it can be read.", Detail: "Set-Cookie: session=…; Path=/; HttpOnly", Remedy: "Add Secure.",
		},
		{
			ID: "cookies/missing/secure", Where: "basket", Tool: domain.Cookies, Title: "Cookie without Secure", Severity: domain.Low, CWE: 614,
			Description: "The cookie also travels over plain HTTP, where it can be read.", Detail: "Set-Cookie: basket=…; Path=/", Remedy: "Add Secure.",
		},
		{
			ID: "headers/banner/server", Where: "https://shop.example/", Tool: domain.Headers, Title: "The server tells its version", Severity: domain.Informational,
			Description: "It spares attackers a guess.", Detail: "Server: nginx/1.22.1", Remedy: "server_tokens off;",
		},
	}
}

// measure fills in facts of a site that does most things right.
func measure(d *projections.Document) {
	d.Ports = []projections.ReportedPort{
		{Port: 22, Protocol: "tcp", State: "open", Service: "ssh", Product: "OpenSSH", Version: "9.2p1 Debian 2+deb12u3", Method: "probed"},
		{Port: 443, Protocol: "tcp", State: "open", Service: "http", Product: "nginx", Version: "1.22.1", TLS: true, Method: "probed"},
		{Port: 6379, Protocol: "tcp", State: "open", Service: "redis", Method: "table"},
		{Port: 9999, Protocol: "tcp", State: "open"},
	}
	d.TLS = []domain.TLSEndpoint{{
		Port: 443, Protocols: map[string]bool{"SSLv3": false, "TLSv1.0": true, "TLSv1.1": false, "TLSv1.2": true, "TLSv1.3": true},
		Ciphers: map[string][]string{
			"TLSv1.3": {"TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"},
			"TLSv1.2": {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}, "TLSv1.0": {"TLS_RSA_WITH_AES_128_CBC_SHA"},
		},
		Certificate: &domain.Certificate{
			Subject: "CN=shop.example", Issuer: "CN=R11,O=Let's Encrypt,C=US", Names: []string{"shop.example", "www.shop.example"},
			NotBefore: requestedAt.AddDate(0, -2, 0), NotAfter: requestedAt.AddDate(0, 0, 9), SHA256: hash, Serial: "03a1f2",
			Key: "ECDSA", Bits: 256, Signature: "SHA256-RSA", NameMatch: true, Error: "x509: certificate signed by unknown authority",
		},
		Grade: "B", GradeWhy: []string{"TLS 1.0 is offered"}, Evidence: hash,
	}}
	d.DNS = []domain.DNSZone{{Domain: "shop.example", DNSSEC: "insecure", Records: map[string][]string{
		"A": {"203.0.113.10"}, "AAAA": {"2001:db8::10"}, "MX": {"10 mx.shop.example."}, "TXT": {`"v=spf1 include:_spf.example -all"`},
	}}}
	d.Visits = []domain.Visit{
		{URL: "http://shop.example/", Status: 301, Protocol: "HTTP/1.1", Server: "nginx", Location: "https://shop.example/"},
		{URL: "https://shop.example/", Status: 200, Protocol: "HTTP/2.0", Server: "nginx", Title: "The Shop — Grüße, Привет, 你好", Evidence: hash},
	}
	d.Vitals = &domain.PageVitals{URL: "https://shop.example/", LCP: new(812.4), CLS: new(0.12), FCP: new(640.2), TTFB: new(2400.0)}
	d.Observatory = []domain.ObservatoryTest{
		{Name: "content-security-policy", Result: "csp-not-implemented", Modifier: -25, Detail: "No policy was sent."},
		{Name: "cookies", Result: "cookies-secure-with-httponly-sessions", Pass: true},
		{Name: "strict-transport-security", Result: "hsts-preloaded", Modifier: 5, Pass: true},
	}
	for i, id := range domain.SEOAudits {
		outcome := []string{domain.SEOPass, domain.SEOPass, domain.SEOFail, domain.SEONotApplicable}[i%4]
		d.SEO = append(d.SEO, domain.SEOAudit{ID: id, Outcome: outcome, Detail: strings.Repeat("seen ", i%3)})
	}
	d.Traffic = []domain.TrafficPart{
		{Name: "time-to-first-byte", Score: 91, Value: 182, Unit: "ms", Detail: "median of 5 requests"},
		{Name: "availability", Score: 100, Value: 1, Unit: "ratio"},
		{Name: "http2", Score: 0, Value: 0},
		{Name: "page-weight", Score: 55, Value: 1843200, Unit: "bytes"},
	}
}

const (
	markup = `"><script>alert(1)</script><img src=x onerror=alert(2)>{{.}}`
	rtl    = "invoice\u202Egpj.exe"
)

// hostile is a target that sends everything that breaks reports.
func hostile() projections.ReportRow {
	r := sample(domain.Started)
	d := &r.Document
	measure(d)
	long := strings.Repeat("A", 10_000)
	bad := []string{markup, long, rtl, "nul\x00here", "emoji 👩‍💻 and 漢字", "bad \xff\xfe utf-8", "{nb} שלום مرحبا", "z" + strings.Repeat("\u0301", 50), "\x1b[31mred\r\nline"}
	for i, s := range bad {
		d.Findings = append(d.Findings, projections.ReportedFinding{
			ID: s, Where: s, Tool: domain.Tool(s), Title: s, Severity: domain.Severities[i%4], CVE: []string{s}, CWE: 79,
			CVSS:        []domain.Rating{{Version: s, Vector: s, Score: 5}},
			Description: s, Detail: s, Remedy: s, References: []string{"javascript:alert(1)", "https://example.com/" + s, "data:text/html,x"}, Evidence: domain.Hash(s),
		})
		d.Visits = append(d.Visits, domain.Visit{URL: s, Title: s, Server: s, Location: s})
		d.Ports = append(d.Ports, projections.ReportedPort{Port: i, Protocol: s, State: s, Service: s, Product: s, Version: s, Method: s})
		d.DNS = append(d.DNS, domain.DNSZone{Domain: s, DNSSEC: s, Records: map[string][]string{s: {s}}})
		d.SEO = append(d.SEO, domain.SEOAudit{ID: s, Outcome: s, Detail: s})
		d.Observatory = append(d.Observatory, domain.ObservatoryTest{Name: s, Result: s, Detail: s})
		d.Traffic = append(d.Traffic, domain.TrafficPart{Name: s, Unit: s, Detail: s, Score: 1 << 30})
		d.TLS = append(d.TLS, domain.TLSEndpoint{Port: i, Grade: s, GradeWhy: []string{s}, Ciphers: map[string][]string{s: {s}},
			Certificate: &domain.Certificate{Subject: s, Issuer: s, Names: []string{s}, Key: s, Serial: s, SHA256: s, Signature: s, Error: s}})
		d.Coverage = append(d.Coverage, projections.ReportedCoverage{Probe: domain.Ports, Coverage: domain.Coverage{What: s, Outcome: domain.Failed, Reason: s}})
	}
	d.Vitals = &domain.PageVitals{URL: markup + long, LCP: new(1e18), CLS: new(-1.0)}
	d.Findings = append(d.Findings, projections.ReportedFinding{ID: "odd", Title: "of no known severity", Severity: "grave"})
	d.Target.Value = "https://shop.example/?" + markup + rtl
	return finish(r)
}
