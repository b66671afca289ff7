package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// check is one thing that doctor looks at.
type check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Fix    string `json:"fix"` // empty when there is nothing to mend
	// Optional says that everything else works without it.
	Optional bool `json:"optional"`
}

func doctorCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "doctor", Short: "Look whether everything that is needed is there, and say what to mend",
		Long:    "Look whether everything that is needed is there. Exit code 1 when something is to be mended.",
		Example: "  scanledger doctor --json",
		Args:    noArguments,
	}
	addFlags(cmd.Flags())
	asJSON := cmd.Flags().Bool("json", false, "print one JSON value and nothing else")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		c, err := loadConfig(cmd.Flags())
		if err != nil {
			return &exit{exitUsage, err}
		}
		return examine(cmd.Context(), c, printer{*asJSON, cmd.OutOrStdout()})
	}
	return cmd
}

// examine makes all checks and prints them.
func examine(ctx context.Context, c Config, out printer) error {
	tools, err := c.tools()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	e, err := openEngines(ctx, c, log, false, postgresEngine, kafkaEngine, clickhouseEngine)
	if err != nil {
		return out.verdict([]check{{Name: "engines", Detail: err.Error(), Fix: "mend what the message names, or set the addresses of real servers"}}, &engines{})
	}
	checks := []check{
		looked("postgres", "start it, or mend SCANLEDGER_POSTGRES_URL", func() (string, error) { return lookAtPostgres(ctx, e) }),
		looked("kafka", "start it, or mend SCANLEDGER_KAFKA_BROKERS", func() (string, error) { return lookAtKafka(ctx, e) }),
		looked("clickhouse", "run deploy/embedded/install.sh, or set SCANLEDGER_CLICKHOUSE_URL; all but analytics works without", func() (string, error) { return lookAtClickHouse(ctx, e) }),
		looked("data folder", "give this user the right to write to it", func() (string, error) { return lookAtFolder(c.DataDir) }),
	}
	checks = append(append(checks, lookAtBrowser(c)), lookAtFeeds(c.feeds(), now())...)
	err = out.verdict(append(checks, lookAtTools(ctx, tools)...), e)
	if closed := e.Close(); err == nil {
		err = closed
	}
	return err
}

// verdict prints the checks, and says by its error whether all is well.
func (p printer) verdict(checks []check, e *engines) error {
	ok := true
	var lines strings.Builder
	for _, c := range checks {
		mark := "ok  "
		switch {
		case !c.OK && c.Optional:
			mark = "--  "
		case !c.OK:
			ok, mark = false, "FAIL"
		}
		fmt.Fprintf(&lines, "%s  %-12s %s\n", mark, c.Name, c.Detail)
		if c.Fix != "" {
			fmt.Fprintf(&lines, "      %-12s -> %s\n", "", c.Fix)
		}
	}
	value := map[string]any{"ok": ok, "checks": checks, "engines": e.Addresses}
	if err := p.print(value, "%s", strings.TrimRight(lines.String(), "\n")); err != nil {
		return err
	}
	if !ok {
		return &exit{exitFindings, nil}
	}
	return nil
}

func looked(name, fix string, look func() (string, error)) check {
	detail, err := look()
	if err != nil {
		return check{Name: name, Detail: err.Error(), Fix: fix}
	}
	return check{Name: name, OK: true, Detail: detail}
}

// lookAtBrowser says whether pages can be opened in a browser, for their vitals.
func lookAtBrowser(c Config) check {
	where, err := scanners.Browser(c.Chromium)
	var missing scanners.Missing
	if errors.As(err, &missing) {
		return check{Name: "chromium", Detail: missing.Why + "; web vitals are not measured", Fix: missing.Fix, Optional: true}
	}
	return check{Name: "chromium", OK: true, Detail: where, Optional: true}
}

// lookAtTools says of each scanner that is not built in whether its tool is
// there, and what becomes of its scans where it is not.
func lookAtTools(ctx context.Context, e scanners.Engines) (checks []check) {
	for _, x := range scanners.Externals {
		where, err := e.Look(x)
		told, fate := "", "; its scans are refused"
		if other := domain.Scanner(x.Tool).StandIn(); other != "" {
			fate = fmt.Sprintf("; the built-in scanner %s runs its scans", other)
		}
		if err == nil {
			fate = "; its scans fail"
			told, err = ping(ctx, e, x)
			told = strings.Join(slices.DeleteFunc([]string{told, stubbed[x.Tool]}, func(s string) bool { return s == "" }), ", ")
		}
		c := check{Name: string(x.Tool), OK: err == nil, Detail: where, Optional: true}
		var missing scanners.Missing
		switch {
		case errors.As(err, &missing):
			c.Detail, c.Fix = missing.Why, missing.Fix
		case err != nil:
			c.Detail, c.Fix = fmt.Sprintf("%s: %v", where, err), x.Mend
		case told != "":
			c.Detail = where + ", " + told
		}
		if err != nil {
			c.Detail += fate
		}
		checks = append(checks, c)
	}
	return checks
}

// stubbed is what is to be known of tools that were not to be had for the tests.
var stubbed = map[domain.Tool]string{domain.NucleiTool: "which this version was not tried with, but with a stub of its documented flags and output"}

// ping has a tool say what it is: a program starts, one elsewhere answers and lets us in.
func ping(ctx context.Context, e scanners.Engines, x scanners.External) (string, error) {
	if x.Local { // has a limit of its own
		return e.Ping(ctx, x)
	}
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	return e.Ping(ctx, x)
}
