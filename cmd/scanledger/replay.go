package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/cmd/scanledger/models"
	"github.com/scanledger/scanledger/projections"
)

// remade is what replay prints of one read model with --json.
type remade struct {
	Model    string  `json:"model"`
	From     string  `json:"from"` // "log" or "kafka"
	Mode     string  `json:"mode"` // "new", or "resumed" where it went on after a cut
	Rows     int64   `json:"rows"`
	Events   int64   `json:"events"`
	Seconds  float64 `json:"seconds"`
	Checksum string  `json:"checksum"`
	Swapped  bool    `json:"swapped"`
	Lost     int64   `json:"lost"` // streams of which the topic lacks events
	Reason   string  `json:"reason,omitempty"`
}

// replaying are the flags of replay.
type replaying struct {
	from         string
	pace         float64
	accept, anew bool
}

func replayCommand() *cobra.Command {
	var names []string
	var o replaying
	cmd := &cobra.Command{
		Use: "replay NAME… | all", Short: "Make read models again from their events, while everything runs",
		Long: `Make read models again: ` + strings.Join(models.Names(), ", ") + `.

Each is made beside the one that stands, from the log, or from its topic where
its events bypass the log or with --from kafka; then it catches up, is compared
by checksum with what was made, and takes the other's place. Readers and
writers notice nothing. A replay that was cut off goes on where it was when it
is called again. Exit code 1 when new rows were not swapped in, and why.`,
		Example: "  scanledger replay scans reports\n  scanledger replay all --pace 1 --json\n  scanledger replay scans --from kafka",
		Args: func(_ *cobra.Command, args []string) (err error) {
			names, err = chosen(args)
			return err
		},
	}
	cmd.Flags().StringVar(&o.from, "from", "", "log or kafka (default: the log, for what is in it)")
	cmd.Flags().Float64Var(&o.pace, "pace", 0.5, "share of the time that it works; it rests for the other, so that others can work")
	cmd.Flags().BoolVar(&o.accept, "accept", false, "swap although the topic lacks events: the rows that stand are kept for them")
	cmd.Flags().BoolVar(&o.anew, "anew", false, "leave what was begun before, and begin again")
	operatorCommand(cmd, nil)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.valid(names); err != nil {
			return err
		}
		asJSON, err := cmd.Flags().GetBool("json")
		if err != nil {
			return err
		}
		return withPlatform(cmd, o.engines(names), func(ctx context.Context, p *platform) error {
			return p.replay(ctx, names, o, printer{asJSON, cmd.OutOrStdout()})
		})
	}
	return cmd
}

// chosen are the read models that a command line names, each once.
func chosen(args []string) (names []string, err error) {
	if len(args) == 1 && args[0] == "all" {
		return models.Names(), nil
	}
	for _, name := range args {
		if !slices.Contains(models.Names(), name) {
			return nil, usage("%q is none of %s, and not all", name, strings.Join(models.Names(), ", "))
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, usage("give the names of read models, of %s, or all", strings.Join(models.Names(), ", "))
	}
	return names, nil
}

func (o replaying) valid(names []string) error {
	if o.from != "" && o.from != "log" && o.from != "kafka" {
		return usage("--from must be log or kafka")
	}
	if o.pace <= 0 || o.pace > 1 {
		return usage("--pace must be above 0 and at most 1")
	}
	if i := slices.IndexFunc(names, models.BypassesLog); o.from == "log" && i >= 0 && len(names) < len(models.Names()) {
		return usage("the events of %s are not in the log, only on Kafka", names[i])
	}
	return nil
}

// engines are those that the chosen read models need.
func (o replaying) engines(names []string) []engine {
	needed := []engine{postgresEngine}
	if slices.ContainsFunc(names, models.BypassesLog) {
		needed = append(needed, clickhouseEngine)
	}
	if o.from == "kafka" || len(needed) > 1 {
		needed = append(needed, kafkaEngine)
	}
	return needed
}

// source is where a read model is made from.
func (o replaying) source(name string) string {
	if o.from == "kafka" || models.BypassesLog(name) {
		return "kafka"
	}
	return "log"
}

// rest lets others work after each piece of work, for so long that the pace is kept.
func (o replaying) rest(ctx context.Context, worked time.Duration) {
	pause := time.Duration(float64(worked) * (1 - o.pace) / o.pace)
	if pause <= 0 {
		return
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// replay makes read models again, one after another. One that is refused keeps
// no other back.
func (p *platform) replay(ctx context.Context, names []string, o replaying, out printer) error {
	all := make([]remade, 0, len(names))
	var failed error
	for _, name := range names {
		bar := progress(out.json)
		one, err := p.replayOne(ctx, name, o, bar)
		_ = bar.Clear() // a bar that cannot be drawn is no fault
		all = append(all, one)
		var refused *projections.Refused
		said := errors.As(err, &refused)
		if !out.json && (said || one.Checksum != "") {
			fmt.Fprintln(out.out, one)
		}
		if said {
			failed = &exit{code: exitFindings}
			continue
		}
		if ctx.Err() != nil {
			err = errors.New("cut off: the same command goes on where it was")
		}
		if err != nil {
			failed = fmt.Errorf("replay %s: %w", name, err)
			break
		}
	}
	if out.json {
		if err := out.print(map[string]any{"models": all}, ""); err != nil {
			return err
		}
	}
	return failed
}

// String is the result for people.
func (r remade) String() string {
	if r.Checksum == "" { // refused before the rows were summed up
		return "not swapped in: " + r.Reason
	}
	text := fmt.Sprintf("%s: %d rows of %d events from the %s in %.1f s, checksum %s", r.Model, r.Rows, r.Events,
		strings.Replace(r.From, "kafka", "topic", 1), r.Seconds, r.Checksum)
	if r.Mode == "resumed" {
		text += ", begun before"
	}
	if r.Lost > 0 && r.Swapped {
		text += fmt.Sprintf("; %d streams of which the topic lacks events are as they were", r.Lost)
	}
	if !r.Swapped {
		text += "\nnot swapped in: " + r.Reason
	}
	return text
}

// replayOne makes one read model again.
func (p *platform) replayOne(ctx context.Context, name string, o replaying, bar *progressbar.ProgressBar) (remade, error) {
	how := projections.Rebuilding{Accept: o.accept, Anew: o.anew, Rest: o.rest, Seen: func(seen projections.Progress) {
		bar.Describe(fmt.Sprintf("%-10s %-8s", name, seen.Phase))
		bar.ChangeMax64(max(seen.Total, 1))
		_ = bar.Set64(min(seen.Done, max(seen.Total, 1)-1)) // the last step is the swap
	}}
	began := now()
	done, err := p.rebuilder().Rebuild(ctx, name, o.source(name), how)
	mode, reason := "new", ""
	if done.Resumed {
		mode = "resumed"
	}
	if err != nil {
		reason = err.Error()
	}
	return remade{
		Model: name, Reason: reason, From: o.source(name), Mode: mode, Rows: done.Rows, Events: done.Events, Seconds: now().Sub(began).Seconds(),
		Checksum: done.Checksum, Swapped: done.Swapped, Lost: done.Lost,
	}, err
}

// rebuilder makes read models again.
func (p *platform) rebuilder() models.Rebuilder {
	return models.Rebuilder{Pool: p.pool, Broker: p.broker(), Analytics: p.engines.analytics}
}
