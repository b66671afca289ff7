package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/adapters/web/issafesite"
	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/cmd/scanledger/models"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// BenchmarkRead asks the whole server for scans that are completed, and for
// the list of the newest twenty, and compares the rate with that of the same
// server over adapters/memory with all rows folded beforehand. A Fiber that does
// nothing but to ask Postgres one thing for each request is held against the
// same: what a server reaches that asks for each request alone.
func BenchmarkRead(b *testing.B) {
	p, options := benchPlatform(b, postgresEngine)
	ours := newMeasured(b, p.desk, options)
	projector := postgres.NewProjector(p.pool, models.Of(models.Tables(p.pool)))
	ours.fill(p.desk.Log, func(events []domain.Envelope) {
		if err := projector.Apply(b.Context(), events); err != nil {
			b.Fatal(err)
		}
	})
	desk, inMemory, kept := remembering(p.desk, options)
	peer := newMeasured(b, desk, inMemory)
	peer.fill(desk.Log, kept.keep)
	bare := newBare(b, p, ours.scans)
	one := func(r *measured, i int) string { return "/" + r.scans[i%len(r.scans)].String() }
	for b.Loop() {
		compareReads("http/read", ours, peer, one)
		compareReads("http/read-list", ours, peer, func(*measured, int) string { return "" })
		compareReads("http/read-bare", bare, peer, one)
	}
}

// newBare serves the versions of scans, each by a SELECT of its own.
func newBare(b *testing.B, p *platform, scans []uuid.UUID) *measured {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/:id", func(c *fiber.Ctx) error {
		var version int
		err := p.pool.QueryRow(c.Context(), "SELECT version FROM streams WHERE stream = $1", "scan-"+c.Params("id")).Scan(&version)
		return errors.Join(err, c.JSON(version))
	})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go serveQuietly(app, listener)
	b.Cleanup(func() { _ = app.Shutdown() })
	r := &measured{b: b, url: "http://" + listener.Addr().String(), scans: scans}
	r.client.MaxConnsPerHost = readers
	return r
}

// benchPlatform is a server's platform over the embedded engines that are needed, and what its
// server is made of. Calls are counted, and go nowhere.
func benchPlatform(b *testing.B, needed ...engine) (*platform, server.Options) {
	flags := serveCommand().Flags()
	if err := flags.Parse(settings(b, dataFolder(b))); err != nil {
		b.Fatal(err)
	}
	c, err := loadConfig(flags)
	if err != nil {
		b.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(b.Output(), nil))
	e, err := openEngines(b.Context(), c, log, false, needed...)
	if err != nil {
		b.Fatal(err)
	}
	p, err := openPlatform(b.Context(), c, log, e)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = p.Close() })
	k, err := p.keys(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	nowhere := func(domain.Envelope) error { return nil }
	options, err := p.serverOptions(k, nowhere, nowhere, newMetrics(p, nil), make(chan struct{}), &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1})
	if err != nil {
		b.Fatal(err)
	}
	return p, options
}

// remembering is the same server with everything in memory.
func remembering(desk commands.Desk, o server.Options) (commands.Desk, server.Options, *keeper) {
	log := memory.NewLog()
	desk.Log, desk.Secrets, desk.Accounts = log, log, new(commands.Accounts)
	desk.Inbox, desk.Sessions, desk.Uses = &memory.Inbox{Now: now}, new(memory.Sessions), new(memory.Uses)
	gate, k := *o.Gate, &keeper{Reader: &memory.Reader{Log: log}, scans: map[string]projections.ScanRow{}, reports: map[string]projections.ReportRow{}}
	gate.Keys, gate.Limits, gate.Answers = desk, &memory.Limits{Now: now}, &memory.Answers{Log: log, Now: now}
	o.Gate, o.Reader = &gate, k
	o.IsSafeSite = &issafesite.API{Scans: desk, Reader: k, PDF: o.IsSafeSite.PDF}
	return desk, o, k
}

// keeper keeps rows as a table in memory would: a read finds them made.
type keeper struct {
	*memory.Reader
	scans   map[string]projections.ScanRow
	reports map[string]projections.ReportRow
	newest  []projections.ScanRow
}

func (k *keeper) keep(events []domain.Envelope) {
	k.scans, k.reports = projections.Scans.Rows(k.scans, events), projections.Reports.Rows(k.reports, events)
	k.newest = k.newest[:0]
	for _, r := range k.scans {
		k.newest = append(k.newest, r)
	}
	slices.SortFunc(k.newest, func(a, b projections.ScanRow) int { return cmp.Compare(b.Number, a.Number) })
}

