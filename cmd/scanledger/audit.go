package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
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
		acks, err := readJournal(*journal)
		if err != nil {
			return err
		}
		a, err := p.audit(ctx, auditOptions{Journal: acks, Since: *since})
		if err != nil {
			return err
		}
		return out.audit(a)
	}, kafkaEngine, clickhouseEngine)
}

// auditOptions say what to look at.
type auditOptions struct {
	Journal  []postgres.Acknowledgement
	Since    time.Duration // 0 for everything
	Grace    time.Duration // for how long something may be on its way; 0 for a minute
	Patience time.Duration // for how long to wait for who is late; 0 for ten seconds
}

// audit is one look at the whole system.
type audit struct {
	*platform
	auditOptions
	auditor *postgres.Auditor
	reader  *kafka.Reader
	noKafka error // why there is no reader
	counted *clickhouse.DB
	noCount error // why there is none
	poison  []place
}

// place is where a message lies.
type place struct {
	topic     string
	partition int32
	offset    int64
}

func (p place) String() string { return fmt.Sprintf("%s/%d/%d", p.topic, p.partition, p.offset) }

// connectTime is how long Kafka may take to answer before it is away.
const connectTime = 15 * time.Second

// audit looks at all invariants, in an order in which each may rely on those
// before it. Its error is the end of ctx: what cannot be looked at is said so
// in the answer.
func (p *platform) audit(ctx context.Context, o auditOptions) (*domain.Audit, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := &audit{platform: p, auditOptions: o, auditor: postgres.NewAuditor(p.pool)}
	a.auditor.Grace, a.Patience = cmp.Or(o.Grace, a.auditor.Grace), cmp.Or(o.Patience, patience)
	defer a.open(ctx)()
	answer := &domain.Audit{}
	for _, name := range domain.Invariants {
		i := domain.NewInvariant(name)
		if err := a.looks()[name](ctx, i); err != nil {
			i.NotChecked = err.Error()
		}
		answer.Invariants = append(answer.Invariants, i)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	answer.Close()
	return answer, nil
}

// looks has how each invariant is looked at.
func (a *audit) looks() map[string]func(context.Context, *domain.Invariant) error {
	return map[string]func(context.Context, *domain.Invariant) error{
		domain.VersionsInvariant:     a.versions,
		domain.AcknowledgedInvariant: a.acknowledged,
		domain.KafkaInvariant:        a.onKafka,
		domain.ReadModelsInvariant:   a.readModels,
		domain.ClickHouseInvariant:   a.onClickHouse,
		domain.CreditsInvariant:      a.auditor.Credits,
		domain.UnfinishedInvariant:   a.unfinished,
		domain.DeadLettersInvariant:  a.deadLetters,
	}
}

// open connects to what may be away, and returns what closes it.
func (a *audit) open(ctx context.Context) func() {
	broker := kafka.Broker{Addrs: a.engines.Kafka.Brokers, Log: a.log}
	connecting, cancel := context.WithTimeout(ctx, connectTime)
	if a.noKafka = kafka.Ping(connecting, broker); a.noKafka == nil {
		a.reader, a.noKafka = kafka.OpenReader(ctx, broker)
	}
	cancel()
	if a.noKafka != nil {
		a.noKafka = fmt.Errorf("kafka is away: %w", a.noKafka)
	}
	if a.counted, a.noCount = a.engines.analytics(); a.noCount == nil {
		a.noCount = a.counted.Ping(ctx)
	}
	return func() {
		if a.reader != nil {
			a.reader.Close()
		}
		if a.counted != nil {
			a.counted.Close()
		}
	}
}

// versions looks at the log itself.
func (a *audit) versions(ctx context.Context, i *domain.Invariant) (err error) {
	if a.auditor.After, err = a.auditor.Since(ctx, a.Since); err != nil {
		return err
	}
	return a.auditor.Versions(ctx, i)
}

// acknowledged looks at what is kept of commands, and at those of the journal.
func (a *audit) acknowledged(ctx context.Context, i *domain.Invariant) error {
	if err := a.auditor.Acknowledged(ctx, i); err != nil {
		return err
	}
	for acks := range slices.Chunk(a.Journal, 1000) {
		if err := a.auditor.Journal(ctx, acks, i); err != nil {
			return err
		}
	}
	return nil
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
