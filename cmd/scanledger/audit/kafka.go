package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/cmd/scanledger/deadletters"
	"github.com/scanledger/scanledger/domain"
)

// readBatch is how many messages are compared with the log at one time.
const readBatch = 2000

// topicCheck is what is known of one topic while it is read.
type topicCheck struct {
	*audit
	name  string
	spans map[int32]kafka.Span
	seen  map[domain.Stream]int    // the newest version of each stream, in the order in which they came first
	first map[int32]postgres.Place // of the first message that a partition still has
	i     *domain.Invariant
}

// onKafka compares the topics with the log: whatever the relay had sent when
// the look began must be there, in order, and nothing else.
func (a *audit) onKafka(ctx context.Context, i *domain.Invariant) error {
	if a.reader == nil {
		return a.noKafka
	}
	sent, err := a.auditor.Sent(ctx)
	if err != nil {
		return err
	}
	topics := map[string]*topicCheck{}
	for _, name := range stream.LogTopics() {
		t := &topicCheck{audit: a, name: name, seen: map[domain.Stream]int{}, first: map[int32]postgres.Place{}, i: i}
		if t.spans, err = a.spans(name); err != nil {
			return err
		}
		for _, p := range slices.Sorted(maps.Keys(t.spans)) {
			if err := a.reader.Read(ctx, name, p, t.spans[p], readBatch, func(batch []kafka.Record) error { return t.compare(ctx, batch) }); err != nil {
				return err
			}
		}
		topics[name] = t
	}
	err = a.auditor.Due(ctx, sent, func(s domain.Stream, newest int, at postgres.Place) error {
		if t := topics[stream.TopicOf("", s)]; t != nil {
			return t.complete(s, newest, at)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return a.sentInTime(ctx, i)
}

// sentInTime looks whether the relay has come by everything that is older than
// a minute. After an outage it may need a while.
func (a *audit) sentInTime(ctx context.Context, i *domain.Invariant) error {
	unsent, overdue, oldest, err := a.auditor.Unsent(ctx)
	for deadline := a.Now().Add(a.Patience); err == nil && overdue > 0 && a.Now().Before(deadline); {
		if err = pause(ctx); err == nil {
			unsent, overdue, oldest, err = a.auditor.Unsent(ctx)
		}
	}
	i.Note("events not sent yet", unsent)
	if err == nil && overdue > 0 {
		i.Violate(domain.Violation{Stream: oldest.Stream, Version: oldest.Version, ID: oldest.ID, What: "events not sent for more than a minute",
			Expected: "0", Found: fmt.Sprintf("%d, the oldest %s old", overdue, oldest.Age.Round(time.Second))})
	}
	return err
}

// spans are the offsets that are to be read.
func (a *audit) spans(topic string) (map[int32]kafka.Span, error) {
	if a.Since == 0 {
		return a.reader.Spans(topic)
	}
	return a.reader.Since(topic, a.Now().Add(-a.Since))
}

// compare compares a partition's next messages with the log.
func (t *topicCheck) compare(ctx context.Context, batch []kafka.Record) error {
	t.i.Look("messages", len(batch))
	events, records := t.readable(batch)
	ids := make([]uuid.UUID, len(events))
	for n, e := range events {
		ids[n] = e.ID
	}
	entries, err := t.auditor.Entries(ctx, ids)
	if err != nil {
		return err
	}
	for n, e := range events {
		entry, known := entries[e.ID]
		if !known {
			if !t.auditor.Broken[e.Stream] {
				t.violate(e, records[n], "event of the message", "in the log", "none")
			}
			continue
		}
		if _, begun := t.first[records[n].Partition()]; !begun {
			t.first[records[n].Partition()] = entry.Place
		}
		if err := t.next(ctx, e, entry, records[n]); err != nil {
			return err
		}
	}
	return nil
}

// maxPoison bounds what is kept of messages that cannot be read.
const maxPoison = 10_000

// readable leaves out what cannot be read. Whether that is buried is another
// question.
func (a *audit) readable(batch []kafka.Record) ([]domain.Envelope, []kafka.Record) {
	return deadletters.Readable(batch, func(r kafka.Record, _ error) {
		if len(a.poison) < maxPoison {
			a.poison = append(a.poison, deadletters.PlaceOf(r))
		}
	})
}

func (t *topicCheck) violate(e domain.Envelope, r kafka.Record, what, expected, found string) {
	t.i.Violate(domain.Violation{Stream: e.Stream, Version: e.Version, ID: e.ID.String() + " at " + deadletters.PlaceOf(r).String(), What: what, Expected: expected, Found: found})
}

// next takes one message, whose event the log has.
func (t *topicCheck) next(ctx context.Context, e domain.Envelope, entry postgres.Entry, r kafka.Record) error {
	sum := sha256.Sum256(r.Value())
	switch {
	case e.Stream != entry.Stream || e.Version != entry.Version:
		t.violate(e, r, "stream and version of the message", fmt.Sprintf("%s %d", entry.Stream, entry.Version), fmt.Sprintf("%s %d", e.Stream, e.Version))
		return nil
	case r.Key() != string(e.Stream):
		t.violate(e, r, "key of the message", string(e.Stream), r.Key())
	case !bytes.Equal(sum[:], entry.Digest):
		t.violate(e, r, "SHA-256 of the message", fmt.Sprintf("%x", entry.Digest), fmt.Sprintf("%x", sum))
	case e.Event.Kind() != entry.Type || e.Owner != entry.Owner || !e.At.Equal(entry.At) || e.Actor != entry.Actor || e.Cause != entry.Cause:
		t.violate(e, r, "type, owner, time, actor or cause of the message",
			origin(entry.Type, entry.Owner, entry.At, entry.Actor, entry.Cause), origin(e.Event.Kind(), e.Owner, e.At, e.Actor, e.Cause))
	}
	seen := t.seen[e.Stream]
	if e.Version <= seen {
		t.i.Note("messages that came again", 1)
		return nil
	}
	if e.Version > seen+1 && !t.auditor.Broken[e.Stream] {
		gone := seen == 0 && t.cut(r.Partition())
		if gone {
			before, err := t.auditor.At(ctx, e.Stream, e.Version-1)
			if err != nil {
				return err
			}
			gone = before.Before(t.first[r.Partition()])
		}
		erased, err := t.auditor.Erased(ctx, e.Stream)
		switch {
		case err != nil:
			return err
		case gone:
			t.i.Note("events beyond retention", e.Version-1)
		case erased:
			t.i.Note("events erased before they were sent", e.Version-1-seen)
		default:
			t.violate(e, r, "order of the stream", strconv.Itoa(seen+1), strconv.Itoa(e.Version))
		}
	}
	t.seen[e.Stream] = e.Version
	return nil
}

// origin is what an event is beside its content, for people.
func origin(kind string, owner uuid.UUID, at time.Time, actor, cause string) string {
	return fmt.Sprintf("%s of %s at %s by %q for %q", kind, owner, at.UTC().Format(time.RFC3339Nano), actor, cause)
}

// cut says whether a partition no longer has its oldest messages, or is not
// looked at from there on.
func (t *topicCheck) cut(partition int32) bool { return t.spans[partition].Oldest > 0 }

// complete says whether a stream came up to a version that was sent.
func (t *topicCheck) complete(s domain.Stream, newest int, at postgres.Place) error {
	t.i.Look("streams", 1)
	seen := t.seen[s]
	if seen >= newest || t.auditor.Broken[s] {
		return nil
	}
	partition := int32(0)
	if len(t.spans) > 0 {
		var err error
		if partition, err = kafka.PartitionOf(t.name, string(s), int32(len(t.spans))); err != nil {
			return err
		}
	}
	first, some := t.first[partition]
	if seen == 0 && t.cut(partition) && (!some || at.Before(first)) {
		t.i.Note("events beyond retention", newest)
		return nil
	}
	t.i.Violate(domain.Violation{Stream: s, Version: seen + 1, What: "event on Kafka", Expected: "up to version " + strconv.Itoa(newest), Found: "up to version " + strconv.Itoa(seen)})
	return nil
}
