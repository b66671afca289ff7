package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/adapters/render"
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

// scanned is what scan prints with --json: in the same words as every contract's
// detail, and the report as it is exported.
type scanned struct {
	ID      uuid.UUID      `json:"id"`
	URL     string         `json:"url"`
	Status  domain.State   `json:"status"`
	Profile domain.Profile `json:"profile"`
	Reason  string         `json:"reason,omitempty"` // why it failed
	Version int            `json:"version"`
	Scores  *domain.Scores `json:"scores"` // null unless it completed
	projections.Facts
	Report json.RawMessage `json:"report"`
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
		return o.conclude(cmd.OutOrStdout(), row, report)
	case domain.Invalid, domain.Unauthorized, domain.BadKey:
		return &exit{exitUsage, err}
	default:
		return &exit{exitFailed, err}
	}
}

// conclude prints the result and says with which code to end.
func (o scanOptions) conclude(out io.Writer, row projections.ScanRow, report projections.ReportRow) error {
	if o.json {
		exported, err := render.JSON(report, render.Options{})
		if err == nil {
			err = printer{true, out}.print(scanned{
				ID: row.Scan, URL: row.Target.Value, Status: row.State, Profile: row.Profile, Reason: row.Reason, Version: row.Version,
				Scores: row.Scores, Facts: projections.FactsOf(report.Document), Report: exported,
			}, "")
		}
		if err != nil {
			return err
		}
	} else {
		printScan(out, row, report.Document)
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
