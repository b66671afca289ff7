package postgres

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// projecting gives batches to a projector at one moment, and returns what each
// has become of: an error, or a panic as an error.
func projecting(t *testing.T, p *Projector, batches ...[]domain.Envelope) []error {
	t.Helper()
	out := make([]chan error, len(batches))
	p.turn <- struct{}{} // nobody begins before all are there
	for i, batch := range batches {
		out[i] = make(chan error, 1)
		go func() {
			defer func() {
				if v := recover(); v != nil {
					out[i] <- fmt.Errorf("panic: %v", v)
				}
			}()
			out[i] <- p.Apply(t.Context(), batch)
		}()
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for len(p.waiting) < len(batches) {
		select {
		case <-tick.C:
		case <-t.Context().Done():
			t.Fatal(t.Context().Err())
		}
	}
	<-p.turn
	errs := make([]error, len(batches))
	for i := range out {
		errs[i] = <-out[i]
	}
	return errs
}

func newProjector(t *testing.T) (*Projector, *Log) {
	pool := openPool(t, newDatabase(t))
	return NewProjector(pool, []Model{
		NewTable(pool, projections.Scans), NewTable(pool, projections.Findings), NewTable(pool, projections.Reports),
	}), openLog(t, pool)
}

// transactions are by how many the scans, findings and reports of streams were written.
func transactions(t *testing.T, p *Projector) (scans, written int) {
	t.Helper()
	err := p.pool.QueryRow(t.Context(), `SELECT (SELECT count(*) FROM scans_v1), count(DISTINCT x) FROM (SELECT xmin::text AS x FROM scans_v1
		UNION ALL SELECT xmin::text FROM findings_v1 UNION ALL SELECT xmin::text FROM reports_v1 UNION ALL SELECT xmin::text FROM projected) r`).Scan(&scans, &written)
	if err != nil {
		t.Fatal(err)
	}
	return scans, written
}

// TestProjectorTogether gives batches of several partitions at one time: all
// read models have them by one transaction.
func TestProjectorTogether(t *testing.T) {
	p, log := newProjector(t)
	var batches [][]domain.Envelope
	for range 5 {
		batches = append(batches, mustAppend(t, log, grownScan()))
	}
	if err := errors.Join(projecting(t, p, batches...)...); err != nil {
		t.Fatal(err)
	}
	if scans, written := transactions(t, p); scans != 5 || written != 1 {
		t.Errorf("%d scans by %d transactions", scans, written)
	}
}

// TestProjectorKeepsAFaultToItsBatch gives, with others, batches that can never
// be applied: each is refused by itself, and nothing else is.
func TestProjectorKeepsAFaultToItsBatch(t *testing.T) {
	p, log := newProjector(t)
	good, unknown := grownScan(), grownScan()
	headless := newScanStream()
	w := commands.Write{Stream: headless, Events: []domain.Envelope{{
		ID: uuid.New(), Stream: headless, Version: 1, At: time.Now(), Event: domain.ProbeFinished{Tool: domain.Ports},
	}}}
	errs := projecting(t, p, mustAppend(t, log, good), unknown.Events[1:], mustAppend(t, log, w))
	if errs[0] != nil || errs[1] == nil || errs[2] == nil {
		t.Errorf("%v", errs)
	}
	if scans, _ := transactions(t, p); scans != 1 {
		t.Errorf("%d scans", scans)
	}
}

// TestProjectorLeavesWhenAsked gives up waiting for others when the partition
// goes elsewhere.
func TestProjectorLeavesWhenAsked(t *testing.T) {
	p, log := newProjector(t)
	batch := mustAppend(t, log, grownScan())
	p.turn <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.Apply(ctx, batch); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	<-p.turn
	if err := p.Apply(t.Context(), batch); err != nil {
		t.Error(err)
	}
}
