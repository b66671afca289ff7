package projections

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// reportStep is an event, and what it does to the document that was there
// before; nil for nothing.
type reportStep struct {
	event  domain.Event
	change func(*Document)
}

func reportSteps() []reportStep {
	visit, zone := domain.Visit{URL: "u", Status: 200}, domain.DNSZone{Domain: "a.example"}
	endpoint, test := domain.TLSEndpoint{Port: 443, Grade: "A"}, domain.ObservatoryTest{Name: "cookies"}
	audit, part := domain.SEOAudit{ID: "hreflang"}, domain.TrafficPart{Name: "http2"}
	covered := domain.Coverage{What: "1-100/tcp", Outcome: domain.Tested}
	return []reportStep{
		{domain.ScanStarted{}, func(d *Document) { d.State = domain.Started }},
		{domain.ProbeProgressed{Tool: domain.Ports, Percent: 40}, func(d *Document) { d.Probes[0].Percent = 40 }},
		{domain.ProbeProgressed{Tool: domain.Ports, Percent: 30}, nil},
		{domain.ProbeProgressed{Tool: domain.DNS, Percent: 30}, nil}, // was not asked for
		{domain.PortFound{Port: port80}, func(d *Document) {
			d.Ports = append(d.Ports, ReportedPort{Port: 80, Protocol: "tcp", State: "open"})
		}},
		{domain.ServiceIdentified{Service: domain.Service{Port: 80, Protocol: "udp", Name: "dns"}}, nil},
		{domain.ServiceIdentified{Service: domain.Service{Port: 80, Protocol: "tcp", Name: "http", Product: "p", Version: "v", TLS: true, Method: "probed"}}, func(d *Document) {
			d.Ports[0] = ReportedPort{80, "tcp", "open", "http", "p", "v", true, "probed"}
		}},
		{recorded("host.up", domain.Host{Address: "192.0.2.7", Latency: 0.025}), func(d *Document) {
			d.Hosts = append(d.Hosts, domain.Host{Address: "192.0.2.7", Latency: 0.025})
		}},
		{recorded("site.visit", visit), func(d *Document) { d.Visits = append(d.Visits, visit) }},
		{recorded("dns.zone", zone), func(d *Document) { d.DNS = append(d.DNS, zone) }},
		{recorded("tls.endpoint", endpoint), func(d *Document) { d.TLS = append(d.TLS, endpoint) }},
		{recorded("observatory.test", test), func(d *Document) { d.Observatory = append(d.Observatory, test) }},
		{recorded("seo.audit", audit), func(d *Document) { d.SEO = append(d.SEO, audit) }},
		{recorded("page.vitals", domain.PageVitals{URL: "u", TBT: new(0.5)}), func(d *Document) { d.Vitals = &domain.PageVitals{URL: "u", TBT: new(0.5)} }},
		{recorded("traffic.part", part), func(d *Document) { d.Traffic = append(d.Traffic, part) }},
		{recorded("of.former.days", 1), nil},
		{raised, func(d *Document) {
			d.Findings = append(d.Findings, ReportedFinding{
				"f", "443/tcp", domain.Headers, "t", domain.High, 1, []string{"c"}, raised.CVSS, "d", "e", "r", []string{"https://example.com/"}, "00",
			})
		}},
		{domain.ProbeFinished{Tool: domain.Ports, Outcome: domain.TimedOut, Reason: "slow", Coverage: []domain.Coverage{covered}}, func(d *Document) {
			d.Probes[0] = ReportedProbe{domain.Ports, domain.TimedOut, "slow", 100}
			d.Coverage = append(d.Coverage, ReportedCoverage{domain.Ports, covered})
		}},
		{domain.ScanCompleted{Scores: domain.Scores{Security: new(91)}}, func(d *Document) {
			d.State, d.Scores = domain.Completed, &domain.Scores{Security: new(91)}
		}},
		{anew, func(d *Document) {
			d.Scores = &domain.Scores{Grader: 2, Security: new(90), Grade: "A"}
			d.Regrades = append(d.Regrades, Regrade{
				At: at(21), Version: 21, From: Graded{0, new(91), ""}, To: Graded{2, new(90), "A"}, Change: anew.Change, Since: anew.Since,
			})
		}},
		{recorded("site.visit", domain.Visit{URL: visit.URL, Evidence: "of another answer"}), nil},
	}
}

