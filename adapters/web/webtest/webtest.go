// Package webtest is a server of the contracts for tests, on a port of
// loopback: real commands and real folds over the stores that a test brings,
// with a clock, ids and targets that the test sets.
package webtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/accesstoken"
	"github.com/scanledger/scanledger/adapters/cron"
	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/adapters/web/account"
	"github.com/scanledger/scanledger/adapters/web/issafesite"
	"github.com/scanledger/scanledger/adapters/web/redirect"
	"github.com/scanledger/scanledger/adapters/web/scannerapi"
	"github.com/scanledger/scanledger/adapters/web/secably"
	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/sevenazzani"
	"github.com/scanledger/scanledger/adapters/web/speedtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Stores are what a server keeps its things in.
type Stores struct {
	Log interface {
		commands.Log
		commands.Secrets
	}
	Inbox   commands.Inbox
	Reader  projections.Reader
	Limits  web.Limits
	Answers commands.Answers
	Scans   commands.ScanLimits
}

// Server is a server that runs until its test ends.
type Server struct {
	t      testing.TB
	client *http.Transport

	URL      string
	Tests    *memory.SpeedTests // those that were run
	Desk     commands.Desk
	App      *fiber.App
	Account  uuid.UUID
	Key      string // of Account, for all requests that bring none of their own
	Draining chan struct{}
	Clicks   *memory.Clicks // of links

	whole    bool // whether it serves all that the OpenAPI documents have
	replayed []string
	said     []string // words of the files, each with what it stands for

	mu        sync.Mutex
	now       time.Time
	ids       uint32
	chosen    []uuid.UUID
	refuse    map[string]domain.Code
	absent    map[domain.Scanner]bool
	published map[string][]string
	records   map[string]domain.LookupRecord

	served  []domain.Envelope
	made    []domain.Envelope
	clicked []domain.Envelope
	used    map[uuid.UUID]int
	known   *redirect.Known
	calls   memory.Usage
	log     bytes.Buffer
}

// feeds know one vulnerability.
type feeds struct{}

const exploited = "CVE-2026-0001"

func (feeds) EPSS(cves []string) *projections.Chance {
	if !slices.Contains(cves, exploited) {
		return nil
	}
	return &projections.Chance{Score: 0.5, Percentile: 0.75, Date: time.Date(2026, 4, 2, 0, 0, 0, 0, time.UTC)}
}

func (feeds) KEV(cves []string) *projections.Exploited {
	if !slices.Contains(cves, exploited) {
		return nil
	}
	return &projections.Exploited{CVE: exploited, Added: "2026-04-01", Action: "Update."}
}

// Size is how many bytes a PDF has, where a test does not draw its own.
const Size = 245_760

// New starts a server over the stores that open returns. change has the last
// word on how it is made.
func New(t testing.TB, open func(now func() time.Time) Stores, change ...func(*server.Options)) *Server {
	t.Helper()
	s := &Server{
		t: t, now: time.Date(2026, 4, 3, 12, 0, 0, 0, time.UTC), refuse: map[string]domain.Code{}, absent: map[domain.Scanner]bool{}, used: map[uuid.UUID]int{},
		client: &http.Transport{ResponseHeaderTimeout: time.Minute}, Draining: make(chan struct{}),
		Clicks: new(memory.Clicks), Tests: new(memory.SpeedTests),
	}
	stores := open(s.Now)
	s.known = &redirect.Known{Read: stores.Reader.(projections.LinkReader).LinkAt, Now: s.Now, Log: slog.New(slog.DiscardHandler)}
	s.Desk = commands.Desk{
		Log: stores.Log, Secrets: stores.Log, Accounts: new(commands.Accounts), Inbox: stores.Inbox, Targets: s, Proofs: stores.Reader.(commands.Proofs), Findings: stores.Reader.(commands.Findings), Engines: s, Now: s.Now, NewID: s.newID,
		Random: func(b []byte) { rand.Read(b) }, Limits: stores.Scans,
		Calendar: cron.Calendar{}, Published: s, ProofKey: []byte("the key of proofs"), Directory: s,
		Lines: lines{}, Emit: s.Tests.Emit,
		Passwords: passwords{}, Sessions: new(memory.Sessions), Tokens: signer(t), Uses: new(memory.Uses), Destinations: s,
	}
	options := s.options(stores)
	for _, c := range change {
		c(&options)
	}
	s.App, s.whole = server.New(options), options.APIRole
	s.listen(s.App)
	s.Get("/healthz", "Authorization:") // a server that does not serve yet cannot be shut down
	s.Account = s.Register("ann@example.com")
	s.Key, _ = s.Issue(s.Account)
	return s
}

