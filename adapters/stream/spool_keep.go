package stream

import (
	"errors"
	"runtime"
	"sync"

	"github.com/scanledger/scanledger/domain"
)

// keeping gathers what is kept at one time, so that it is written at the price of one.
type keeping struct {
	writing sync.Mutex // held by the one who writes
	mu      sync.Mutex
	next    *kept // what comes while somebody writes
}

// kept are events that are written together.
type kept struct {
	events []*spooled
	done   chan struct{}
	err    error
}

// Keep accepts an event for its topic, and returns when it is in a file. It waits for
// no broker. An error says that this event was not accepted: Unavailable where there is
// no room for it.
func (s *Spool) Keep(e domain.Envelope) error {
	event, err := spooledOf(e)
	if err != nil {
		return err
	}
	group, first := s.keeping.join(event)
	if !first {
		<-group.done
		return group.err
	}
	runtime.Gosched() // those who have an event too join before it is written
	s.keeping.writing.Lock()
	defer s.keeping.writing.Unlock()
	group.err = s.keep(s.keeping.take())
	close(group.done)
	return group.err
}

// join adds an event to those that are written next; who is the first writes them.
func (k *keeping) join(event *spooled) (group *kept, first bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if first = k.next == nil; first {
		k.next = &kept{done: make(chan struct{})}
	}
	k.next.events = append(k.next.events, event)
	return k.next, first
}

// take ends the gathering.
func (k *keeping) take() []*spooled {
	k.mu.Lock()
	defer k.mu.Unlock()
	group := k.next
	k.next = nil
	return group.events
}

// keep writes events, all or none of them.
func (s *Spool) keep(events []*spooled) error {
	err := s.disk.append(events)
	if errors.Is(err, ErrSpoolClosed) {
		return err
	}
	if err != nil {
		s.lost.Add(int64(len(events)))
		s.options.Log.Error("events lost: they cannot be spooled", "events", len(events), "error", err)
		return domain.Errorf(domain.Unavailable, "What was asked for cannot be written down at present: try again later")
	}
	s.kept.Add(int64(len(events)))
	s.dirty.Store(true)
	s.awake()
	return nil
}
