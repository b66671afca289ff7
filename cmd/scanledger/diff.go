package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

func diffCommand() *cobra.Command {
	var scan, against uuid.UUID
	cmd := &cobra.Command{
		Use: "diff ID [--against ID|previous]", Short: "Say what a scan found beside an earlier one of its target",
		Long: `Say what a scan found beside what was known as of an earlier scan of the same
target: what is new, fixed, seen again after it was fixed, unchanged, and what
nobody looked at again.

Exit code 0: nothing new or reopened at or above --fail-on, but for accepted risks
and false positives. 1: something is.
2: wrong usage, or scans that cannot be compared.`,
		Example: "  scanledger diff 0190a1b2-…\n  scanledger diff 0190a1b2-… --against 0190a0ff-… --fail-on high --json",
		Args: func(_ *cobra.Command, args []string) (err error) {
			if len(args) != 1 {
				return usage("the id of one scan is needed")
			}
			if scan, err = uuid.Parse(args[0]); err != nil {
				return usage("%q is no scan's id", args[0])
			}
			return nil
		},
	}
	with := cmd.Flags().String("against", "previous", "the scan to compare with, or previous for the newest before it")
	failOn := cmd.Flags().String("fail-on", string(domain.Informational), "end with 1 when something of this severity or worse is new or reopened")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) (err error) {
		if !slices.Contains(domain.Severities, domain.Severity(*failOn)) {
			return usage("--fail-on must be critical, high, medium, low or informational")
		}
		if against, err = projections.AgainstOf(*with); err != nil {
			return err
		}
		d, err := p.difference(ctx, scan, against)
		if err != nil {
			return err
		}
		told := d.Told(now())
		if err := out.print(told, "%s", strings.TrimRight(differenceText(told), "\n")); err != nil {
			return err
		}
		if d.Worst(domain.Severity(*failOn), now()) {
			return &exit{code: exitFindings}
		}
		return nil
	})
}

// difference compares a scan with an earlier one, whoever's they are.
func (p *platform) difference(ctx context.Context, scan, against uuid.UUID) (projections.Difference, error) {
	row, err := p.reader.Row(ctx, scan)
	if err != nil {
		return projections.Difference{}, err
	}
	rows, err := p.reader.Sightings(ctx, row.Account, row.TargetValue)
	if err != nil {
		return projections.Difference{}, err
	}
	d, err := projections.Compare(rows, scan, against)
	if err != nil {
		return d, err
	}
	said, _, err := p.desk.Judgements(ctx, row.Account)
	if domain.CodeOf(err) == domain.NotFound { // the account has gone, and what it said too
		err = nil
	}
	d.Judge(said)
	return d, err
}

// differenceText is a difference for people.
func differenceText(d projections.ToldDifference) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: scan %s beside %s\n", d.Target, d.Scan, d.Against)
	for _, list := range []struct {
		name     string
		findings []projections.ToldFinding
	}{{"new", d.New}, {"reopened", d.Reopened}, {"fixed", d.Fixed}, {"not tested again", d.NotTestedAgain}, {"unchanged", d.Unchanged}} {
		fmt.Fprintf(&text, "%s: %d\n", list.name, len(list.findings))
		for _, f := range list.findings {
			fmt.Fprintf(&text, "  %-13s  %s  (%s)", f.Severity, f.Title, strings.TrimSpace(f.Rule+" "+f.Where))
			if f.Ruling != domain.NoRuling {
				fmt.Fprintf(&text, "  %s", f.Ruling)
			}
			if known := catalogued(f.Score, 0, f.CVE); known != "" {
				fmt.Fprintf(&text, "  %s", known)
			}
			text.WriteByte('\n')
		}
	}
	return text.String()
}
