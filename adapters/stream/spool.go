package stream

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Spool publishes events that bypass the log without making a request wait for
// the broker. Emit puts an event into memory; one goroutine publishes batches;
// what the broker does not take goes to files in a folder, and from there to
// the broker when it is back, oldest first, in the order in which the events
// were emitted. After a restart the files are sent before anything new.
//
// Keep is Emit for what must not be lost: it puts an event into a file before it
// returns, and from there it is published. That is in the hands of the operating
// system then, and outlasts the process however it ends; what was kept in the last
// quarter of Patience before a power cut may be gone.
//
// An event may be published more than once: consumers know it by its id. An
// event in memory is lost when the process is killed; none is in memory for
// longer than Patience, because what the broker has not taken by then goes to
// disk. Files are synced after each batch, so that what is on disk survives a
// power cut.
type Spool struct {
	options SpoolOptions
	disk    *segments
	wake    chan struct{} // something was emitted
	stop    chan struct{}
	running sync.WaitGroup

	keeping keeping
	dirty   atomic.Bool // something was kept that is not synced

	mu      sync.Mutex
	pending []*spooled // emitted, neither acknowledged nor on disk
	taken   int        // how many of the first of them are being published
	closed  bool

	sent, kept, lost atomic.Int64
}

// SpoolOptions are what a Spool works with. Only Dir and Publisher are needed.
type SpoolOptions struct {
	Dir       string            // no other spool may use it
	Publisher message.Publisher // returns within a bounded time
	Memory    int               // events in memory at most, beyond that they go to disk; 8192 when 0
	Batch     int               // events published at once; 512 when 0
	Patience  time.Duration     // how long an event may be in memory; 1 s when 0
	// Yield lets who keeps events go before those that are sent: after each batch as
	// much of the time is left to them, in parts of what the batch took, while less
	// than half of MaxBytes waits. 0 for none.
	Yield    int
	Retry    time.Duration // how often a broker that is away is tried; 1 s when 0
	MaxBytes int64         // of files; what goes beyond is lost; 1 GiB when 0
	Log      *slog.Logger
}

// SpoolStats counts events since the start.
type SpoolStats struct {
	Sent    int64 // acknowledged by the broker
	Spooled int64 // written to disk
	Lost    int64 // not even written to disk, which is full or broken, or not to be read back
	Waiting int64 // bytes on disk that the broker has not acknowledged
}

// ErrSpoolClosed is what a closed Spool answers.
var ErrSpoolClosed = errors.New("spool is closed")

// OpenSpool makes the folder if it is missing and begins to send what is in it.
func OpenSpool(o SpoolOptions) (*Spool, error) {
	o.Memory, o.Batch = cmp.Or(o.Memory, 8192), cmp.Or(o.Batch, 512)
	o.Patience, o.Retry = cmp.Or(o.Patience, time.Second), cmp.Or(o.Retry, time.Second)
	o.MaxBytes = cmp.Or(o.MaxBytes, 1<<30)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	disk, err := openSegments(o.Dir, o.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	s := &Spool{options: o, disk: disk, wake: make(chan struct{}, 1), stop: make(chan struct{})}
	s.running.Go(s.send)
	s.running.Go(s.rescue)
	return s, nil
}

// maxEvent is the size in bytes beyond which an event is refused: a broker
// would refuse it for ever.
const maxEvent = 900_000

// Emit accepts an event for its topic. It waits for no broker; when memory is
// full it writes that to disk, which takes milliseconds. An error says that
// this event was not accepted.
func (s *Spool) Emit(e domain.Envelope) error {
	event, err := spooledOf(e)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrSpoolClosed
	}
	if len(s.pending) >= s.options.Memory {
		s.spill()
	}
	s.pending = append(s.pending, event)
	s.awake()
	return nil
}

// spooledOf is an event on its way to its topic.
func spooledOf(e domain.Envelope) (*spooled, error) {
	schema, payload, err := domain.Encode(e.Event)
	if err != nil {
		return nil, err
	}
	kind := e.Event.Kind()
	e.Event = nil // its payload says it
	event := &spooled{topic: TopicOf(kind, e.Stream), at: time.Now(), Stored: domain.Stored{Envelope: e, Type: kind, Schema: schema, Payload: payload}}
	if event.topic == "" || event.ID == uuid.Nil || event.size() > maxEvent {
		return nil, fmt.Errorf("event %s of %d bytes has no topic or no id, or is too large", kind, event.size())
	}
	return event, nil
}

// awake lets the one who sends look for something.
func (s *Spool) awake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// spill writes everything in memory to disk, in order; s.mu is held. What is
// being published just now is written too: should that fail, it is in its place.
func (s *Spool) spill() {
	n, err := s.disk.append(s.pending)
	s.kept.Add(int64(n))
	if lost := len(s.pending) - n; lost > 0 {
		s.lost.Add(int64(lost))
		s.options.Log.Error("events lost: they can be neither published nor spooled", "events", lost, "error", err)
	}
	s.pending, s.taken = nil, 0
}

// Stats counts what has become of the events so far.
func (s *Spool) Stats() SpoolStats {
	return SpoolStats{Sent: s.sent.Load(), Spooled: s.kept.Load(), Lost: s.lost.Load(), Waiting: s.disk.bytes()}
}

// Close publishes what is in memory, or writes it to disk when the broker does
// not take it before ctx ends. Later calls of Emit answer ErrSpoolClosed.
func (s *Spool) Close(ctx context.Context) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrSpoolClosed
	}
	s.closed = true
	close(s.stop)
	s.mu.Unlock()

	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.running.Wait()
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.spill()
	return s.disk.close()
}
