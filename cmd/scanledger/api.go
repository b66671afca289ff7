package main

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/adapters/render"
	"github.com/scanledger/scanledger/adapters/turn"
	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/adapters/web/account"
	"github.com/scanledger/scanledger/adapters/web/issafesite"
	"github.com/scanledger/scanledger/adapters/web/openapi"
	"github.com/scanledger/scanledger/adapters/web/scannerapi"
	"github.com/scanledger/scanledger/adapters/web/secably"
	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/sevenazzani"
	"github.com/scanledger/scanledger/domain"
	files "github.com/scanledger/scanledger/schemas/openapi"
)

// api is the server of the role api. Without the role it answers only the
// probes of whoever watches over the process.
type api struct {
	address  string
	listener net.Listener
	app      *fiber.App
	draining chan struct{}
	served   chan error
	days     *dayKeys
	packets  *turn.Server // nil for none
}

// startAPI serves what comes in on a listener.
func (p *platform) startAPI(ctx context.Context, listener net.Listener, served, clicked func(domain.Envelope) error, ops *metrics) (*api, error) {
	k, err := p.keys(ctx)
	if err != nil {
		return nil, err
	}
	a := &api{listener: listener, draining: make(chan struct{}), served: make(chan error, 1), days: k.days}
	options, err := p.serverOptions(k, served, clicked, ops, a.draining, listener.Addr())
	if err != nil {
		return nil, err
	}
	if a.packets, err = p.packets(k, listener.Addr()); err != nil {
		return nil, err
	}
	if a.packets != nil {
		options.Speed.Packets = a.packets
	}
	a.app = server.New(options)
	a.address = listener.Addr().String()
	go func() { a.served <- a.app.Listener(listener) }()
	return a, nil
}

// stop takes no new request, finishes those under way, and ends live streams.
// The listener is closed here too: a server that had not begun to serve would
// not do it.
func (a *api) stop(patience time.Duration) error {
	close(a.draining)
	err := a.app.ShutdownWithTimeout(patience)
	if closed := a.listener.Close(); !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	if a.packets != nil {
		err = errors.Join(err, a.packets.Close())
	}
	if served := <-a.served; !errors.Is(served, net.ErrClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// readDocuments reads them once: a process may have one server after another.
var readDocuments = sync.OnceValues(func() (*openapi.Documents, error) { return openapi.Read(files.Files) })

func (p *platform) serverOptions(k keys, served, clicked func(domain.Envelope) error, ops *metrics, draining chan struct{}, listens net.Addr) (server.Options, error) {
	formats, limits := p.formats(k), postgres.NewLimits(p.pool)
	documents, err := readDocuments()
	if err != nil {
		return server.Options{}, err
	}
	visitors, err := p.visitors(k, limits, clicked)
	if err != nil {
		return server.Options{}, err
	}
	lines, err := p.lines(listens)
	if err != nil {
		return server.Options{}, err
	}
	measured, desk := p.speedTests(), p.desk
	desk.Lines, desk.Emit = lines, served
	site, err := p.speedSite(k, desk, measured)
	return server.Options{
		APIRole: p.config.has(roleAPI),
		Gate: &web.Gate{
			Keys: p.desk, Limits: limits, AddressName: k.addressName,
			IPPerMinute: p.config.IPLimitPerMinute, NewID: newID, Now: now, Served: ops.served(served, p.log), Log: p.log,
			Answers: postgres.NewAnswers(p.pool), AnswerKey: k.answers, Random: random, Spec: documents,
		},
		Documents: documents,
		Scanner: &scannerapi.API{Scans: p.desk, Reader: p.reader, ReportURL: func(scan uuid.UUID) string {
			return "/report/" + scan.String() + "?key=" + k.reportKey(scan)
		}},
		IsSafeSite: &issafesite.API{Scans: p.desk, Reader: p.reader, PDF: formatNamed(formats, "pdf").Export},
		SecAbly: &secably.API{
			Accounts: p.desk, Lists: p.desk, Schedules: p.desk, Calendar: p.desk.Calendar, Scans: p.desk, Reader: p.reader, Targets: p.reader,
			Limits: limits, Now: now, Formats: formats, PublicURL: p.config.PublicURL,
		},
		Account: &account.API{
			Accounts: p.desk, Keys: p.desk, Teams: p.desk, Findings: p.desk, Operators: p.desk, Everybody: p.reader, Targets: p.reader, Sightings: p.reader,
			Feeds: p.feeds, Calls: p.analyst, Limits: limits, Now: now, PublicURL: p.config.PublicURL,
		},
		Azzani: &sevenazzani.API{
			Scans: p.desk, Links: p.desk, Clicks: p.clickStats(draining), Lookups: p.desk, Codes: p.codes(k, served),
			Reader: p.reader, Shortened: p.reader, LookupReader: p.reader,
			Export: formatNamed(formats, "json").Export, PublicURL: p.config.PublicURL,
			SpeedTests: desk, Measured: measured, Now: now,
		},
		Visitors: visitors,
		Speed:    site,
		Reader:   p.reader, Sightings: p.reader, Judgements: p.desk,
		Keys: k.public,
		Bundle: func(ctx context.Context, account, scan uuid.UUID) (func(context.Context, io.Writer) error, error) {
			if _, err := p.reader.Row(ctx, scan); err != nil { // also of one that is erased
				return nil, err
			}
			return p.bundle(ctx, scan, func(owner uuid.UUID) bool { return owner == account })
		},
		Report: server.Report{
			Key: k.reportKey, Page: p.reportPage(k), Formats: formats, Verify: p.verifyPage(k), Error: render.ErrorPage, CSP: render.PageCSP,
		},
		Ready:          func(ctx context.Context) server.Readiness { return p.readiness(ctx, draining) },
		Metrics:        ops.handler(),
		TrustedProxies: p.config.TrustedProxies,
		Draining:       draining,
		Silence:        silence,
		Log:            p.log,
	}, err
}
