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

// Spool publishes events that bypass the log without making a request wait for the
// broker. Keep puts an event into a file of a folder; one goroutine publishes batches,
// oldest first, in the order in which the events were kept. What was kept is in the
// hands of the operating system, and outlasts the process however it ends; what was kept
// in the last quarter of a second before a power cut may be gone. After a restart the
// files are sent before anything new.
//
// An event may be published more than once: consumers know it by its id.
type Spool struct {
	options SpoolOptions
	disk    *segments
	wake    chan struct{} // something was kept
	stop    chan struct{} // closed with the spool
	running sync.WaitGroup

	keeping keeping
	dirty   atomic.Bool // something was kept that is not synced

	sent, kept, lost atomic.Int64
}

// SpoolOptions are what a Spool works with. Only Dir and Publisher are needed.
type SpoolOptions struct {
	Dir       string            // no other spool may use it
	Publisher message.Publisher // returns within a bounded time
	Batch     int               // events published at once; 512 when 0
	Sync      time.Duration     // how often files are synced; 250 ms when 0
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
	Kept    int64 // written to a file
	Lost    int64 // not written, for the disk is full or broken, or not to be read back
	Waiting int64 // bytes of files that the broker has not acknowledged
}

// ErrSpoolClosed is what a closed Spool answers.
var ErrSpoolClosed = errors.New("spool is closed")

// OpenSpool makes the folder if it is missing and begins to send what is in it.
func OpenSpool(o SpoolOptions) (*Spool, error) {
	o.Batch, o.MaxBytes = cmp.Or(o.Batch, 512), cmp.Or(o.MaxBytes, 1<<30)
	o.Sync, o.Retry = cmp.Or(o.Sync, 250*time.Millisecond), cmp.Or(o.Retry, time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	disk, err := openSegments(o.Dir, o.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	s := &Spool{options: o, disk: disk, wake: make(chan struct{}, 1), stop: make(chan struct{})}
	s.running.Go(s.send)
	s.running.Go(s.sync)
	return s, nil
}

// maxEvent is the size in bytes beyond which an event is refused: a broker
// would refuse it for ever.
const maxEvent = 900_000

// spooledOf is an event on its way to its topic.
func spooledOf(e domain.Envelope) (*spooled, error) {
	schema, payload, err := domain.Encode(e.Event)
	if err != nil {
		return nil, err
	}
	kind := e.Event.Kind()
	e.Event = nil // its payload says it
	event := &spooled{topic: TopicOf(kind, e.Stream), Stored: domain.Stored{Envelope: e, Type: kind, Schema: schema, Payload: payload}}
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

// Stats counts what has become of the events so far.
func (s *Spool) Stats() SpoolStats {
	return SpoolStats{Sent: s.sent.Load(), Kept: s.kept.Load(), Lost: s.lost.Load(), Waiting: s.disk.bytes()}
}

// Close publishes what waits, as far as the broker takes it before ctx ends; the rest
// stays in its files. Later calls of Keep answer ErrSpoolClosed.
func (s *Spool) Close(ctx context.Context) error {
	if !s.disk.refuse() {
		return ErrSpoolClosed
	}
	close(s.stop)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.running.Wait()
	}()
	select {
	case <-ended:
	case <-ctx.Done():
	}
	return s.disk.close()
}
