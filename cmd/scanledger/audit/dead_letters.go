package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/cmd/scanledger/deadletters"
	"github.com/scanledger/scanledger/cmd/scanledger/groups"
	"github.com/scanledger/scanledger/cmd/scanledger/models"
	"github.com/scanledger/scanledger/domain"
)

// deadLetters looks whether the dead letters are exactly the poison: each
// message in them can never be read, or never be taken, and was not sent again
// since; and each message that cannot be read and that a consumer has gone by
// is among them.
func (a *audit) deadLetters(ctx context.Context, i *domain.Invariant) error {
	if a.reader == nil {
		return a.noKafka
	}
	passed, err := a.goneBy()
	if err != nil {
		return err
	}
	buried := map[deadletters.Place]bool{}
	var readable []deadletters.Letter
	err = deadletters.Each(ctx, a.reader, func(l deadletters.Letter) error {
		i.Look("dead letters", 1)
		if buried[l.Place()] {
			i.Note("letters of one message", 1)
		}
		buried[l.Place()] = true
		switch {
		case l.Of.Omitted != "":
			i.Note("letters whose message is gone", 1)
		case l.Readable && len(readable) < maxPoison:
			l.Of.Message.Payload = nil
			readable = append(readable, l)
		}
		return nil
	}, func(at deadletters.Place, err error) {
		i.Violate(domain.Violation{ID: at.String(), What: "dead letter", Expected: "the headers reason, topic, partition and offset", Found: err.Error()})
	})
	if err != nil {
		return err
	}
	for _, p := range a.poison {
		if p.Offset >= passed[deadletters.Place{Topic: p.Topic, Partition: p.Partition}] {
			i.Note("unreadable messages not gone by yet", 1)
			continue
		}
		i.Look("unreadable messages", 1)
		if !buried[p] {
			i.Violate(domain.Violation{ID: p.String(), What: "dead letter of an unreadable message", Expected: "1", Found: "none"})
		}
	}
	return a.healthy(ctx, readable, i)
}

// goneBy are the offsets before which some consumer of a partition has taken
// everything; the places have the offset 0.
func (a *audit) goneBy() (map[deadletters.Place]int64, error) {
	next := map[deadletters.Place]int64{}
	for _, g := range groups.All {
		spans, err := a.reader.Spans(g.Topic)
		if err != nil {
			return nil, err
		}
		if len(spans) == 0 {
			continue
		}
		at, err := a.reader.Group(g.Name, g.Topic)
		if err != nil {
			return nil, err
		}
		for p, offset := range at.Next {
			key := deadletters.Place{Topic: g.Topic, Partition: p}
			next[key] = max(next[key], offset)
		}
	}
	return next, nil
}

// healthy looks at letters that can be read. One that the log does not have is
// nobody's event, and one that was sent again is no longer dead.
func (a *audit) healthy(ctx context.Context, readable []deadletters.Letter, i *domain.Invariant) error {
	if len(readable) == 0 {
		return nil
	}
	topics := map[string]bool{}
	var ids []uuid.UUID
	for _, l := range readable {
		topics[l.Topic] = true
		ids = append(ids, l.Event.ID)
	}
	sent, err := deadletters.Replayed(ctx, a.reader, slices.Sorted(maps.Keys(topics)))
	if err != nil {
		return err
	}
	logged, err := a.auditor.Entries(ctx, ids)
	if err != nil {
		return err
	}
	var unknown error
	for _, l := range readable {
		_, inLog := logged[l.Event.ID]
		switch {
		case sent[l.Number]:
			i.Note("letters that were sent again", 1)
			continue
		case a.forgotten(l):
			i.Note("letters that are older than their topic", 1)
			continue
		case slices.Contains(stream.LogTopics(), l.Topic) && !inLog:
			i.Note("letters of events that the log does not have", 1)
			continue
		}
		hopeless, err := a.uncountable(ctx, l)
		if err != nil {
			unknown = err
		} else if !hopeless {
			i.Violate(domain.Violation{Stream: l.Event.Stream, Version: l.Event.Version, ID: fmt.Sprintf("letter %d, %s", l.Number, l.Place()),
				What: "message of the dead letter", Expected: "one that cannot be read", Found: l.Type + " " + l.ID + ", buried as " + l.Reason})
		}
	}
	return unknown
}

// forgotten says that a letter's topic no longer has what was in it then, nor
// what was sent again.
func (a *audit) forgotten(l deadletters.Letter) bool {
	for _, t := range stream.Topics {
		if t.Name == l.Topic {
			return a.Now().Sub(l.At) > t.Retention
		}
	}
	return false
}

// uncountable says whether a letter's event is one that ClickHouse has no
// place for.
func (a *audit) uncountable(ctx context.Context, l deadletters.Letter) (bool, error) {
	for _, m := range models.AllCounted {
		if m.Group.Topic != l.Topic || m.Rows.Kind != l.Event.Event.Kind() {
			continue
		}
		if a.noCount != nil {
			return false, fmt.Errorf("whether letter %d can be counted is not known: %w", l.Number, a.noCount)
		}
		err := a.counted.Fits(ctx, m.Rows.Name, models.Columns(m.Rows), append(m.Rows.Values(l.Event), l.Topic, l.Partition, l.Offset))
		var row *clickhouse.RowError
		if errors.As(err, &row) {
			return true, nil
		}
		return false, err
	}
	return false, nil
}
