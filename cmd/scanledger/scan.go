package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// scanOptions are what the command scan is told.
type scanOptions struct {
	server, key string
	profile     string
	failOn      string
	local, json bool
}

func scanCommand() *cobra.Command {
	var o scanOptions
	cmd := &cobra.Command{
		Use: "scan URL", Short: "Scan a site and follow it to its report",
		Long: `Scan a site through a server, or with --local in this process alone.

Exit code 0: scanned, and nothing at or above --fail-on. 1: findings at or
above --fail-on. 2: wrong usage. 3: could not scan.`,
		Example: `  scanledger scan https://example.com --key 7AZ_… --fail-on high
  scanledger scan https://127.0.0.1:8443 --local --allow-targets 127.0.0.0/8 --json`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("one URL is needed")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			target, err := domain.ParseURL(args[0])
			if err != nil {
				return &exit{exitUsage, err}
			}
			if err := o.valid(); err != nil {
				return err
			}
			return o.run(cmd, target)
		},
	}
	cmd.Flags().StringVar(&o.server, "server", "http://127.0.0.1:8080", "the server that scans")
	cmd.Flags().StringVar(&o.key, "key", "", "API key")
	cmd.Flags().StringVar(&o.profile, "profile", string(domain.Standard), "quick, standard or deep")
	cmd.Flags().StringVar(&o.failOn, "fail-on", "", "end with 1 when there are findings of this severity or worse")
	cmd.Flags().BoolVar(&o.local, "local", false, "scan in this process, without a server")
	cmd.Flags().BoolVar(&o.json, "json", false, "print one JSON value and nothing else")
	addFlags(cmd.Flags())
	return cmd
}

func (o scanOptions) valid() error {
	var faults []error
	if domain.Profile(o.profile).Scanner() != domain.Builtin {
		faults = append(faults, fmt.Errorf("--profile must be quick, standard or deep"))
	}
	if o.failOn != "" && !slices.Contains(domain.Severities, domain.Severity(o.failOn)) {
		faults = append(faults, fmt.Errorf("--fail-on must be critical, high, medium, low or informational"))
	}
	if !o.local && o.key == "" {
		faults = append(faults, fmt.Errorf("--key is needed: make one by scanledger admin create-key, or scan with --local"))
	}
	if len(faults) > 0 {
		return &exit{exitUsage, errors.Join(faults...)}
	}
	return nil
}

// source runs a scan and hands out its events as they come, until it is over.
type source func(ctx context.Context, target domain.Target, profile domain.Profile, event func(domain.Envelope)) error

func (o scanOptions) run(cmd *cobra.Command, target domain.Target) error {
	from := remote(o.server, o.key)
	if o.local {
		c, err := loadConfig(cmd.Flags())
		if err != nil {
			return &exit{exitUsage, err}
		}
		from = local(c)
	}
	var row projections.ScanRow
	var report projections.ReportRow
	bar := progress(o.json)
	err := from(cmd.Context(), target, domain.Profile(o.profile), func(e domain.Envelope) {
		row, report = projections.Scans.Next(row, e), projections.Reports.Next(report, e)
		bar.Describe(describe(e))
		_ = bar.Set(row.Progress) // a bar that cannot be drawn is no reason to stop
	})
	_ = bar.Finish()
	switch domain.CodeOf(err) {
	case "":
		return o.conclude(cmd.OutOrStdout(), row, report.Document)
	case domain.Invalid, domain.Unauthorized, domain.BadKey:
		return &exit{exitUsage, err}
	default:
		return &exit{exitFailed, err}
	}
}

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

// conclude prints the result and says with which code to end.
func (o scanOptions) conclude(out io.Writer, row projections.ScanRow, d projections.Document) error {
	if o.json {
		value := map[string]any{"id": row.Scan, "url": row.Target.Value, "status": row.State, "profile": row.Profile, "scores": row.Scores, "report": d}
		if err := (printer{true, out}).print(value, ""); err != nil {
			return err
		}
	} else {
		printScan(out, row, d)
	}
	if row.State != domain.Completed {
		return &exit{exitFailed, fmt.Errorf("the scan is %s: %s", row.State, row.Reason)}
	}
	worst := slices.Index(domain.Severities, domain.Severity(o.failOn))
	for i, severity := range domain.Severities {
		if i <= worst && row.Findings[severity] > 0 {
			return &exit{exitFindings, nil}
		}
	}
	return nil
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
