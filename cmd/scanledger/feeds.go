package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/adapters/feeds"
	"github.com/scanledger/scanledger/projections"
)

// feeds are those in the data folder.
func (c Config) feeds() *feeds.Feeds { return feeds.Open(filepath.Join(c.DataDir, "feeds")) }

func feedsCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "feeds", Short: "Keep what others publish about vulnerabilities", Args: noArguments, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	update := &cobra.Command{
		Use: "update FILE…", Short: "Put in another EPSS or KEV",
		Long: `Put in FIRST's EPSS (epss_scores-….csv, or .csv.gz as it is published) or CISA's
KEV (known_exploited_vulnerabilities.json), which are told apart by what is in
them. A file is checked first and then takes the place of the one before at one
stroke, also under a running server; nothing is fetched. Exit code 2 for a file
that is none of the two, was cut off, or is older than the one that stands.`,
		Example: "  scanledger feeds update epss_scores-current.csv.gz known_exploited_vulnerabilities.json",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usage("at least one file is needed")
			}
			return nil
		},
	}
	addFlags(update.Flags())
	asJSON := update.Flags().Bool("json", false, "print one JSON value and nothing else")
	update.RunE = func(cmd *cobra.Command, args []string) error {
		c, err := loadConfig(cmd.Flags())
		if err != nil {
			return &exit{exitUsage, err}
		}
		return updateFeeds(c.feeds(), args, printer{*asJSON, cmd.OutOrStdout()})
	}
	cmd.AddCommand(update)
	return cmd
}

// updateFeeds puts in all files that can be. One that cannot keeps no other back.
func updateFeeds(f *feeds.Feeds, files []string, out printer) error {
	var faults []error
	var lines []string
	done := []map[string]any{}
	for _, file := range files {
		t, err := f.Update(file)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		done = append(done, map[string]any{"feed": t.Feed, "date": t.Date, "cves": t.CVEs, "file": file})
		lines = append(lines, fmt.Sprintf("%s of %s, %d CVEs", t.Feed, t.Date.Format(time.DateOnly), t.CVEs))
	}
	if out.json || len(done) > 0 {
		if err := out.print(map[string]any{"feeds": done}, "%s", strings.Join(lines, "\n")); err != nil {
			return err
		}
	}
	if len(faults) > 0 {
		return &exit{exitUsage, errors.Join(faults...)}
	}
	return nil
}

// feedAge is from when on a feed is old: both come out daily or nearly so.
const feedAge = 14 * 24 * time.Hour

// lookAtFeeds says how old the feeds are. All works without them.
func lookAtFeeds(f *feeds.Feeds, now time.Time) (checks []check) {
	told, err := f.Tell()
	if err != nil {
		checks = append(checks, check{Name: "feeds", Detail: err.Error(), Fix: "run scanledger feeds update with a whole file", Optional: true})
	}
	for _, t := range told {
		age := max(now.Sub(t.Date), 0)
		c := check{Name: t.Feed, OK: age < feedAge, Optional: true, Detail: fmt.Sprintf("%d CVEs, of %s, %d days old", t.CVEs, t.Date.Format(time.DateOnly), int(age.Hours()/24))}
		if !c.OK {
			c.Fix = "run scanledger feeds update with a newer file"
		}
		checks = append(checks, c)
	}
	if len(checks) == 0 {
		checks = []check{{Name: "feeds", Detail: "neither EPSS nor KEV is there: findings are told without them", Fix: "run scanledger feeds update FILE…", Optional: true}}
	}
	return checks
}

// toldFeeds are feeds as findings tell them.
type toldFeeds struct{ feeds *feeds.Feeds }

// EPSS implements projections.Feeds.
func (t toldFeeds) EPSS(cves []string) *projections.Chance {
	c, of, known := t.feeds.Chance(cves)
	if !known {
		return nil
	}
	return &projections.Chance{Score: c.Score, Percentile: c.Percentile, Date: of}
}

// KEV implements projections.Feeds.
func (t toldFeeds) KEV(cves []string) *projections.Exploited {
	e, known := t.feeds.Exploited(cves)
	if !known {
		return nil
	}
	return &projections.Exploited{CVE: e.CVE, Added: e.Added, Due: e.Due, Action: e.Action, Ransomware: e.Ransomware}
}
