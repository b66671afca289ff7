package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/domain"
)

func eventsCommand() *cobra.Command {
	var which string
	cmd := &cobra.Command{
		Use: "events STREAM|ID", Short: "Show the history of a scan, an account or any stream",
		Example: "  scanledger events 0190a1b2-… --json\n  scanledger events account-0190a1b2-…",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("one stream or id is needed")
			}
			which = args[0]
			return nil
		},
	}
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		stream := domain.Stream(which)
		if id, err := uuid.Parse(which); err == nil {
			stream = domain.NewStream(domain.ScanFamily, id)
		}
		history, err := p.events.Read(ctx, stream, 0)
		if err != nil {
			return err
		}
		if len(history) == 0 {
			return usage("there is no stream %s", stream)
		}
		answer := make([]map[string]any, len(history))
		var lines strings.Builder
		for i, e := range history {
			at := e.At.Format(time.RFC3339Nano)
			answer[i] = map[string]any{
				"id": e.ID, "type": e.Event.Kind(), "version": e.Version, "at": at,
				"actor": e.Actor, "cause": e.Cause, "payload": e.Event,
			}
			fmt.Fprintf(&lines, "%5d  %-28s %-22s %-40s %s\n", e.Version, at, e.Event.Kind(), e.Actor, e.Cause)
		}
		return out.print(map[string]any{"events": answer}, "%s", strings.TrimRight(lines.String(), "\n"))
	})
}
