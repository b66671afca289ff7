package deadletters

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
)

// Taker does what follows from a batch of events. It is idempotent.
type Taker func(context.Context, []domain.Envelope, []kafka.Record) error

// Consumer takes batches of events, and buries what of them can never be taken.
type Consumer struct {
	Publisher *kafka.Publisher
	Log       *slog.Logger
}

// Handle hands on what of a batch can be read, and then puts the rest among
// the dead letters: what cannot be read, and what can never be taken. First the
// one and then the other, so that a batch which is given again, as while the
// database is away, buries nothing twice.
func (c Consumer) Handle(take Taker) kafka.Handle {
	return func(ctx context.Context, batch []kafka.Record) error {
		var letters []*message.Message
		envelopes, records := Readable(batch, func(r kafka.Record, err error) { letters = append(letters, c.bury(r, err)) })
		if len(envelopes) > 0 {
			hopeless, err := c.parts(ctx, take, envelopes, records)
			if err != nil {
				return err
			}
			letters = append(letters, hopeless...)
		}
		if len(letters) == 0 {
			return nil
		}
		return c.Publisher.Send(ctx, stream.DeadLetters, letters...)
	}
}

// Readable is what can be read of a batch, and the records that it was in. The
// rest goes to odd.
func Readable(batch []kafka.Record, odd func(kafka.Record, error)) ([]domain.Envelope, []kafka.Record) {
	events, records := make([]domain.Envelope, 0, len(batch)), make([]kafka.Record, 0, len(batch))
	for _, r := range batch {
		if e, err := stream.DecodeRecord(r.Header, r.Value()); err == nil {
			events, records = append(events, e), append(records, r)
		} else {
			odd(r, err)
		}
	}
	return events, records
}

// IgnoreUnreadable passes by what cannot be read: it is among the dead letters.
func IgnoreUnreadable(kafka.Record, error) {}

// bury makes a dead letter of a record.
func (c Consumer) bury(r kafka.Record, reason error) *message.Message {
	c.Log.Error("dead letter", "reason", reason, "topic", r.Topic(), "partition", r.Partition(), "offset", r.Offset())
	return stream.DeadLetter(r.Message(), reason)
}

// lastTries is how often an event is tried alone before it is given up.
const lastTries = 3

// parts hands a batch on, and where it can never be taken as it is, its halves:
// down to the single events that are to blame, of which it returns letters.
func (c Consumer) parts(ctx context.Context, take Taker, events []domain.Envelope, records []kafka.Record) ([]*message.Message, error) {
	err := guarded(ctx, take, events, records)
	if !hopeless(err) || ctx.Err() != nil {
		return nil, err
	}
	if half := len(events) / 2; half > 0 {
		first, err := c.parts(ctx, take, events[:half], records[:half])
		if err != nil {
			return nil, err
		}
		second, err := c.parts(ctx, take, events[half:], records[half:])
		if err != nil {
			return nil, err
		}
		return append(first, second...), nil
	}
	for range lastTries - 1 {
		if err = guarded(ctx, take, events, records); !hopeless(err) || ctx.Err() != nil {
			return nil, err
		}
	}
	var panicked *panicError
	if errors.As(err, &panicked) {
		c.Log.Error("panic", "panic", panicked.value, "stack", string(panicked.stack))
	}
	return []*message.Message{c.bury(records[0], &stream.UnreadableError{Reason: "it cannot be taken: " + err.Error()})}, nil
}

// panicError is a panic of what takes events.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

// guarded makes a panic an error.
func guarded(ctx context.Context, take Taker, events []domain.Envelope, records []kafka.Record) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{v, debug.Stack()}
		}
	}()
	return take(ctx, events, records)
}

// hopeless says whether trying again is of no use: the values are such that no
// database takes them, or that a fold panics.
func hopeless(err error) bool {
	var row *clickhouse.RowError
	var panicked *panicError
	return postgres.Hopeless(err) || errors.As(err, &row) || errors.As(err, &panicked)
}

// OrHopeless says of an error that it is the message's own fault, where it is.
func OrHopeless(err error) error {
	if hopeless(err) {
		return &stream.UnreadableError{Reason: "it cannot be taken: " + err.Error()}
	}
	return err
}
