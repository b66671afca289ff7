package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/domain"
)

// Projector fills the live versions of several read models. Batches that come
// at one time, of different partitions, go into one transaction. It is safe for
// concurrent use.
type Projector struct {
	pool    *pgxpool.Pool
	tables  []Model
	turn    chan struct{} // who holds it applies what waits
	waiting chan *given
}

// given is a batch that waits for its turn.
type given struct {
	batch []domain.Envelope
	done  chan error
}

// atOneTime is how many batches go into one transaction at most.
const atOneTime = 64

// NewProjector fills tables.
func NewProjector(pool *pgxpool.Pool, tables []Model) *Projector {
	return &Projector{pool: pool, tables: tables, turn: make(chan struct{}, 1), waiting: make(chan *given, atOneTime)}
}

// Apply does what Table.Apply does, for all of the tables. An error is the
// batch's own: what others gave at the same time is then applied without it.
// When ctx ends, the batch may be applied still.
func (p *Projector) Apply(ctx context.Context, batch []domain.Envelope) error {
	mine := &given{batch, make(chan error, 1)}
	select {
	case p.waiting <- mine:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case p.turn <- struct{}{}:
		p.applyWaiting(ctx)
		<-p.turn
	case err := <-mine.done:
		return p.alone(ctx, err, batch)
	case <-ctx.Done():
		return ctx.Err()
	}
	return p.alone(ctx, <-mine.done, batch)
}

// errTogether says that batches could not be applied together.
var errTogether = errors.New("batches could not be applied together")

// alone applies a batch that was among others when those could not be applied.
func (p *Projector) alone(ctx context.Context, err error, batch []domain.Envelope) error {
	if err != errTogether {
		return err
	}
	return applyTo(ctx, p.pool, batch, p.tables...)
}

// applyWaiting applies what waits: with it whatever the caller has given, which
// somebody else may have applied by then.
func (p *Projector) applyWaiting(ctx context.Context) {
	var group []*given
	var all []domain.Envelope
	for len(p.waiting) > 0 {
		g := <-p.waiting
		group, all = append(group, g), append(all, g.batch...)
	}
	err := p.applyTogether(ctx, all)
	if err != nil && len(group) > 1 {
		err = errTogether
	}
	for _, g := range group {
		g.done <- err
	}
}

// applyTogether leaves a panic to him whose batch it is in.
func (p *Projector) applyTogether(ctx context.Context, all []domain.Envelope) (err error) {
	defer func() {
		if recover() != nil {
			err = errTogether
		}
	}()
	return applyTo(ctx, p.pool, all, p.tables...)
}
