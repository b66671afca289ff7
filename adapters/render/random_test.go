package render

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// scraps are what the texts of random scans are made of: words of many
// scripts, what spreadsheets run, what breaks markup, and what nobody sees.
var scraps = []string{
	"plain", "words", "of", "Latin", "Grüße", "naïve", "Привет", "мир", "Ελλάδα", "你好世界", "漢字かなカナ", "한국어", "שלום", "مرحبا",
	"👍", "🔒🧪", "👩🏽‍💻", "🇩🇪", "𝔘𝔫𝔦", "𠀋", "e\u0301", "™", "→", "½", "“quoted”", "it's", `"`, `""`, "'", ",", ";", "|", "a,b;c", "\\", "{0}", "{{.}}", "%s",
	"=1+1", "+1", "-1", "@SUM(A1)", "=cmd|'/C calc'!A0", "＝1＋1", "＋2", "－3", "＠x", "\t=1", "\r=2", "\n=3", "\u200b=4", "\u00a0=5", "\ufeff=6",
	"<b>&amp;</b>", "]]>", "<!--", "[link](https://evil.example/)", "javascript:alert(1)", "\x01", "\x1b[31m", "\x7f", "\u0085", "\u202e", "\u2066", "\ufffe", "\uffff", "\ufffd",
	"\n", "\r\n", "\r", "\t", "  ",
}

// dice makes random scans, the same ones from the same seed.
type dice struct{ *rand.Rand }

func throw(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 2026))} }

func pick[T any](d dice, of []T) T { return of[d.IntN(len(of))] }

// text is up to n scraps, joined with and without blanks; sometimes none.
func (d dice) text(n int) string {
	var b strings.Builder
	for range d.IntN(n + 1) {
		b.WriteString(pick(d, scraps))
		b.WriteString(pick(d, []string{" ", " ", ""}))
	}
	return b.String()
}

func (d dice) hash() domain.Hash { return domain.HashOf(fmt.Append(nil, d.Uint64())) }

// scan is a completed scan.
func (d dice) scan() projections.ReportRow {
	r := projections.ReportRow{
		Scan: uuid.UUID{byte(d.Uint32()), 6: 0x70, 8: 0x80, 15: byte(d.Uint32())}, Version: 1 + d.IntN(500), RequestedAt: requestedAt.Add(time.Duration(d.Int64N(1e15))),
	}
	r.Document = projections.Document{Profile: pick(d, []domain.Profile{domain.Quick, domain.Standard, domain.Deep}), State: domain.Completed}
	doc := &r.Document
	doc.Target, _ = domain.ParseTarget(pick(d, []string{"https://shop.example/a?b=c", "http://münchen.example", "203.0.113.9", "2001:db8::1", "shop.example"}))
	d.probe(doc)
	for range d.IntN(12) {
		doc.Findings = append(doc.Findings, d.finding())
	}
	d.measure(doc)
	m := domain.Measured{Findings: tally(doc.Findings), Observatory: doc.Observatory, SEO: doc.SEO, Traffic: doc.Traffic}
	if d.IntN(10) == 0 { // too little was seen for a security grade
		m.Target, m.Probes = domain.URLTarget, map[domain.Tool]domain.Outcome{domain.Headers: domain.Skipped}
	}
	scores := domain.Grade(m)
	at := r.RequestedAt.Add(time.Duration(d.Int64N(1e12)))
	doc.Scores, r.CompletedAt = &scores, &at
	return r
}

func (d dice) probe(doc *projections.Document) {
	outcomes := []domain.Outcome{domain.Tested, domain.Tested, domain.Skipped, domain.TimedOut, domain.Refused, domain.Failed}
	doc.Probes, doc.Coverage = []projections.ReportedProbe{}, []projections.ReportedCoverage{}
	for _, t := range domain.Standard.Tools() {
		p := projections.ReportedProbe{Tool: t, Outcome: pick(d, outcomes), Percent: 100}
		if p.Outcome != domain.Tested {
			p.Reason = d.text(4)
		}
		doc.Probes = append(doc.Probes, p)
		for range d.IntN(3) {
			doc.Coverage = append(doc.Coverage, projections.ReportedCoverage{Probe: t, Coverage: domain.Coverage{What: d.text(3), Outcome: pick(d, outcomes), Reason: d.text(3)}})
		}
	}
}

