package render

import (
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// The wire types are the part of SARIF 2.1.0 that a report fills, by the
// standard's names. Its schema stands in testdata.

const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool              sarifTool          `json:"tool"`
	AutomationDetails sarifAutomation    `json:"automationDetails"`
	Invocations       []sarifInvocation  `json:"invocations"`
	Results           []sarifResult      `json:"results"`
	Taxonomies        []sarifTaxonomy    `json:"taxonomies,omitempty"`
	Properties        sarifRunProperties `json:"properties"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name           string            `json:"name"`
	InformationURI string            `json:"informationUri"`
	Rules          []sarifDescriptor `json:"rules"`
	Notifications  []sarifDescriptor `json:"notifications"`
}

type sarifDescriptor struct {
	ID                   string               `json:"id"`
	ShortDescription     *sarifText           `json:"shortDescription,omitempty"`
	FullDescription      *sarifText           `json:"fullDescription,omitempty"`
	Help                 *sarifText           `json:"help,omitempty"`
	HelpURI              string               `json:"helpUri,omitempty"`
	DefaultConfiguration *sarifConfiguration  `json:"defaultConfiguration,omitempty"`
	Relationships        []sarifRelationship  `json:"relationships,omitempty"`
	Properties           *sarifRuleProperties `json:"properties,omitempty"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifConfiguration struct {
	Level string `json:"level"`
}

type sarifRuleProperties struct {
	Tags             []string `json:"tags"`
	Precision        string   `json:"precision"`
	SecuritySeverity string   `json:"security-severity,omitempty"`
	CVE              []string `json:"cve,omitempty"`
}

type sarifRelationship struct {
	Target sarifTarget `json:"target"`
	Kinds  []string    `json:"kinds"`
}

type sarifTarget struct {
	ID            string         `json:"id"`
	ToolComponent sarifComponent `json:"toolComponent"`
}

type sarifComponent struct {
	Name string `json:"name"`
}

type sarifTaxonomy struct {
	Name            string       `json:"name"`
	Organization    string       `json:"organization"`
	InformationURI  string       `json:"informationUri"`
	IsComprehensive bool         `json:"isComprehensive"`
	Taxa            []sarifTaxon `json:"taxa"`
}

type sarifTaxon struct {
	ID               string    `json:"id"`
	HelpURI          string    `json:"helpUri"`
	ShortDescription sarifText `json:"shortDescription"`
}

type sarifAutomation struct {
	ID string `json:"id"` // "scanledger/<target>/<scan>": of one category are all scans of a target
}

type sarifInvocation struct {
	ExecutionSuccessful bool                `json:"executionSuccessful"`
	StartTimeUTC        string              `json:"startTimeUtc"`
	EndTimeUTC          string              `json:"endTimeUtc,omitempty"`
	Notifications       []sarifNotification `json:"toolExecutionNotifications"`
}

type sarifNotification struct {
	Descriptor sarifReference `json:"descriptor"`
	Level      string         `json:"level"`
	Message    sarifText      `json:"message"`
	Properties sarifGap       `json:"properties"`
}

type sarifReference struct {
	ID    string `json:"id"`
	Index int    `json:"index"`
}

type sarifGap struct {
	Probe   domain.Tool `json:"probe"`
	What    string      `json:"what"`
	Outcome string      `json:"outcome"`
	Reason  string      `json:"reason"`
}

type sarifResult struct {
	RuleID              string                `json:"ruleId"`
	RuleIndex           int                   `json:"ruleIndex"`
	Level               string                `json:"level"`
	Message             sarifText             `json:"message"`
	Locations           []sarifLocation       `json:"locations"`
	PartialFingerprints map[string]string     `json:"partialFingerprints"`
	Fingerprints        map[string]string     `json:"fingerprints,omitempty"`
	BaselineState       string                `json:"baselineState,omitempty"`
	Suppressions        *[]sarifSuppression   `json:"suppressions,omitempty"`
	Properties          sarifResultProperties `json:"properties"`
}

type sarifSuppression struct {
	Kind          string      `json:"kind"`
	Status        string      `json:"status"`
	Justification string      `json:"justification"`
	Properties    sarifRuling `json:"properties"`
}

type sarifRuling struct {
	Ruling domain.Ruling `json:"ruling"`
	By     string        `json:"by"`
	At     string        `json:"at"`
	Until  string        `json:"until,omitempty"`
}

type sarifResultProperties struct {
	Probe    domain.Tool            `json:"probe"`
	Severity domain.Severity        `json:"severity"`
	CVSS     []domain.Rating        `json:"cvss,omitempty"`
	EPSS     *projections.Chance    `json:"epss,omitempty"`
	KEV      *projections.Exploited `json:"kev,omitempty"`
	Where    string                 `json:"where"`
	Detail   string                 `json:"detail"`
	Remedy   string                 `json:"remedy"`
	Evidence domain.Hash            `json:"evidence,omitempty"`
}

type sarifLocation struct {
	PhysicalLocation sarifPhysical  `json:"physicalLocation"`
	LogicalLocations []sarifLogical `json:"logicalLocations"`
}

type sarifPhysical struct {
	ArtifactLocation sarifArtifact `json:"artifactLocation"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifLogical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
	Kind               string `json:"kind"`
}

type sarifRunProperties struct {
	Scan    string `json:"scan"`
	Version int    `json:"version"`
	Target  string `json:"target"`
	Profile string `json:"profile"`
	State   string `json:"state"`
	Grade   string `json:"grade,omitempty"`
	Head    string `json:"head,omitempty"`
	Verify  string `json:"verify,omitempty"`
	Against string `json:"against,omitempty"` // the scan that the results' baselineState is beside
}

func sarifProof(r projections.ReportRow, o Options) sarifRunProperties {
	d := &r.Document
	p := sarifRunProperties{
		Scan: r.Scan.String(), Version: r.Version, Target: d.Target.Value, Profile: string(d.Profile), State: string(d.State),
		Head: o.Head, Verify: o.Verify,
	}
	if d.Scores != nil {
		p.Grade = d.Scores.Grade
	}
	return p
}

// sarifTime is a moment as SARIF wants it: UTC, by RFC 3339.
func sarifTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func newSARIFLocation(t domain.Target, where string) sarifLocation {
	name := t.Domain
	if where != "" {
		name += " " + where
	}
	return sarifLocation{
		sarifPhysical{sarifArtifact{sarifURI(t, where)}},
		[]sarifLogical{{FullyQualifiedName: strings.TrimSpace(name), Kind: "resource"}},
	}
}

var portName = regexp.MustCompile(`^([0-9]{1,5})/(tcp|udp)$`)

// sarifURI is a place as a URI: a URL or a path within the target's as it is,
// a port by its protocol, everything else by the target itself.
func sarifURI(t domain.Target, where string) string {
	base := url.URL{Scheme: "https", Host: t.Domain, Path: "/"}
	if strings.Contains(t.Domain, ":") {
		base.Host = "[" + t.Domain + "]"
	}
	if u, err := url.Parse(t.Value); t.Kind == domain.URLTarget && err == nil {
		base = *u
	}
	if u := webAddress(where); u != "" {
		return u
	}
	if p := portName.FindStringSubmatch(where); p != nil {
		return (&url.URL{Scheme: p[2], Host: net.JoinHostPort(t.Domain, p[1])}).String()
	}
	if u, err := url.Parse(where); err == nil && strings.HasPrefix(where, "/") && u.Host == "" {
		return base.ResolveReference(u).String()
	}
	return base.String()
}
