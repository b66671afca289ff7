// Package server puts the contracts on one server: on the root, where the
// collisions between them are settled, and each alone under its own prefix.
package server

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/adapters/web/account"
	"github.com/scanledger/scanledger/adapters/web/dashboard"
	"github.com/scanledger/scanledger/adapters/web/issafesite"
	"github.com/scanledger/scanledger/adapters/web/openapi"
	"github.com/scanledger/scanledger/adapters/web/redirect"
	"github.com/scanledger/scanledger/adapters/web/scannerapi"
	"github.com/scanledger/scanledger/adapters/web/secably"
	"github.com/scanledger/scanledger/adapters/web/sevenazzani"
	"github.com/scanledger/scanledger/adapters/web/speedtest"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Options are what the server is made of. All are needed.
type Options struct {
	APIRole    bool // without it only the probes and metrics of this process are served
	Gate       *web.Gate
	Scanner    *scannerapi.API
	IsSafeSite *issafesite.API
	SecAbly    *secably.API
	Account    *account.API
	Azzani     *sevenazzani.API
	Visitors   *redirect.Redirect
	Speed      *speedtest.Site
	Reader     projections.Reader
	Sightings  projections.SightingsReader
	Judgements Judgements
	Documents  *openapi.Documents // by which the gate lets requests in
	Keys       domain.KeySet      // by which checkpoints are verified
	// Bundle prepares the bundle of an account's scan, and returns what writes it.
	Bundle         func(ctx context.Context, account, scan uuid.UUID) (func(context.Context, io.Writer) error, error)
	Report         Report
	Ready          func(ctx context.Context) Readiness
	Metrics        http.Handler
	TrustedProxies []string // CIDRs whose X-Forwarded-For is believed
	Draining       <-chan struct{}
	Silence        time.Duration // how long a live stream of events says nothing at most; so often it is asked whether its client's credentials still hold
	Log            *slog.Logger
}

// Judgements are what accounts say of their findings.
type Judgements interface {
	// Judgements are all of an account's, oldest first, and what opens their reasons.
	Judgements(ctx context.Context, account uuid.UUID) ([]domain.Judgement, func(domain.Sealed) (string, error), error)
}

// Report shows a scan's report to whoever has its key.
type Report struct {
	Key     func(scan uuid.UUID) string
	Page    func(ctx context.Context, w io.Writer, r projections.ReportRow, links Links) error
	Error   func(w io.Writer, status int, title, text string) error
	Formats []web.Format // each below the page by its name; the PDF is shown, the others are saved
	// Verify writes a page that says whether the report holds against the log.
	Verify func(ctx context.Context, w io.Writer, r projections.ReportRow) error
	CSP    string // Content-Security-Policy of its pages
}

// Links are where a report's page leads to: to the report in other formats
// and to its check once it is complete, to its live events while it runs.
type Links struct {
	Exports []Export
	Verify  string // the page that checks the report
	Events  string
}

// Export is where a report can be had in a format, by the format's name.
type Export struct{ Format, URL string }

// What is read of a request at most, in bytes.
const (
	bodyLimit   = 1 << 20
	headerLimit = 16 << 10
)

// New returns the server. The caller listens and shuts down.
func New(o Options) *fiber.App {
	s := &site{o, web.FindClients(o.TrustedProxies)}
	app := fiber.New(fiber.Config{
		AppName: "scanledger", DisableStartupMessage: true, StrictRouting: true, CaseSensitive: true,
		Immutable: true,                                          // Fiber reuses its buffers; what goes into an event must not change under it
		BodyLimit: bodyLimit, DisablePreParseMultipartForm: true, // no form is unpacked that nobody asked for
		StreamRequestBody: true, // whole reads it
		ReadTimeout:       30 * time.Second, IdleTimeout: 2 * time.Minute, ReadBufferSize: headerLimit,
		RequestMethods:          append(slices.Clone(fiber.DefaultMethods), otherMethod),
		EnableTrustedProxyCheck: true, // and none for Fiber to trust: web.FindClients does
		ErrorHandler:            s.fail,
	})
	app.Server().HeaderReceived = received
	app.Use(s.recover, oneSlash, s.begin, speedtest.Open, whole)
	app.Get("/healthz", func(c *fiber.Ctx) error { return c.JSON(fiber.Map{"status": "ok"}) })
	app.Get("/readyz", s.ready)
	app.Get("/metrics", adaptor.HTTPHandler(o.Metrics))
	if !o.APIRole {
		return app
	}
	app.Get("/.well-known/scanledger-keys.json", s.keys)
	s.documents(app)
	dashboard.Mount(app)
	o.Speed.Mount(app)
	s.reports(app)
	s.collisions(app)
	o.IsSafeSite.MountReports(app, o.Gate)
	o.SecAbly.Mount(app, o.Gate)
	o.Account.Mount(app, o.Gate)
	o.Azzani.Mount(app, o.Gate)
	o.Visitors.Mount(app)

	scanner := app.Group("/scanner")
	o.Scanner.Mount(scanner, o.Gate)
	s.reports(scanner)
	s.alone(scanner, scannerapi.Contract)
	safe := app.Group("/issafesite")
	o.IsSafeSite.Mount(safe, o.Gate)
	s.alone(safe, issafesite.Contract)
	sec := app.Group("/secably")
	o.SecAbly.Mount(sec, o.Gate)
	o.Account.Mount(sec, o.Gate)
	sec.Get("/api/v1/scans", o.Gate.Let(web.Always(secably.Contract), o.SecAbly.ListScans))
	azzani := app.Group("/7azzani")
	o.Azzani.Mount(azzani, o.Gate)
	o.Visitors.Mount(azzani)
	return app
}

