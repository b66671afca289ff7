package scanners

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/scanledger/scanledger/adapters/failpoint"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// recorder collects what a probe sees and writes it down in small batches, so
// that a scanner never waits for the log.
type recorder struct {
	run    *commands.Run
	filled chan struct{}
	closed chan struct{}

	mu       sync.Mutex
	seen     []domain.Observation
	coverage []domain.Coverage
	covered  map[domain.Coverage]bool
}

// writeEvery is how long an observation waits for others to be written with it.
const writeEvery = 50 * time.Millisecond

// maxCoverage bounds the coverage lines of one probe. Where there are more, the
// last one is unlisted.
const maxCoverage = 5000

var unlisted = domain.Coverage{
	What: "all that is not listed here", Outcome: domain.Skipped, Reason: fmt.Sprintf("only %d lines of coverage are kept", maxCoverage),
}

func newRecorder(run *commands.Run) *recorder {
	return &recorder{run: run, filled: make(chan struct{}, 1), closed: make(chan struct{}), covered: map[domain.Coverage]bool{}}
}

// see takes an observation, in plain text. It is safe for concurrent use and never
// blocks.
func (r *recorder) see(o domain.Observation) {
	o = legibly(o)
	r.mu.Lock()
	if c, ok := o.(domain.Coverage); ok {
		r.cover(c)
		r.mu.Unlock()
		return
	}
	r.seen = append(r.seen, o)
	r.mu.Unlock()
	r.nudge()
}

// cover takes a line of coverage once. It is called with mu held.
func (r *recorder) cover(c domain.Coverage) {
	switch {
	case r.covered[c]:
	case len(r.coverage) < maxCoverage:
		r.covered[c], r.coverage = true, append(r.coverage, c)
	default:
		r.coverage[maxCoverage-1] = unlisted
	}
}

// nudge tells the writer that there is something to write.
func (r *recorder) nudge() {
	select {
	case r.filled <- struct{}{}:
	default:
	}
}

// write writes batches down until close or the end of ctx. A log that is away
// is asked again; a lost lease or a scan that is over stops the probe.
func (r *recorder) write(ctx context.Context, log *slog.Logger, stop context.CancelCauseFunc) {
	for {
		select {
		case <-r.filled:
		case <-r.closed:
			return
		case <-ctx.Done():
			return
		}
		err := r.flush(ctx)
		switch code := domain.CodeOf(err); {
		case code == domain.Lost, code == domain.Over:
			stop(err)
			return
		case err != nil && ctx.Err() == nil:
			log.Warn("observations wait for the log", "error", err)
			r.nudge()
		}
		select {
		case <-time.After(writeEvery):
		case <-r.closed:
			return
		case <-ctx.Done():
			return
		}
	}
}

// flush writes down what has been seen so far. What could not be written stays.
func (r *recorder) flush(ctx context.Context) error {
	r.mu.Lock()
	batch := r.seen
	r.seen = nil
	r.mu.Unlock()
	if len(batch) == 0 {
		return nil
	}
	err := r.run.Record(ctx, batch)
	failpoint.Here(failpoint.ProbeRecorded)
	if err != nil {
		r.mu.Lock()
		r.seen = append(batch, r.seen...)
		r.mu.Unlock()
	}
	return err
}

func (r *recorder) close() { close(r.closed) }
