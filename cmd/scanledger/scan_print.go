package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// progress is a bar on a terminal, and nothing elsewhere.
func progress(silent bool) *progressbar.ProgressBar {
	if silent || !term.IsTerminal(int(os.Stderr.Fd())) {
		return progressbar.DefaultSilent(100)
	}
	return progressbar.NewOptions(100, progressbar.OptionSetWriter(os.Stderr), progressbar.OptionSetWidth(30),
		progressbar.OptionClearOnFinish(), progressbar.OptionSetPredictTime(false))
}

// describe says in a few words what has just happened.
func describe(e domain.Envelope) string {
	switch e := e.Event.(type) {
	case domain.ProbeFinished:
		return fmt.Sprintf("%-8s %s", e.Tool, e.Outcome)
	case domain.PortFound:
		return fmt.Sprintf("port     %d open", e.Port.Port)
	case domain.FindingRaised:
		return fmt.Sprintf("%-8s %s", e.Tool, e.Severity)
	default:
		return "scanning"
	}
}

// printScan is the report for a terminal. What comes from the target has its
// control characters taken out.
func printScan(out io.Writer, row projections.ScanRow, d projections.Document) {
	fmt.Fprintf(out, "%s: %s\n", plain(row.Target.Value), row.State)
	if s := row.Scores; s != nil {
		security := "no security grade: too little could be tested"
		if s.Security != nil {
			security = fmt.Sprintf("security %s (%d)", s.Grade, *s.Security)
		}
		fmt.Fprintf(out, "%s%s%s%s\n", security, part("seo", s.SEO), part("traffic", s.Traffic), part("overall", s.Overall))
	}
	for _, severity := range domain.Severities {
		for _, f := range d.Findings {
			if f.Severity == severity {
				fmt.Fprintf(out, "%-13s %s  %s\n%15s%s\n", severity, plain(f.Title), plain(f.Where), "", plain(f.Detail))
				if known := catalogued(domain.ScoreOf(f.CVSS), f.CWE, f.CVE); known != "" {
					fmt.Fprintf(out, "%15s%s\n", "", plain(known))
				}
			}
		}
	}
	for _, p := range d.Ports {
		fmt.Fprintf(out, "open          %d/%s  %s %s %s\n", p.Port, p.Protocol, plain(p.Service), plain(p.Product), plain(p.Version))
	}
	for _, p := range d.Probes {
		if p.Outcome != domain.Tested {
			fmt.Fprintf(out, "not tested    %s: %s\n", p.Tool, plain(p.Reason))
		}
	}
}

// catalogued is what catalogues say of a finding, in one line: how bad it is by
// CVSS, and its numbers; "" where they say nothing.
func catalogued(score *float64, cwe int, cve []string) string {
	var all []string
	if score != nil {
		all = append(all, fmt.Sprintf("CVSS %.1f", *score))
	}
	if cwe > 0 {
		all = append(all, fmt.Sprintf("CWE-%d", cwe))
	}
	return strings.Join(append(all, cve...), ", ")
}

func part(name string, score *int) string {
	if score == nil {
		return ", " + name + " not measured"
	}
	return fmt.Sprintf(", %s %d", name, *score)
}

func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '\uFFFD'
		}
		return r
	}, s)
}
