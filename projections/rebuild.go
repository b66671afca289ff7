package projections

import (
	"context"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// Rebuilding says how a read model is to be made again beside the one that
// stands. The zero value makes it from the log, as fast as it goes.
type Rebuilding struct {
	Topic  Topic // instead of the log, of which nothing is read then
	Accept bool  // of streams of which the topic lacks events, keep the rows that stand
	Anew   bool  // leave what was begun before, and begin again
	Piece  int   // events in a piece of work; as many as are quick when 0
	// Rest is called after each piece of work, with how long it took, and
	// returns when the next may begin. Nil for no rest.
	Rest func(ctx context.Context, worked time.Duration)
	Seen func(Progress) // is told of each piece of work; nil for nobody
}

// Topic is a topic with the events of a read model, each stream's in order.
type Topic interface {
	// Extent is the first offset that each partition still has, and the one
	// that its next record will get.
	Extent(ctx context.Context) (first, next map[int32]int64, err error)
	// Read gives what lies from one offset up to another, in each partition of
	// to, in batches of one partition. Behind a batch, next is where to go on.
	Read(ctx context.Context, from, to map[int32]int64, see func(ctx context.Context, partition int32, next int64, batch []domain.Envelope) error) error
}

// Phase is what a rebuild is about.
type Phase string

// The phases.
const (
	Copying   Phase = "copy"     // everything that was there when it began
	Following Phase = "catch up" // what has come since
	Checking  Phase = "check"    // the rows are read back and compared with those that were made
	Swapping  Phase = "swap"     // the new rows take the place of those that stand
)

// Progress is how far a rebuild is, in events.
type Progress struct {
	Phase       Phase
	Done, Total int64
}

// Rebuilt is what a rebuild has come to.
type Rebuilt struct {
	Rows     int64
	Events   int64
	Checksum string // equal for equal rows
	Swapped  bool   // readers have the new rows
	Resumed  bool   // it went on with what an earlier one had begun
	Lost     int64  // streams of which the topic lacks events
}

// Refused says why the new rows were not swapped in. Those that stood stay.
type Refused struct {
	Reason  string
	Passing bool // it may be otherwise in a moment
}

// Error implements error.
func (r *Refused) Error() string { return r.Reason }
