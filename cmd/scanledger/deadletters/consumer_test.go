package deadletters

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/IBM/sarama"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/domain"
)

// TestParts has batches of which some events can never be taken.
func TestParts(t *testing.T) {
	consumer := Consumer{Log: slog.New(slog.DiscardHandler)}
	events, records := make([]domain.Envelope, 9), make([]kafka.Record, 9)
	for n := range events {
		events[n].Version, records[n] = n+1, kafka.NewRecord(&sarama.ConsumerMessage{Topic: "t", Offset: int64(n)})
	}
	for name, c := range map[string]struct {
		fails  map[int]error // by version; nil panics
		buried []string
		err    bool
	}{
		"all well":              {nil, nil, false},
		"a row":                 {map[int]error{5: &clickhouse.RowError{Row: 1, Column: "at", Err: errors.New("out of range")}}, []string{"4"}, false},
		"panics and rows":       {map[int]error{1: nil, 6: &clickhouse.RowError{}, 9: nil}, []string{"0", "5", "8"}, false},
		"an outage":             {map[int]error{5: errors.New("away")}, nil, true},
		"an outage after a row": {map[int]error{2: &clickhouse.RowError{}, 5: errors.New("away")}, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			taken := map[int]bool{}
			take := func(_ context.Context, batch []domain.Envelope, _ []kafka.Record) error {
				for _, e := range batch {
					if err, bad := c.fails[e.Version]; bad && err == nil {
						panic("no fold")
					} else if bad {
						return err
					}
				}
				for _, e := range batch {
					taken[e.Version] = true
				}
				return nil
			}
			letters, err := consumer.parts(t.Context(), take, events, records)
			var buried []string
			for _, m := range letters {
				buried = append(buried, m.Metadata["offset"])
			}
			if !slices.Equal(buried, c.buried) || (err != nil) != c.err || !c.err && len(taken)+len(buried) != len(events) {
				t.Errorf("buried %v, taken %v, %v", buried, taken, err)
			}
		})
	}
}
