package render

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"strconv"
	"strings"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// The wire types are JUnit's XML as test servers read it.

type junitSuites struct {
	XMLName xml.Name `xml:"testsuites"`
	Name    string   `xml:"name,attr"`
	junitCounts
	Time   string        `xml:"time,attr"` // seconds
	Suites []*junitSuite `xml:"testsuite"`
}

type junitCounts struct {
	Tests    int `xml:"tests,attr"`
	Failures int `xml:"failures,attr"`
	Errors   int `xml:"errors,attr"`
	Skipped  int `xml:"skipped,attr"`
}

type junitSuite struct {
	Name string `xml:"name,attr"`
	junitCounts
	Hostname   string          `xml:"hostname,attr"`
	Timestamp  string          `xml:"timestamp,attr"`
	Properties []junitProperty `xml:"properties>property"`
	Cases      []junitCase     `xml:"testcase"`
}

type junitProperty struct {
	Name  string `xml:"name,attr"`
	Value string `xml:"value,attr"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Failure *junitFailure `xml:"failure"`
	Skipped *junitSkipped `xml:"skipped"`
}

type junitFailure struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"` // the severity
	Text    string `xml:",chardata"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

// JUnit is the report as test servers show it: a suite for each probe, with a
// failure for each finding whatever its severity, unless its account says that it is none or
// lives with it, a passed test for each thing
// that was looked at, and a skipped one, with its reason, for each that was
// not. Characters that XML cannot have are code points in brackets.
func JUnit(r projections.ReportRow, o Options) ([]byte, error) {
	b := bytes.NewBufferString(xml.Header)
	e := xml.NewEncoder(b)
	e.Indent("", "  ")
	if err := e.Encode(newJUnit(r, o)); err != nil {
		return nil, fmt.Errorf("report as JUnit: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

func newJUnit(r projections.ReportRow, o Options) junitSuites {
	d := &r.Document
	all := junitSuites{Name: xmlText("scanledger: " + d.Target.Value), Time: "0"}
	if r.CompletedAt != nil {
		all.Time = strconv.FormatFloat(r.CompletedAt.Sub(r.RequestedAt).Seconds(), 'f', 3, 64)
	}
	known := map[domain.Tool]*junitSuite{}
	suite := func(t domain.Tool) *junitSuite {
		if known[t] == nil {
			known[t] = newJUnitSuite(r, o, t)
			all.Suites = append(all.Suites, known[t])
		}
		return known[t]
	}
	for _, p := range d.Probes {
		suite(p.Tool)
	}
	for _, f := range d.Findings {
		found := failure(f, o)
		if r := o.ruled(d.Target, f); r != nil {
			found.Failure, found.Skipped = nil, &junitSkipped{xmlText(r.says())}
		}
		suite(f.Tool).add(found)
	}
	for _, c := range d.Coverage {
		if c.Outcome == domain.Tested {
			suite(c.Probe).add(junitCase{Class: xmlText(string(c.Probe)), Name: xmlText("tested: " + c.What)})
		}
	}
	for _, c := range d.NotTested() {
		suite(c.Probe).add(junitCase{
			Class: xmlText(string(c.Probe)), Name: xmlText("not tested: " + c.What),
			Skipped: &junitSkipped{xmlText(outcomeName(c.Outcome) + ": " + c.Reason)},
		})
	}
	for _, s := range all.Suites {
		all.Tests, all.Failures, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Skipped+s.Skipped
	}
	return all
}

func newJUnitSuite(r projections.ReportRow, o Options, t domain.Tool) *junitSuite {
	d := &r.Document
	s := &junitSuite{
		Name: xmlText(string(t)), Hostname: xmlText(d.Target.Domain), Timestamp: r.RequestedAt.UTC().Format("2006-01-02T15:04:05"),
		Properties: []junitProperty{{"scan", r.Scan.String()}, {"profile", xmlText(string(d.Profile))}, {"version", strconv.Itoa(r.Version)}},
	}
	if d.Scores != nil && d.Scores.Grade != "" {
		s.Properties = append(s.Properties, junitProperty{"grade", xmlText(d.Scores.Grade)})
	}
	for _, p := range []junitProperty{{"head", o.Head}, {"verify", o.Verify}} {
		if p.Value != "" {
			s.Properties = append(s.Properties, junitProperty{p.Name, xmlText(p.Value)})
		}
	}
	return s
}

func (s *junitSuite) add(c junitCase) {
	s.Cases = append(s.Cases, c)
	s.Tests++
	if c.Failure != nil {
		s.Failures++
	}
	if c.Skipped != nil {
		s.Skipped++
	}
}

func failure(f projections.ReportedFinding, o Options) junitCase {
	var text strings.Builder
	for _, part := range []struct{ label, text string }{
		{"Where", cmp.Or(f.Where, located(""))}, {"What was seen", f.Detail}, {"What it can lead to", f.Description}, {"What to do", f.Remedy},
		{"How bad", strings.Join(ratedAs(f, o), "\n")}, {"CVE", strings.Join(f.CVE, ", ")}, {"Read more", strings.Join(f.References, "\n")}, {"Evidence", string(f.Evidence)},
	} {
		if part.text != "" {
			fmt.Fprintf(&text, "%s: %s\n", part.label, part.text)
		}
	}
	return junitCase{
		Class: xmlText(f.ID), Name: xmlText(f.Title + " (" + cmp.Or(f.Where, located("")) + ")"),
		Failure: &junitFailure{xmlText(f.Title), xmlText(string(rated(f))), xmlText(text.String())},
	}
}

// xmlText makes text fit for XML 1.0, which has no control characters but tab
// and line breaks, no bytes that are no UTF-8, and no U+FFFE and U+FFFF.
func xmlText(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '\uFFFD' && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, "[0x%02X]", s[i])
		case r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\uFFFE' || r == '\uFFFF':
			fmt.Fprintf(&b, "[U+%04X]", r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
