package projections

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// ReportRow is all that a scan has to say, as its report shows it.
type ReportRow struct {
	Scan        uuid.UUID  `db:"scan"`
	Version     int        `db:"version"` // of the stream: the last event that is in it
	Account     uuid.UUID  `db:"account"`
	RequestedAt time.Time  `db:"requested_at"`
	CompletedAt *time.Time `db:"completed_at"` // nil unless it completed: the report stands from then on
	Document    Document   `db:"document"`
}

// Document is the body of a report. Lists are in the order in which things
// were seen.
type Document struct {
	Target   domain.Target        `json:"target"`
	Profile  domain.Profile       `json:"profile"`
	Options  domain.Options       `json:"options,omitzero"`
	State    domain.State         `json:"state"`
	Reason   string               `json:"reason,omitempty"`   // why it failed
	Scores   *domain.Scores       `json:"scores"`             // as they stand
	Regrades []Regrade            `json:"regrades,omitempty"` // how they came to be so, oldest first
	Findings []ReportedFinding    `json:"findings"`
	Hosts    []domain.Host        `json:"hosts,omitempty"`
	Ports    []ReportedPort       `json:"ports"`
	TLS      []domain.TLSEndpoint `json:"tls"`
	DNS      []domain.DNSZone     `json:"dns"`
	Visits   []domain.Visit       `json:"visits"`
	Vitals   *domain.PageVitals   `json:"vitals,omitempty"` // absent when not measured

	Observatory []domain.ObservatoryTest `json:"observatory"`
	SEO         []domain.SEOAudit        `json:"seo"`
	Traffic     []domain.TrafficPart     `json:"traffic"`

	Probes   []ReportedProbe    `json:"probes"` // in the order of the request
	Coverage []ReportedCoverage `json:"coverage"`
}

// ReportedFinding is a finding with the probe that saw it.
type ReportedFinding struct {
	ID          string          `json:"id"`
	Where       string          `json:"where"`
	Tool        domain.Tool     `json:"tool"`
	Title       string          `json:"title"`
	Severity    domain.Severity `json:"severity"`
	CWE         int             `json:"cwe"`
	CVE         []string        `json:"cve"`
	CVSS        []domain.Rating `json:"cvss,omitempty"` // the newest version first; absent where there is none
	Description string          `json:"description"`
	Detail      string          `json:"detail"`
	Remedy      string          `json:"remedy"`
	References  []string        `json:"references"`
	Evidence    domain.Hash     `json:"evidence"`
}

// ReportedPort is an open port and what speaks on it.
type ReportedPort struct {
	Port     int    `json:"port"`
	Protocol string `json:"protocol"`
	State    string `json:"state"` // "open"
	Service  string `json:"service"`
	Product  string `json:"product"`
	Version  string `json:"version"`
	TLS      bool   `json:"tls"`
	Method   string `json:"method"` // "probed", "table" or "" when nothing is known
}

// ReportedProbe is how one probe ended.
type ReportedProbe struct {
	Tool    domain.Tool    `json:"tool"`
	Outcome domain.Outcome `json:"outcome"` // "" while it runs
	Reason  string         `json:"reason"`
	Percent int            `json:"percent"`
}

// ReportedCoverage is one line of what was tested and what was not.
type ReportedCoverage struct {
	Probe domain.Tool `json:"probe"`
	domain.Coverage
}

// Reports is the read model of reports, one row for each scan.
var Reports = Fold[ReportRow]{Name: "reports", Family: domain.ScanFamily, Key: whole, Next: nextReport}

func nextReport(r ReportRow, e domain.Envelope) ReportRow {
	r.Version = e.Version
	d := &r.Document
	switch event := e.Event.(type) {
	case domain.ScanRequested:
		r = ReportRow{Scan: event.Scan, Version: e.Version, Account: event.Account, RequestedAt: e.At, Document: emptyDocument(event)}
	case domain.ScanStarted:
		d.State = domain.Started
	case domain.ProbeProgressed:
		p := d.probe(event.Tool)
		p.Percent = max(p.Percent, event.Percent)
	case domain.PortFound:
		d.Ports = append(d.Ports, ReportedPort{Port: event.Port.Port, Protocol: event.Protocol, State: "open"})
	case domain.ServiceIdentified:
		d.identify(event.Service)
	case domain.ObservationRecorded:
		d.record(event)
	case domain.FindingRaised:
		d.Findings = append(d.Findings, reported(event))
	case domain.ProbeFinished:
		d.finish(event)
	case domain.ScanCompleted:
		d.State, d.Scores, r.CompletedAt = domain.Completed, &event.Scores, &e.At
	case domain.ScanRegraded:
		d.Scores = &event.Scores
		d.Regrades = append(d.Regrades, Regrade{
			At: e.At, Version: e.Version, From: GradedBy(event.Before), To: GradedBy(event.Scores), Change: event.Change, Since: event.Since,
		})
	case domain.ScanFailed:
		d.State, d.Reason = domain.ScanFail, event.Reason
	case domain.ScanCancelled:
		d.State = domain.Cancelled
	}
	return r
}

