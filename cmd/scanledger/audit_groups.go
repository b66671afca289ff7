package main

import (
	"context"
	"maps"
	"time"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/stream"
)

// group is a consumer group that must have come by what is in a topic.
type group struct{ name, topic string }

var (
	projectGroup = group{"scanledger.project", stream.Scans}
	targetGroup  = group{"scanledger.project-targets", stream.Targets}
	scanGroup    = group{"scanledger.scan", stream.Scans}
	countGroup   = group{"scanledger.count", stream.Requests}
)

// stand is how far a group is with what there was.
type stand int

const (
	caughtUp stand = iota // it has taken everything that there was
	catching              // it is at it, or waits for the relay
	standing              // it has members and something to take, and takes nothing
	nobody                // it has no members
)

// patience is how long a group may take to come by what there is.
const patience = 10 * time.Second

// catchUp waits until the relay and then a group have taken what there is now,
// or have not for as long as patience lasts.
func (a *audit) catchUp(ctx context.Context, g group) (stand, error) {
	newest, err := a.auditor.Newest(ctx)
	if err != nil {
		return nobody, err
	}
	var first kafka.Progress
	var ends map[int32]kafka.Span
	for deadline, round := now().Add(patience), 0; ; round++ {
		sent, err := a.auditor.Sent(ctx)
		if err == nil && ends == nil && !sent.Before(newest) {
			ends, err = a.reader.Spans(g.topic)
		}
		if err != nil {
			return nobody, err
		}
		at, err := a.reader.Group(g.name, g.topic)
		if err != nil {
			return nobody, err
		}
		if round == 0 {
			first = at
		}
		switch {
		case ends != nil && passed(at, ends):
			return caughtUp, nil
		case at.Members == 0:
			return nobody, nil
		case now().After(deadline) && ends != nil && maps.Equal(first.Next, at.Next):
			return standing, nil
		case now().After(deadline):
			return catching, nil
		}
		if err := pause(ctx); err != nil {
			return nobody, err
		}
	}
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

// passed says whether a group is past all that a topic had.
func passed(p kafka.Progress, ends map[int32]kafka.Span) bool {
	for partition, s := range ends {
		if s.Oldest < s.End && p.Next[partition] < s.End {
			return false
		}
	}
	return true
}
