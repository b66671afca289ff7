package audit

import (
	"context"
	"maps"
	"time"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/cmd/scanledger/groups"
	"github.com/scanledger/scanledger/domain"
)

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
func (a *audit) catchUp(ctx context.Context, g groups.Group) (r reached, err error) {
	newest, err := a.auditor.Newest(ctx)
	if err != nil {
		return r, err
	}
	var first kafka.Progress
	for deadline, round := a.Now().Add(a.Patience), 0; ; round++ {
		sent, err := a.auditor.Sent(ctx)
		if err == nil && r.ends == nil && !sent.Before(newest) {
			r.ends, err = a.reader.Spans(g.Topic)
		}
		if err == nil {
			r.at, err = a.reader.Group(g.Name, g.Topic)
		}
		if err != nil {
			return r, err
		}
		if round == 0 {
			first = r.at
		}
		switch {
		case r.ends != nil && r.at.Passed(r.ends):
			r.stand = caughtUp
			return r, nil
		case r.at.Members == 0:
			r.stand = nobody
			return r, nil
		case a.Now().After(deadline) && r.ends != nil && maps.Equal(first.Next, r.at.Next):
			r.stand = standing
			return r, nil
		case a.Now().After(deadline):
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
	return err == nil && r.at.Passed(map[int32]kafka.Span{partition: r.ends[partition]}), err
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
