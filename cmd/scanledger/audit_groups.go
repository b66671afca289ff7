package main

import (
	"context"
	"maps"
	"time"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
)

// group is a consumer group that must have come by what is in a topic.
type group struct{ name, topic string }

var (
	projectGroup = group{"scanledger.project", stream.Scans}
	targetGroup  = group{"scanledger.project-targets", stream.Targets}
	linkGroup    = group{"scanledger.project-links", stream.Links}
	lookupGroup  = group{"scanledger.project-lookups", stream.Lookups}
	scanGroup    = group{"scanledger.scan", stream.Scans}
	compareGroup = group{"scanledger.compare", stream.Scans}
	countGroup   = group{"scanledger.count", stream.Requests}
	clickGroup   = group{"scanledger.count-clicks", stream.Clicks}
	speedGroup   = group{"scanledger.count-speedtests", stream.SpeedTests}
)

// groups are all of them.
func groups() []group {
	all := []group{projectGroup, targetGroup, linkGroup, lookupGroup, scanGroup, compareGroup}
	for _, m := range countedModels {
		all = append(all, m.group)
	}
	return all
}

// stand is how far a group is with what there was.
type stand int

const (
	caughtUp stand = iota // it has taken everything that there was
	catching              // it is at it, or waits for the relay
	standing              // it has members and something to take, and takes nothing
	nobody                // it has no members
)

// patience is how long a group may take to come by what there is. A member that
// was killed stays one for longer: that a group stands says that it is late, not
// that it has left something out.
const patience = 10 * time.Second

// reached is how far a group has come with what there was.
type reached struct {
	stand stand
	at    kafka.Progress
	ends  map[int32]kafka.Span // what there was; nil while the relay has not sent it
}

// catchUp waits until the relay and then a group have taken what there is now,
// or have not for as long as patience lasts.
func (a *audit) catchUp(ctx context.Context, g group) (r reached, err error) {
	newest, err := a.auditor.Newest(ctx)
	if err != nil {
		return r, err
	}
	var first kafka.Progress
	for deadline, round := now().Add(a.Patience), 0; ; round++ {
		sent, err := a.auditor.Sent(ctx)
		if err == nil && r.ends == nil && !sent.Before(newest) {
			r.ends, err = a.reader.Spans(g.topic)
		}
		if err == nil {
			r.at, err = a.reader.Group(g.name, g.topic)
		}
		if err != nil {
			return r, err
		}
		if round == 0 {
			first = r.at
		}
		switch {
		case r.ends != nil && passed(r.at, r.ends):
			r.stand = caughtUp
			return r, nil
		case r.at.Members == 0:
			r.stand = nobody
			return r, nil
		case now().After(deadline) && r.ends != nil && maps.Equal(first.Next, r.at.Next):
			r.stand = standing
			return r, nil
		case now().After(deadline):
			r.stand = catching
			return r, nil
		}
		if err := pause(ctx); err != nil {
			return r, err
		}
	}
}

// by says whether a group is past all that a topic had of a stream: what it has
// not taken of that it never will.
func (r reached) by(topic string, s domain.Stream) (bool, error) {
	if r.ends == nil {
		return false, nil
	}
	partition, err := kafka.PartitionOf(topic, string(s), int32(len(r.ends)))
	return err == nil && passed(r.at, map[int32]kafka.Span{partition: r.ends[partition]}), err
}

// pause is a while between two looks.
func pause(ctx context.Context) error {
	select {
	case <-time.After(200 * time.Millisecond):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// passed says whether a group is past all that some partitions had.
func passed(p kafka.Progress, ends map[int32]kafka.Span) bool {
	for partition, s := range ends {
		if s.Oldest < s.End && p.Next[partition] < s.End {
			return false
		}
	}
	return true
}