func (s *Server) options(stores Stores) server.Options {
	log := slog.New(slog.NewTextHandler(writer(s.note), nil))
	pdf := func(context.Context, projections.ReportRow) ([]byte, error) {
		return bytes.Repeat([]byte("%"), Size), nil
	}
	formats := []web.Format{{Name: "pdf", MediaType: "application/pdf", Ending: ".pdf", Export: pdf}}
	return server.Options{
		APIRole: true,
		Gate: &web.Gate{
			Keys: &s.Desk, Limits: stores.Limits, AddressName: netip.Addr.String, IPPerMinute: 60,
			Answers: stores.Answers, AnswerKey: []byte("the installation's"), Random: s.Desk.Random,
			NewID: uuid.New, Now: s.Now, Served: s.count, Spec: documents(s.t), Log: log,
		},
		Documents: documents(s.t),
		Scanner: &scannerapi.API{Scans: &s.Desk, Reader: stores.Reader, ReportURL: func(scan uuid.UUID) string {
			return "/report/" + scan.String() + "?key=" + ReportKey(scan)
		}},
		IsSafeSite: &issafesite.API{Scans: &s.Desk, Reader: stores.Reader, PDF: pdf},
		SecAbly: &secably.API{
			Accounts: &s.Desk, Lists: &s.Desk, Schedules: &s.Desk, Calendar: s.Desk.Calendar, Scans: &s.Desk, Reader: stores.Reader.(secably.Reader),
			Targets: stores.Reader.(projections.TargetReader), Limits: stores.Limits, Now: s.Now, Formats: append([]web.Format{
				{Name: "html", MediaType: "text/html", Ending: ".html", Export: pdf},
				{Name: "csv", MediaType: "text/csv; charset=utf-8", Ending: ".csv", Export: pdf},
			}, formats...),
		},
		Account: &account.API{
			Accounts: &s.Desk, Keys: &s.Desk, Teams: &s.Desk, Findings: &s.Desk, Operators: &s.Desk, Everybody: stores.Reader.(projections.AccountReader),
			Targets: stores.Reader.(projections.TargetReader), Sightings: stores.Reader.(projections.SightingsReader), Feeds: feeds{}, Calls: &s.calls,
			Limits: stores.Limits, Now: s.Now,
		},
		Azzani: &sevenazzani.API{
			Scans: &s.Desk, Links: &s.Desk, Clicks: s.clicks(log), Lookups: &s.Desk, Codes: s.codes(), Reader: stores.Reader.(sevenazzani.Reader),
			Shortened: stores.Reader.(projections.LinkReader), LookupReader: stores.Reader.(projections.LookupReader), Export: export,
			SpeedTests: &s.Desk, Measured: s.Tests, Now: s.Now,
		},
		Visitors: &redirect.Redirect{
			Links: s.known, Uses: s.use, Secrets: stores.Log, Passwords: passwords{}, Limits: stores.Limits,
			AddressName: netip.Addr.String, VisitorName: func(a netip.Addr, agent string) string { return a.String() + " " + agent },
			Clicked: s.click, CookieKey: []byte("the installation's"), Now: s.Now, NewID: uuid.New, Log: log,
		},
		Speed: &speedtest.Site{
			Bounds:  &speedtest.Bounds{Transfers: 8, Together: 64, Requests: 6000, Bytes: 1 << 40, Results: 60, Now: s.Now},
			Visitor: netip.Addr.String, Results: &s.Desk, Tests: s.Tests, Location: "New York, US", Packets: Packets(s.t, 0), Log: log,
		},
		Reader: stores.Reader, Sightings: stores.Reader.(projections.SightingsReader), Judgements: &s.Desk,
		Report: server.Report{
			Key: ReportKey, CSP: "default-src 'none'", Formats: formats,
			Page: func(_ context.Context, w io.Writer, r projections.ReportRow, _ server.Links) error {
				return told(w, r.Document.State)
			},
			Verify: func(_ context.Context, w io.Writer, r projections.ReportRow) error {
				return told(w, "verified", r.Version)
			},
			Error: func(w io.Writer, status int, title, _ string) error { return told(w, status, title) },
		},
		Keys: domain.KeySet{Keys: []domain.PublicKey{}},
		Ready: func(context.Context) server.Readiness {
			return server.Readiness{Status: "ready", Engines: map[string]string{}}
		},
		Metrics:  http.NotFoundHandler(),
		Draining: s.Draining,
		Silence:  20 * time.Millisecond,
		Log:      log,
	}
}

// export is a report's body, and no more.
func export(_ context.Context, r projections.ReportRow) ([]byte, error) {
	return json.Marshal(r.Document)
}