func (d dice) finding() projections.ReportedFinding {
	return projections.ReportedFinding{
		ID: pick(d, []string{"headers/missing/x", "tls/protocol/tls1.0", "ports/exposed/redis", "odd/" + d.text(1)}), Tool: pick(d, domain.Standard.Tools()),
		Where: pick(d, []string{"", "443/tcp", "53/udp", "/admin", "/ä?b=c", "https://shop.example/x", "session", d.text(3)}), Title: d.text(6),
		Severity: pick(d, domain.Severities), CWE: pick(d, []int{0, 79, 306}), CVE: pick(d, [][]string{{}, {"CVE-2011-3389"}, {"CVE-2014-0160", "not-a-cve"}}),
		CVSS:        pick(d, [][]domain.Rating{nil, {{Score: 6.1}}, {{Version: "4.0", Vector: "CVSS:4.0/AV:N", Score: 9.3}, {Version: "3.1", Vector: "CVSS:3.1/AV:N", Score: 0}}}),
		Description: d.text(20), Detail: d.text(20), Remedy: d.text(20), Evidence: pick(d, []domain.Hash{"", d.hash()}),
		References: pick(d, [][]string{{}, {"https://www.rfc-editor.org/rfc/rfc6797"}, {"javascript:alert(1)", "https://a.example/?q=ü"}}),
	}
}

func (d dice) measure(doc *projections.Document) {
	doc.Ports, doc.TLS, doc.DNS, doc.Visits = []projections.ReportedPort{}, []domain.TLSEndpoint{}, []domain.DNSZone{}, []domain.Visit{}
	doc.Observatory, doc.SEO, doc.Traffic = []domain.ObservatoryTest{}, []domain.SEOAudit{}, []domain.TrafficPart{}
	for i := range d.IntN(4) {
		doc.Ports = append(doc.Ports, projections.ReportedPort{Port: 1 + d.IntN(65535), Protocol: "tcp", State: "open", Service: d.text(1), Product: d.text(2), Version: d.text(1)})
		doc.TLS = append(doc.TLS, domain.TLSEndpoint{Port: 443 + i, Protocols: map[string]bool{"TLSv1.2": true}, Ciphers: map[string][]string{"TLSv1.2": {d.text(2)}},
			Certificate: &domain.Certificate{Subject: d.text(3), Names: []string{d.text(1)}, NotBefore: requestedAt, NotAfter: requestedAt.AddDate(1, 0, 0)}})
		doc.DNS = append(doc.DNS, domain.DNSZone{Domain: d.text(1), DNSSEC: "secure", Records: map[string][]string{"TXT": {d.text(5), d.text(5)}}})
		doc.Visits = append(doc.Visits, domain.Visit{URL: "https://shop.example/", Status: 200, Title: d.text(6), Server: d.text(2), Evidence: d.hash()})
		doc.Observatory = append(doc.Observatory, domain.ObservatoryTest{Name: fmt.Sprint("test-", i), Result: d.text(1), Modifier: d.IntN(30) - 20, Detail: d.text(4)})
		doc.SEO = append(doc.SEO, domain.SEOAudit{ID: domain.SEOAudits[i], Outcome: pick(d, []string{domain.SEOPass, domain.SEOFail, domain.SEONotApplicable}), Detail: d.text(4)})
	}
	for name := range domain.TrafficWeights {
		doc.Traffic = append(doc.Traffic, domain.TrafficPart{Name: name, Score: d.IntN(101), Detail: d.text(3)})
	}
}
