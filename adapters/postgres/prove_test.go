package postgres

import (
	"context"
	"crypto/rand"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// provable is a log with two finished scans, their evidence and reports, all
// of it signed.
type provable struct {
	pool   *pgxpool.Pool
	signer *Signer
	proofs *Proofs
	scan   uuid.UUID
	stream domain.Stream
	last   int // version of the scan
}

const evidenceBody = "HTTP/1.1 200 OK\r\n\r\n\x00\xff"

func newProvable(t *testing.T) *provable {
	t.Helper()
	pool := openPool(t, newDatabase(t))
	signer, err := NewSigner(t.Context(), pool, func() time.Time { return time.Now().UTC() }, func(b []byte) { rand.Read(b) })
	if err != nil {
		t.Fatal(err)
	}
	p := &provable{pool: pool, signer: signer, proofs: NewProofs(pool)}
	p.add(t)
	p.sign(t)
	p.add(t)
	p.sign(t)
	return p
}

// add appends a scan, and folds it into the table of reports.
func (p *provable) add(t *testing.T) {
	t.Helper()
	p.scan = uuid.Must(uuid.NewV7())
	p.stream = domain.NewStream(domain.ScanFamily, p.scan)
	w := commands.Write{Stream: p.stream}
	for i, e := range conformance.Story(p.scan, "https://example.com/") {
		if f, ok := e.(domain.FindingRaised); ok {
			f.Evidence = domain.HashOf([]byte(evidenceBody))
			e = f
		}
		if r, ok := e.(domain.ScanRequested); ok {
			w.Owner = r.Account
		}
		w.Events = append(w.Events, domain.Envelope{
			ID: uuid.New(), Stream: p.stream, Version: i + 1, Owner: w.Owner, At: time.Unix(1780000000+int64(i), 123456000),
			Actor: "worker:w", Cause: "request", Event: e,
		})
	}
	measured := new(domain.Scan)
	for i, e := range w.Events {
		if done, ok := e.Event.(domain.ScanCompleted); ok {
			done.Scores = domain.Grade(measured.Measured())
			w.Events[i].Event = done
		}
		measured.Apply(w.Events[i])
	}
	p.last = len(w.Events)
	log, first := openLog(t, p.pool), w
	first.Events, w.Events, w.After = w.Events[:1], w.Events[1:], 1
	written := mustAppend(t, log, first)
	if _, err := NewEvidence(p.pool).Keep(t.Context(), p.scan, "http", []byte(evidenceBody)); err != nil {
		t.Fatal(err)
	}
	written = append(written, mustAppend(t, log, w)...)
	if err := NewTable(p.pool, projections.Reports).Apply(t.Context(), written); err != nil {
		t.Fatal(err)
	}
}

func (p *provable) sign(t *testing.T) {
	t.Helper()
	if err := p.signer.Sign(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// all verifies the whole log.
func (p *provable) all(t *testing.T) *domain.Verdict {
	t.Helper()
	v := new(domain.Verdict)
	if _, _, err := p.proofs.All(t.Context(), p.signer.Public(), v, func() {}); err != nil {
		t.Fatal(err)
	}
	v.Close()
	return v
}

// one verifies the newest scan alone.
func (p *provable) one(t *testing.T) *domain.Verdict {
	t.Helper()
	v := new(domain.Verdict)
	last, err := p.proofs.Of(t.Context(), p.stream, p.signer.Public(), v)
	if err == nil {
		err = p.proofs.Stream(t.Context(), p.stream, last, v)
	}
	if err != nil {
		t.Fatal(err)
	}
	v.Close()
	return v
}

func TestProofHolds(t *testing.T) {
	p := newProvable(t)
	for name, v := range map[string]*domain.Verdict{"all": p.all(t), "one": p.one(t)} {
		if !v.OK || v.Checked.Unsigned != 0 {
			t.Errorf("%s: %+v", name, v)
		}
	}
	if c := p.all(t).Checked; c.Streams != 2 || c.Events != 2*p.last || c.Evidence != 2 || c.Reports != 2 || c.Grades != 4 || c.OlderGrades != 2 || c.Checkpoints != 2 || c.Findings != 4 || c.Ports != 2 {
		t.Errorf("checked %+v", c)
	}
	mustAppend(t, openLog(t, p.pool), newWrite(domain.NewStream(domain.AccountFamily, uuid.New()), 0, 3))
	if v := p.all(t); !v.OK || v.Checked.Unsigned != 3 {
		t.Errorf("before it is signed: %+v", v)
	}
	p.sign(t)
	p.sign(t)
	if v := p.all(t); !v.OK || v.Checked.Unsigned != 0 || v.Checked.Checkpoints != 3 {
		t.Errorf("after it is signed: %+v", v)
	}
}

// TestProofUnderTraffic verifies over and over while scans are added and
// signed: what is under way is no fault.
func TestProofUnderTraffic(t *testing.T) {
	p := newProvable(t)
	ctx, stop := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		proofs := NewProofs(p.pool)
		for ctx.Err() == nil {
			v := new(domain.Verdict)
			if _, _, err := proofs.All(ctx, p.signer.Public(), v, func() {}); err == nil && v.Count > 0 {
				result <- fmt.Errorf("faults: %+v", v.Faults)
				return
			} else if err != nil && ctx.Err() == nil {
				result <- err
				return
			}
		}
		result <- nil
	}()
	for range 25 {
		p.add(t)
		p.sign(t)
	}
	stop()
	if err := <-result; err != nil {
		t.Error(err)
	}
}

// TestReportBehind verifies where the table of reports has come to, and no further.
func TestReportBehind(t *testing.T) {
	p := newProvable(t)
	table := NewTable(p.pool, projections.Reports)
	for _, sql := range []string{"DELETE FROM reports WHERE stream = $1", "DELETE FROM projected WHERE stream = $1"} {
		if _, err := p.pool.Exec(t.Context(), sql, p.stream); err != nil {
			t.Fatal(err)
		}
	}
	if v := p.one(t); !v.OK || v.Checked.Reports != 0 {
		t.Errorf("nothing projected: %+v", v)
	}
	history, err := readStream(t.Context(), p.pool, p.stream, 0)
	if err == nil {
		err = table.Apply(t.Context(), history[:7])
	}
	if err != nil {
		t.Fatal(err)
	}
	if v := p.one(t); !v.OK || v.Checked.Reports != 1 {
		t.Errorf("half projected: %+v", v)
	}
}

// TestSignTogether lets several processes sign while others append: every
// event is covered once, by checkpoints that hold.
func TestSignTogether(t *testing.T) {
	p := newProvable(t)
	other, err := NewSigner(t.Context(), p.pool, time.Now, func([]byte) {})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{}, 2)
	for _, s := range []*Signer{p.signer, other} {
		go func() {
			for ctx.Err() == nil {
				_ = s.Sign(ctx) // cut off at the end
			}
			done <- struct{}{}
		}()
	}
	write16(t, openLog(t, p.pool))
	stop()
	<-done
	<-done
	p.sign(t)
	v := new(domain.Verdict)
	last, _, err := p.proofs.Chain(t.Context(), p.signer.Public(), v)
	if err != nil || v.Count > 0 || last.Number < 3 {
		t.Errorf("%+v, %v", v, err)
	}
	if v := p.all(t); v.Checked.Unsigned != 0 {
		t.Errorf("%d events are not covered", v.Checked.Unsigned)
	}
}
