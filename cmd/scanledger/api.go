package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/adapters/render"
	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/adapters/web/issafesite"
	"github.com/scanledger/scanledger/adapters/web/scannerapi"
	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// api is the server of the role api. Without the role it answers only the
// probes of whoever watches over the process.
type api struct {
	address  string
	app      *fiber.App
	draining chan struct{}
	served   chan error
}

// startAPI listens and serves.
func (p *platform) startAPI(ctx context.Context, served func(domain.Envelope) error, ops *metrics) (*api, error) {
	k, err := p.keys(ctx)
	if err != nil {
		return nil, err
	}
	a := &api{draining: make(chan struct{}), served: make(chan error, 1)}
	a.app = server.New(p.serverOptions(k, served, ops, a.draining))
	listener, err := net.Listen("tcp", p.config.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", p.config.Addr, err)
	}
	a.address = listener.Addr().String()
	go func() { a.served <- a.app.Listener(listener) }()
	return a, nil
}

// stop takes no new request, finishes those under way, and ends live streams.
func (a *api) stop(patience time.Duration) error {
	close(a.draining)
	if err := a.app.ShutdownWithTimeout(patience); err != nil {
		return err
	}
	return <-a.served
}

func (p *platform) serverOptions(k keys, served func(domain.Envelope) error, ops *metrics, draining chan struct{}) server.Options {
	pdf := func(r projections.ReportRow) ([]byte, error) { return render.PDF(r, render.PDFOptions{}) }
	return server.Options{
		APIRole: p.config.has(roleAPI),
		Gate: &web.Gate{
			Keys: p.desk, Limits: postgres.NewLimits(p.pool), AddressName: k.addressName,
			IPPerMinute: p.config.IPLimitPerMinute, NewID: newID, Now: now, Served: ops.served(served, p.log), Log: p.log,
		},
		Scanner: &scannerapi.API{Scans: p.desk, Reader: p.reader, ReportURL: func(scan uuid.UUID) string {
			return "/report/" + scan.String() + "?key=" + k.reportKey(scan)
		}},
		IsSafeSite: &issafesite.API{Scans: p.desk, Reader: p.reader, PDF: pdf},
		Reader:     p.reader,
		Keys:       k.public,
		Bundle: func(ctx context.Context, account, scan uuid.UUID) (func(context.Context, io.Writer) error, error) {
			return p.bundle(ctx, scan, func(owner uuid.UUID) bool { return owner == account })
		},
		Report: server.Report{
			Key: k.reportKey, PDF: pdf, Error: render.ErrorPage, CSP: render.PageCSP,
			Page: func(w io.Writer, r projections.ReportRow, links server.Links) error {
				return render.Page(w, r, render.PageOptions{PDF: links.PDF, Events: links.Events})
			},
		},
		Ready:          func(ctx context.Context) server.Readiness { return p.readiness(ctx, draining) },
		Metrics:        ops.handler(),
		TrustedProxies: p.config.TrustedProxies,
		Draining:       draining,
		Log:            p.log,
	}
}
