// Package deadletters keeps what can never be read or taken: it puts it among the dead
// letters, finds it there, and makes the messages that are sent again.
package deadletters

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
)

// Letter is a dead letter as it is listed.
type Letter struct {
	Number    int64     `json:"letter"` // its offset among the dead letters
	At        time.Time `json:"at"`
	Reason    string    `json:"reason"`
	Topic     string    `json:"topic"` // where its message was read
	Partition int32     `json:"partition"`
	Offset    int64     `json:"offset"`
	Key       string    `json:"key"`
	Type      string    `json:"type"` // as the message says
	ID        string    `json:"id"`
	Bytes     int       `json:"bytes"`
	Omitted   string    `json:"omitted,omitempty"` // what is not in the letter, being too large
	Replayed  int       `json:"replayed"`          // how often the message had been sent again when it was buried
	Readable  bool      `json:"readable"`          // whether it could be read by now

	Of    stream.Letter   `json:"-"`
	Event domain.Envelope `json:"-"` // where it is readable
}

// Place is where its message was read.
func (l Letter) Place() Place { return Place{l.Topic, l.Partition, l.Offset} }

// Each gives the dead letters, oldest first, and what lies in their topic
// and is none.
func Each(ctx context.Context, r *kafka.Reader, see func(Letter) error, odd func(Place, error)) error {
	spans, err := r.Spans(stream.DeadLetters)
	if err != nil {
		return err
	}
	for _, p := range slices.Sorted(maps.Keys(spans)) {
		err := r.Read(ctx, stream.DeadLetters, p, spans[p], 100, func(batch []kafka.Record) error {
			for _, record := range batch {
				of, err := stream.OpenLetter(record.Message())
				if err != nil {
					odd(PlaceOf(record), err)
					continue
				}
				l := listed(record, of)
				if l.Omitted != "" {
					if err := restore(ctx, r, &l); err != nil {
						return err
					}
				}
				l.Event, err = stream.Decode(l.Of.Message)
				l.Readable = err == nil
				if err := see(l); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// IgnoreOdd passes by what is no dead letter: an audit names it.
func IgnoreOdd(Place, error) {}

func listed(r kafka.Record, of stream.Letter) Letter {
	m := of.Message
	return Letter{
		Number: r.Offset(), At: r.Time(), Reason: of.Reason, Topic: of.Topic, Partition: of.Partition, Offset: of.Offset,
		Key: m.Metadata[kafka.KeyMeta], Type: m.Metadata["ce_type"], ID: m.UUID, Bytes: len(m.Payload),
		Omitted: of.Omitted, Replayed: of.Replayed, Of: of,
	}
}

// restore reads a message that did not fit into its letter where it was, as
// long as it is there.
func restore(ctx context.Context, r *kafka.Reader, l *Letter) error {
	spans, err := r.Spans(l.Topic)
	if err != nil {
		return err
	}
	s := spans[l.Partition]
	if l.Offset < s.Oldest || l.Offset >= s.End {
		return nil
	}
	return r.Read(ctx, l.Topic, l.Partition, kafka.Span{Oldest: l.Offset, End: l.Offset + 1}, 1, func(batch []kafka.Record) error {
		l.Of.Message, l.Of.Omitted = batch[0].Message(), ""
		l.Key, l.Type, l.ID, l.Bytes = batch[0].Key(), batch[0].Header("ce_type"), batch[0].Header("ce_id"), len(batch[0].Value())
		return nil
	})
}

// replayedBatch is how many messages are looked through at one time.
const replayedBatch = 2000

// Replayed are the numbers of the letters whose messages have been sent again to some
// topics.
func Replayed(ctx context.Context, r *kafka.Reader, topics []string) (map[int64]bool, error) {
	sent := map[int64]bool{}
	for _, topic := range topics {
		spans, err := r.Spans(topic)
		if err != nil {
			return nil, err
		}
		for p, s := range spans {
			err := r.Read(ctx, topic, p, s, replayedBatch, func(batch []kafka.Record) error {
				for _, record := range batch {
					if of, ok := stream.ReplayOf(record.Header); ok {
						sent[of] = true
					}
				}
				return nil
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return sent, nil
}

// Again is the message to send.
func (l Letter) Again() *message.Message { return l.Of.Again(l.Number) }