// otherMethod stands for all methods that Fiber does not know, which it would
// answer itself: so they are answered with what a path takes.
const otherMethod = "QUERY"

// site answers what belongs to no single contract.
type site struct {
	Options
	findClient func(*fiber.Ctx)
}

// alone mounts what every contract has of one scan.
func (s *site) alone(r fiber.Router, contract web.Contract) {
	about := func(c *fiber.Ctx) web.Contract {
		if id, err := web.PathID(c, ""); err == nil {
			c.SetUserContext(s.Reader.Ahead(c.UserContext(), id))
		}
		return contract
	}
	let := func(h web.Handler) fiber.Handler { return s.Gate.Let(about, h) }
	r.Get("/api/v1/scan/:id", let(s.scan(contract.Name)))
	r.Get("/api/v1/scan/:id/events", let(s.events))
	r.Get("/api/v1/scan/:id/bundle", let(s.bundle))
	r.Get("/api/v1/scan/:id/diff", let(s.diff))
}

// stream answers with what write writes, as web.Stream does.
func (s *site) stream(c *fiber.Ctx, what string, write func(w *bufio.Writer) error) {
	web.Stream(c, s.Log, what, write)
}

// oneSlash makes a path with a trailing slash the same as without. The one
// that differs is SecAbly's list of scans beside Scanner's.
func oneSlash(c *fiber.Ctx) error {
	if p := c.Path(); len(p) > 1 && strings.HasSuffix(p, "/") && p != "/api/v1/scans/" {
		c.Path(cmp.Or(strings.TrimRight(p, "/"), "/"))
	}
	return c.Next()
}

// begin comes before everything that answers.
func (s *site) begin(c *fiber.Ctx) error {
	s.meet(c)
	return c.Next()
}

// meet finds out whose request it is, and sets the headers that every answer has.
func (s *site) meet(c *fiber.Ctx) {
	web.NameRequest(c, s.Gate.NewID)
	s.findClient(c)
	for _, h := range everywhere {
		c.Response().Header.SetCanonical(h[0], h[1])
	}
}

// everywhere are headers of all answers, but for those that set others.
var everywhere = [...][2][]byte{
	{[]byte(fiber.HeaderXContentTypeOptions), []byte("nosniff")},
	{[]byte(fiber.HeaderReferrerPolicy), []byte("no-referrer")},
	{[]byte(fiber.HeaderCacheControl), []byte("no-store")},
}

// recover turns a panic into an answer without its text.
func (s *site) recover(c *fiber.Ctx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Log.Error("handler panicked", "panic", p, "method", c.Method(), "stack", string(debug.Stack()))
			err = fiber.ErrInternalServerError
		}
	}()
	return c.Next()
}

// fail answers what no handler has answered: unknown paths, wrong methods, and
// what was refused before any was asked, such as bodies that are too large.
func (s *site) fail(c *fiber.Ctx, err error) error {
	status, text := fiber.StatusInternalServerError, "Internal server error"
	var e *fiber.Error
	if errors.As(err, &e) && e.Code != fiber.StatusInternalServerError {
		status, text = e.Code, http.StatusText(e.Code)
		if told, ok := failures[e.Code]; ok {
			text = told
		}
	} else {
		s.Log.Error("request failed", "method", c.Method(), "error", err)
	}
	if status == fiber.StatusRequestEntityTooLarge || status == fiber.StatusRequestHeaderFieldsTooLarge {
		drain(c.Context().Conn())
	}
	if web.RequestID(c) == "" {
		s.meet(c)
	}
	answer := func() error {
		// of headers that were not read, or are forgotten with a body that is too large
		// and has no length, not even the path is known
		unknown := len(c.Request().Header.Host()) == 0
		if unknown || sevenazzani.Owns(c.Path()) {
			return c.Status(status).JSON(fiber.Map{"error": http.StatusText(status), "message": text})
		}
		return c.Status(status).JSON(fiber.Map{"error": text})
	}
	if contract, ok := contractAt(c.Path()); ok && s.APIRole && status != fiber.StatusInternalServerError {
		return s.Gate.Nowhere(c, contract, answer)
	}
	return answer()
}

var failures = map[int]string{
	fiber.StatusNotFound:              web.Nothing,
	fiber.StatusMethodNotAllowed:      "This path does not take this method; the Allow header names those it takes",
	fiber.StatusRequestEntityTooLarge: "The body is larger than 1 MiB",

	fiber.StatusRequestHeaderFieldsTooLarge: "The headers are larger than 16 KiB",
}