func (k *keeper) Row(_ context.Context, scan uuid.UUID) (projections.ScanRow, error) {
	return k.scans[string(domain.NewStream(domain.ScanFamily, scan))], nil
}

func (k *keeper) ReportOf(_ context.Context, r projections.ScanRow) (projections.ReportRow, error) {
	return k.reports[string(domain.NewStream(domain.ScanFamily, r.Scan))], nil
}

func (k *keeper) Scans(_ context.Context, f projections.ScanFilter) ([]projections.ScanRow, int, error) {
	return k.newest[f.Offset : f.Offset+f.Limit], len(k.newest), nil
}

// measured is one of the two servers, and who reads from it.
type measured struct {
	b       *testing.B
	url     string
	key     string
	account uuid.UUID
	client  fasthttp.Client
	scans   []uuid.UUID
}

// newMeasured serves until the benchmark ends.
func newMeasured(b *testing.B, desk commands.Desk, o server.Options) *measured {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	app := server.New(o)
	go serveQuietly(app, listener)
	b.Cleanup(func() { _ = app.Shutdown() })
	r := &measured{b: b, url: "http://" + listener.Addr().String() + "/api/v1/scan"}
	r.client.MaxConnsPerHost = readers
	ctx := b.Context()
	if r.account, err = desk.RegisterAccount(ctx, commands.RegisterAccount{Email: "ann@example.com", Password: "correct horse battery", Operator: true}); err != nil {
		b.Fatal(err)
	}
	if err := desk.SetPlan(ctx, commands.SetPlan{Account: r.account, Contract: domain.IsSafeSite, Plan: domain.InternalPlan}); err != nil {
		b.Fatal(err)
	}
	if _, r.key, err = desk.IssueKey(ctx, commands.IssueKey{Account: r.account, Name: "bench"}); err != nil {
		b.Fatal(err)
	}
	return r
}

func serveQuietly(app *fiber.App, l net.Listener) { _ = app.Listener(l) }

// readers read at the same time.
const readers = 32

// fill appends the stories of completed scans and projects them.
func (r *measured) fill(log commands.Log, project func([]domain.Envelope)) {
	for range 200 {
		id := newID()
		w := commands.Write{Stream: domain.NewStream(domain.ScanFamily, id), Owner: r.account}
		for i, e := range conformance.Story(id, "https://example.com/") {
			if asked, ok := e.(domain.ScanRequested); ok {
				asked.Account = r.account
				e = asked
			}
			w.Events = append(w.Events, domain.Envelope{ID: newID(), Stream: w.Stream, Version: i + 1, Owner: r.account, At: now(), Event: e})
		}
		events, err := log.Append(r.b.Context(), w)
		if err != nil {
			r.b.Fatal(err)
		}
		project(events)
		r.scans = append(r.scans, id)
	}
}

// rate is how many answers a second all readers get.
func (r *measured) rate(path func(*measured, int) string) float64 {
	const each = 25
	var n atomic.Int64
	var wg sync.WaitGroup
	began := time.Now()
	for range readers {
		wg.Go(func() {
			for range each {
				r.get(path(r, int(n.Add(1))))
			}
		})
	}
	wg.Wait()
	return readers * each / time.Since(began).Seconds()
}

func (r *measured) get(path string) {
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(response)
	request.SetRequestURI(r.url + path)
	request.Header.Set("Authorization", "Bearer "+r.key)
	if err := r.client.Do(request, response); err != nil || response.StatusCode() != http.StatusOK {
		r.b.Errorf("GET %s: %d %s, %v", path, response.StatusCode(), response.Body(), err)
	}
}

// compareReads prints the median ratio of rounds in which both take turns.
func compareReads(name string, ours, peer *measured, path func(*measured, int) string) {
	const rounds = 5
	type turn struct{ ours, peer float64 }
	var turns [rounds]turn
	ours.rate(path)
	peer.rate(path)
	for i := range turns {
		if i%2 == 0 {
			turns[i].ours, turns[i].peer = ours.rate(path), peer.rate(path)
		} else {
			turns[i].peer, turns[i].ours = peer.rate(path), ours.rate(path)
		}
	}
	slices.SortFunc(turns[:], func(a, b turn) int { return cmp.Compare(a.ours/a.peer, b.ours/b.peer) })
	m := turns[rounds/2]
	fmt.Printf("%s ratio %.2f (ours %.0f, peer %.0f, unit requests/s)\n", name, m.ours/m.peer, m.ours, m.peer)
}
