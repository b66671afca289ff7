package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/cmd/scanledger/audit"
	"github.com/scanledger/scanledger/domain"
)

func auditCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "audit", Short: "Look whether the whole system holds what it promises",
		Long: `Look whether the invariants hold over the whole system: versions, acknowledged
commands, Kafka, read models, ClickHouse, credits, unfinished scans, dead
letters. It changes nothing, and works beside a running server, under traffic,
and without one. Exit code 1 when one is violated, and what; 3 when none is and one could
not be looked at, for that is not well either.

A journal has a JSON object a line for each command that was acknowledged to
somebody: "request" is the X-Request-ID of the answer, "event" the id of an
event, "stream" where the events are, "types" those that must be there once.
What is known of them will do.`,
		Example: "  scanledger audit\n  scanledger audit --json --journal acknowledged.jsonl\n\n" +
			`  {"request": "01a20a45-…", "stream": "scan-01a20a45-…", "types": ["scan.requested"]}`,
	}
	journal := cmd.Flags().String("journal", "", "file with acknowledged commands that must be in the log")
	since := cmd.Flags().Duration("since", 0, "look at what is as new as this alone, where that can be told (default: at everything)")
	cmd.Flags().Bool("fix-nothing", true, "change nothing, as is always so")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		acks, err := audit.ReadJournal(*journal)
		if err != nil {
			return &exit{exitUsage, err}
		}
		a, err := p.audited().Look(ctx, audit.Options{Journal: acks, Since: *since})
		if err != nil {
			return err
		}
		return out.audit(a)
	}, kafkaEngine, clickhouseEngine)
}

// audited is what an audit looks at.
func (p *platform) audited() audit.System {
	return audit.System{Pool: p.pool, Broker: p.broker(), Analytics: p.engines.analytics, Now: now, Log: p.log}
}

// audit prints what an audit found, and gives it its exit code.
func (p printer) audit(a *domain.Audit) error {
	var text strings.Builder
	for _, i := range a.Invariants {
		mark := "ok  "
		switch {
		case i.Count > 0:
			mark = "FAIL"
		case i.NotChecked != "":
			mark = "?   "
		}
		fmt.Fprintf(&text, "%s  %-13s", mark, i.Name)
		for _, what := range slices.Sorted(maps.Keys(i.Counts)) {
			fmt.Fprintf(&text, " %d %s,", i.Counts[what], what)
		}
		told := strings.TrimSuffix(text.String(), ",")
		text.Reset()
		text.WriteString(told + "\n")
		for _, v := range i.Violations {
			fmt.Fprintf(&text, "      %s\n", sentence(v))
		}
		if more := i.Count - len(i.Violations); more > 0 {
			fmt.Fprintf(&text, "      and %d more\n", more)
		}
		if i.NotChecked != "" {
			fmt.Fprintf(&text, "      not checked: %s\n", i.NotChecked)
		}
	}
	end := "everything holds"
	code := exitOK
	switch {
	case a.Violated():
		end, code = "something does not hold", exitFindings
	case !a.OK:
		end, code = "not everything could be looked at", exitFailed
	}
	if err := p.print(a, "%s%s", text.String(), end); err != nil || code == exitOK {
		return err
	}
	return &exit{code: code}
}

// sentence tells of a violation.
func sentence(v domain.Violation) string {
	where := strings.TrimSpace(string(v.Stream) + " " + v.ID)
	if v.Version > 0 {
		where += fmt.Sprintf(" version %d", v.Version)
	}
	return fmt.Sprintf("%s: %s: expected %s, found %s", strings.TrimSpace(where), v.What, v.Expected, v.Found)
}