func told(w io.Writer, words ...any) error {
	_, err := fmt.Fprintln(w, words...)
	return err
}

// ReportKey is what opens a scan's report.
func ReportKey(scan uuid.UUID) string { return "abc123" + scan.String()[:4] }

// listen serves until the test ends, and then drains as the program does.
func (s *Server) listen(app *fiber.App) {
	s.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.URL = "http://" + listener.Addr().String()
	t, served := s.t, make(chan error, 1)
	go func() { served <- app.Listener(listener) }()
	t.Cleanup(func() {
		s.Drain()
		s.client.CloseIdleConnections()
		if err := app.ShutdownWithTimeout(20 * time.Second); err != nil {
			t.Errorf("shut down: %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
}

// In makes the server fail another test than the one that it was made for, as
// a fuzz target needs it.
func (s *Server) In(t testing.TB) *Server {
	s.t = t
	return s
}

// Drain ends live streams, as a server does that is about to go.
func (s *Server) Drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.Draining:
	default:
		close(s.Draining)
	}
}

// Now is the server's time, which stands still.
func (s *Server) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Set moves the time to a moment in RFC 3339.
func (s *Server) Set(moment string) {
	s.t.Helper()
	now, err := time.Parse(time.RFC3339, moment)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

// Later moves the time on.
func (s *Server) Later(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(by)
}

// Next chooses the next id that a command draws: that of the scan, where it
// opens one.
func (s *Server) Next(id string) uuid.UUID {
	chosen := uuid.MustParse(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chosen = append(s.chosen, chosen)
	return chosen
}

func (s *Server) newID() (id uuid.UUID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.chosen) > 0 {
		id, s.chosen = s.chosen[0], s.chosen[1:]
		return id
	}
	s.ids++
	binary.BigEndian.PutUint16(id[:], uint16(s.ids))
	binary.BigEndian.PutUint32(id[12:], s.ids)
	return id
}

// Refuse makes the guard refuse a target, by its normal form.
func (s *Server) Refuse(value string, code domain.Code) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse[value] = code
}

// Check implements commands.Targets.
func (s *Server) Check(_ context.Context, t domain.Target) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if code, ok := s.refuse[t.Value]; ok {
		return domain.Errorf(code, "%s is refused", t.Value)
	}
	return nil
}

// Judge implements commands.Destinations: what the guard refuses is blocked.
func (s *Server) Judge(_ context.Context, destination, _ string) (domain.BlockReason, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, refused := s.refuse[destination]; refused {
		return domain.BlockedListed, nil
	}
	return "", nil
}

// Onward implements commands.Destinations: no site sends anybody on.
func (s *Server) Onward(context.Context, string, string) (string, domain.BlockReason, error) {
	return "", "", nil
}

func (s *Server) count(e domain.Envelope) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.served = append(s.served, e)
	s.calls.Store(e)
}

// click takes a click.
func (s *Server) click(e domain.Envelope) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clicked = append(s.clicked, e)
	s.Clicks.Store(e)
	return nil
}

// Clicked are the clicks that were counted, oldest first.
func (s *Server) Clicked() []domain.LinkClicked {
	s.mu.Lock()
	defer s.mu.Unlock()
	clicks := make([]domain.LinkClicked, len(s.clicked))
	for i, e := range s.clicked {
		clicks[i], _ = e.Event.(domain.LinkClicked)
	}
	return clicks
}

// use takes a visit of those that a link may have.
func (s *Server) use(_ context.Context, link uuid.UUID, most int) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.used[link] >= most {
		return false, nil
	}
	s.used[link]++
	return true, nil
}

// Served are the calls that were counted, oldest first.
func (s *Server) Served() []domain.RequestServed {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := make([]domain.RequestServed, len(s.served))
	for i, e := range s.served {
		calls[i], _ = e.Event.(domain.RequestServed)
	}
	return calls
}

type writer func(p []byte) (int, error)

func (w writer) Write(p []byte) (int, error) { return w(p) }

func (s *Server) note(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

// Logged is what the server has logged.
func (s *Server) Logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func signer(t testing.TB) *accesstoken.Signer {
	t.Helper()
	s, err := accesstoken.New([]byte(SigningKey))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// SigningKey is that of every server's access tokens.
const SigningKey = "the key of access tokens in tests"

// passwords are hashed without any effort.
type passwords struct{}

func (passwords) Hash(_ context.Context, password string) (string, error) {
	return "hash of " + password, nil
}

func (passwords) Check(_ context.Context, hash, password string) (fits, outdated bool, err error) {
	return hash == "hash of "+password, false, nil
}

func (passwords) Common(password string) bool { return password == "password123" }
