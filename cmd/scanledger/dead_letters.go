package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/cmd/scanledger/deadletters"
)

func deadLettersCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "dead-letters", Short: "Messages that could never be read, and sending them again", Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(listLettersCommand(), replayLettersCommand())
	return cmd
}

func listLettersCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "list", Short: "Show the dead letters, oldest first",
		Long: `Show the dead letters, oldest first: why each is there, where its message was
read, and whether it could be read by now, as by a newer version of scanledger.`,
		Example: "  scanledger dead-letters list --json",
	}
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		return kafka.Reading(ctx, p.broker(), func(r *kafka.Reader) error {
			all := []deadletters.Letter{}
			var text strings.Builder
			err := deadletters.Each(ctx, r, func(l deadletters.Letter) error {
				l.Of.Message = nil
				all = append(all, l)
				fmt.Fprintf(&text, "%5d  %s  %s  %s %s  %s\n", l.Number, l.At.Format(time.RFC3339), l.Place(), l.Type, l.ID, l.Reason)
				return nil
			}, deadletters.IgnoreOdd)
			if err != nil {
				return err
			}
			return out.print(map[string]any{"letters": all}, "%s%d dead letters", text.String(), len(all))
		})
	}, kafkaEngine)
}

func replayLettersCommand() *cobra.Command {
	var which []string
	cmd := &cobra.Command{
		Use: "replay [OFFSET…]", Short: "Send messages of dead letters to their topics again",
		Long: `Send the messages of dead letters to their topics again, as they were, for the
consumers to read once more: what they had taken already has no effect. The
header replayed counts how often. A message that still cannot be read comes back
as a new letter. With --all these are the letters that were not sent again yet,
and a message that several consumers have buried is sent once.`,
		Example: "  scanledger dead-letters replay 3 4\n  scanledger dead-letters replay --all --json",
	}
	all := cmd.Flags().Bool("all", false, "all letters that were not sent again yet")
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if which = args; (len(args) == 0) == *all {
			return nil
		}
		return usage("give the offsets of letters, as dead-letters list shows them, or --all")
	}
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		wanted := map[int64]bool{}
		for _, arg := range which {
			offset, err := strconv.ParseInt(arg, 10, 64)
			if err != nil || offset < 0 {
				return usage("%q is no letter's offset", arg)
			}
			wanted[offset] = true
		}
		return kafka.Reading(ctx, p.broker(), func(r *kafka.Reader) error { return p.replayLetters(ctx, r, *all, wanted, out) })
	}, kafkaEngine)
}

// replayed is one letter that was to be sent again.
type replayed struct {
	deadletters.Letter
	Sent  bool   `json:"sent"`
	Error string `json:"error,omitempty"`
}

// buriedMessage is what letters of one message have in common: each consumer
// that cannot read it buries it. A place alone is not enough, for a topic that
// is made anew begins at its first place again.
type buriedMessage struct {
	deadletters.Place
	key, id string
	bytes   int
}

// buriedOf is what a letter is of.
func buriedOf(l deadletters.Letter) buriedMessage {
	return buriedMessage{l.Place(), l.Key, l.ID, l.Bytes}
}

// sentAgain are the messages of dead letters that were sent again.
func sentAgain(ctx context.Context, r *kafka.Reader) (map[buriedMessage]bool, error) {
	topics, of := map[string]bool{}, map[int64]buriedMessage{}
	err := deadletters.Each(ctx, r, func(l deadletters.Letter) error { topics[l.Topic], of[l.Number] = true, buriedOf(l); return nil }, deadletters.IgnoreOdd)
	if err != nil {
		return nil, err
	}
	numbers, err := deadletters.Replayed(ctx, r, slices.Sorted(maps.Keys(topics)))
	sent := map[buriedMessage]bool{}
	for n := range numbers {
		if m, known := of[n]; known {
			sent[m] = true
		}
	}
	return sent, err
}

// replayLetters sends letters again: those that are wanted, or all whose
// messages were not sent yet.
func (p *platform) replayLetters(ctx context.Context, r *kafka.Reader, all bool, wanted map[int64]bool, out printer) error {
	var sent map[buriedMessage]bool
	if all {
		var err error
		if sent, err = sentAgain(ctx, r); err != nil {
			return err
		}
	}
	publisher := kafka.NewPublisher(p.broker())
	defer publisher.Close()
	done, failed := []replayed{}, 0
	err := deadletters.Each(ctx, r, func(l deadletters.Letter) error {
		if all && sent[buriedOf(l)] || !all && !wanted[l.Number] {
			return nil
		}
		if all {
			sent[buriedOf(l)] = true
		}
		delete(wanted, l.Number)
		one := replayed{Letter: l}
		if err := sendAgain(ctx, publisher, l); err != nil {
			one.Error, failed = err.Error(), failed+1
		}
		one.Sent, one.Of.Message = one.Error == "", nil
		done = append(done, one)
		return nil
	}, deadletters.IgnoreOdd)
	if err != nil {
		return err
	}
	for offset := range wanted {
		return usage("there is no dead letter %d", offset)
	}
	return out.replayed(done, failed)
}

// sendAgain sends one letter's message to where it was read.
func sendAgain(ctx context.Context, publisher *kafka.Publisher, l deadletters.Letter) error {
	if l.Of.Omitted != "" {
		return fmt.Errorf("it is without its %s, and its topic no longer has it", l.Of.Omitted)
	}
	if !slices.ContainsFunc(stream.Topics, func(t stream.Topic) bool { return t.Name == l.Topic && t.Name != stream.DeadLetters }) {
		return fmt.Errorf("%q is no topic of ours", l.Topic)
	}
	return publisher.Send(ctx, l.Topic, l.Again())
}

// replayed prints what was sent again.
func (p printer) replayed(done []replayed, failed int) error {
	var text strings.Builder
	for _, l := range done {
		result := "sent to " + l.Topic
		if !l.Sent {
			result = "not sent: " + l.Error
		}
		fmt.Fprintf(&text, "%5d  %s\n", l.Number, result)
	}
	err := p.print(map[string]any{"letters": done, "sent": len(done) - failed}, "%s%d letters sent again", text.String(), len(done)-failed)
	if err == nil && failed > 0 {
		err = &exit{code: exitFailed}
	}
	return err
}