// emptyDocument has no null lists, so that its JSON always has the same shape.
func emptyDocument(s domain.ScanRequested) Document {
	d := Document{
		Target: s.Target, Profile: s.Profile, Options: s.Options, State: domain.Requested,
		Findings: []ReportedFinding{}, Ports: []ReportedPort{}, TLS: []domain.TLSEndpoint{}, DNS: []domain.DNSZone{},
		Visits: []domain.Visit{}, Observatory: []domain.ObservatoryTest{}, SEO: []domain.SEOAudit{},
		Traffic: []domain.TrafficPart{}, Probes: []ReportedProbe{}, Coverage: []ReportedCoverage{},
	}
	for _, t := range s.Probes {
		d.Probes = append(d.Probes, ReportedProbe{Tool: t})
	}
	return d
}

// probe finds a probe's line. A probe that was never asked for has a line of
// its own, which belongs to no report.
func (d *Document) probe(t domain.Tool) *ReportedProbe {
	for i := range d.Probes {
		if d.Probes[i].Tool == t {
			return &d.Probes[i]
		}
	}
	return new(ReportedProbe)
}

func (d *Document) identify(s domain.Service) {
	for i, p := range d.Ports {
		if p.Port == s.Port && p.Protocol == s.Protocol {
			d.Ports[i] = ReportedPort{
				Port: s.Port, Protocol: s.Protocol, State: "open", Service: s.Name,
				Product: s.Product, Version: s.Version, TLS: s.TLS, Method: s.Method,
			}
		}
	}
}

// record files a fact under its list. What cannot be read any more is in the
// log, and in no report.
func (d *Document) record(e domain.ObservationRecorded) {
	fact, err := domain.ReadFact(e.Name, e.Value)
	if err != nil {
		return
	}
	switch fact := fact.(type) {
	case domain.Host:
		d.Hosts = append(d.Hosts, fact)
	case domain.ObservatoryTest:
		d.Observatory = append(d.Observatory, fact)
	case domain.SEOAudit:
		d.SEO = append(d.SEO, fact)
	case domain.TrafficPart:
		d.Traffic = append(d.Traffic, fact)
	case domain.TLSEndpoint:
		d.TLS = append(d.TLS, fact)
	case domain.DNSZone:
		d.DNS = append(d.DNS, fact)
	case domain.Visit: // others of the same address are for the proof alone
		if !slices.ContainsFunc(d.Visits, func(v domain.Visit) bool { return v.URL == fact.URL }) {
			d.Visits = append(d.Visits, fact)
		}
	case domain.PageVitals:
		d.Vitals = &fact
	}
}

func (d *Document) finish(e domain.ProbeFinished) {
	p := d.probe(e.Tool)
	p.Outcome, p.Reason, p.Percent = e.Outcome, e.Reason, 100
	for _, c := range e.Coverage {
		d.Coverage = append(d.Coverage, ReportedCoverage{Probe: e.Tool, Coverage: c})
	}
}

func reported(f domain.FindingRaised) ReportedFinding {
	return ReportedFinding{
		ID: f.Finding, Where: f.Where, Tool: f.Tool, Title: f.Title, Severity: f.Severity, CWE: f.CWE, CVE: f.CVE, CVSS: ratings(f),
		Description: f.Description, Detail: f.Detail, Remedy: f.Remedy, References: f.References, Evidence: f.Evidence,
	}
}

// ratings are a finding's, and nil where it has none: so they are absent in rows,
// as in those that are older than they are.
func ratings(f domain.FindingRaised) []domain.Rating {
	if len(f.CVSS) == 0 {
		return nil
	}
	return f.CVSS
}