// TestReports goes through a scan event by event.
func TestReports(t *testing.T) {
	want := fold(t, Reports, asked).Document
	events := []domain.Event{asked}
	for _, s := range reportSteps() {
		events = append(events, s.event)
		if s.change != nil {
			s.change(&want)
		}
		got := fold(t, Reports, events...)
		if !reflect.DeepEqual(got.Document, want) {
			t.Errorf("after %+v\n got %+v\nwant %+v", s.event, got.Document, want)
		}
		if done := want.State == domain.Completed; got.Version != len(events) || (got.CompletedAt != nil) != done {
			t.Errorf("after %T: version %d, completed %v", s.event, got.Version, got.CompletedAt)
		}
	}
}

func TestReportsBegin(t *testing.T) {
	got := fold(t, Reports, asked)
	if got.Scan != scan || got.Account != account || !got.RequestedAt.Equal(at(1)) || got.CompletedAt != nil {
		t.Errorf("report %+v", got)
	}
	if want := []ReportedProbe{{Tool: domain.Ports}, {Tool: domain.Headers}}; !reflect.DeepEqual(got.Document.Probes, want) {
		t.Errorf("probes %+v", got.Document.Probes)
	}
	text, err := json.Marshal(got.Document)
	if rest := strings.Replace(string(text), `"scores":null`, "", 1); err != nil || strings.Contains(rest, "null") {
		t.Errorf("a list is null: %s, %v", text, err)
	}
}

func TestReportsThatEndOtherwise(t *testing.T) {
	failed := fold(t, Reports, asked, domain.ScanFailed{Reason: "why"})
	cancelled := fold(t, Reports, asked, domain.ScanCancelled{})
	if failed.CompletedAt != nil || failed.Document.State != domain.ScanFail || failed.Document.Reason != "why" || cancelled.CompletedAt != nil || cancelled.Document.State != domain.Cancelled {
		t.Errorf("failed %+v\ncancelled %+v", failed, cancelled)
	}
}

// TestNotTested lists what nobody looked at, whole tests and parts of them.
func TestNotTested(t *testing.T) {
	d := fold(t, Reports, asked, domain.ProbeFinished{Tool: domain.Ports, Outcome: domain.Tested, Coverage: []domain.Coverage{
		{What: "1-100/tcp", Outcome: domain.Tested}, {What: "101/tcp", Outcome: domain.TimedOut, Reason: "silent"},
	}}).Document
	want := []ReportedCoverage{
		{domain.Ports, domain.Coverage{What: "101/tcp", Outcome: domain.TimedOut, Reason: "silent"}},
		{domain.Headers, domain.Coverage{What: "the whole test", Reason: "the scan is still running"}},
	}
	if got := d.NotTested(); !reflect.DeepEqual(got, want) {
		t.Errorf("not tested\n got %+v\nwant %+v", got, want)
	}
}

// TestReportsHaveOptions says how a scan was asked for.
func TestReportsHaveOptions(t *testing.T) {
	request := asked
	request.Profile, request.Options = domain.NmapFull, domain.Options{Nmap: &domain.NmapOptions{Ports: "1-10"}}
	d := fold(t, Reports, request).Document
	if !reflect.DeepEqual(d.Options, request.Options) {
		t.Errorf("options %+v", d.Options)
	}
	for document, has := range map[*Document]bool{&d: true, new(fold(t, Reports, asked).Document): false} {
		text, err := json.Marshal(document)
		if err != nil || strings.Contains(string(text), `"options"`) != has {
			t.Errorf("%s, %v", text, err)
		}
	}
}
