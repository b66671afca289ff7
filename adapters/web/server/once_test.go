package server_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/adapters/web/server"
	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// keyed is an unlimited server and its log, whose answers may be hindered.
type keyed struct {
	*webtest.Server
	log     *memory.Log
	answers *hindered
}

// hindered keeps no answer while it has a fault. Who begins while it is deaf
// is not told.
type hindered struct {
	commands.Answers
	mu          sync.Mutex
	fault, deaf error
}

func (h *hindered) Begin(ctx context.Context, a commands.Attempt, lease, keep time.Duration) (*commands.Once, error) {
	known, err := h.Answers.Begin(ctx, a, lease, keep)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.deaf != nil {
		return nil, h.deaf
	}
	return known, err
}

func (h *hindered) Keep(ctx context.Context, a commands.Attempt, sealed []byte) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fault != nil {
		return h.fault
	}
	return h.Answers.Keep(ctx, a, sealed)
}

func (h *hindered) hinder(fault, deaf error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fault, h.deaf = fault, deaf
}

func keyedServer(t *testing.T, change ...func(*server.Options)) keyed {
	k := keyed{log: memory.NewLog(), answers: new(hindered)}
	open := func(now func() time.Time) webtest.Stores {
		k.answers.Answers = &memory.Answers{Log: k.log, Now: now}
		return webtest.Stores{
			Log: k.log, Inbox: &memory.Inbox{Now: now}, Reader: &memory.Reader{Log: k.log}, Limits: &memory.Limits{Now: now},
			Answers: k.answers,
		}
	}
	k.Server = webtest.New(t, open, append(change, func(o *server.Options) { o.Gate.IPPerMinute = 0 })...)
	k.Plan(domain.IsSafeSite, domain.InternalPlan)
	k.Plan(domain.SevenAzzani, domain.InternalPlan)
	k.Plan(domain.SecAbly, domain.InternalPlan)
	k.Operate(k.Account, true)
	return k
}

// events is how many are in the log.
func (k keyed) events() int { return len(k.log.Stored(0)) }

// post is a request that is accepted, for a route.
type post struct {
	path, body, other string // other is the body of another request
	open              bool   // whether nobody is asked who it is
	silent            bool   // whether it leaves no event
}

// events are how many the request leaves.
func (p post) events() int {
	if p.silent {
		return 0
	}
	return 1
}

// posts are those of every POST that there is. A scan is of a target of its
// own, for a second one to be accepted too.
func (k keyed) posts(t *testing.T, route string, n int) (all []post) {
	t.Helper()
	switch {
	case strings.Contains(route, "/auth/"):
		return k.logins(t, route, n)
	case strings.Contains(route, "/admin/"):
		return k.administered(t, route, n)
	case strings.Contains(route, "/targets"), strings.Contains(route, "/websites"):
		return k.targets(t, route, n)
	case strings.Contains(route, "/shrinkit/"):
		if path.Base(route) == "shorten" {
			return []post{{path: route, body: fmt.Sprintf(`{"url": "https://example.com/%d"}`, n), other: `{"url": "https://other.example"}`}}
		}
		return []post{{path: strings.Replace(route, ":id", k.Shorten("https://example.com", ""), 1), body: "", other: "{}"}}
	case strings.Contains(route, "/schedules"):
		return k.schedules(t, route, n)
	case strings.Contains(route, "/findings/"):
		finding := k.Finding(fmt.Sprintf("https://f%d.example", n))
		if path.Base(route) == "reopen" {
			k.Rule(finding, domain.RiskAccepted)
		}
		return []post{{path: strings.Replace(route, ":id", finding.String(), 1), body: `{"reason": "because"}`, other: `{"reason": "another"}`}}
	case strings.Contains(route, "/qr/api/"):
		dynamic := path.Base(route) == "generate" // its link is an event
		return []post{{path: route, body: codesAsked[path.Base(route)], other: `{"content": "https://other.example", "csv": "name"}`, silent: !dynamic}}
	case strings.Contains(route, "/v1/scans/"), slices.Contains([]string{"nmap", "sslyze", "nuclei", "zap", "openvas"}, path.Base(path.Dir(route))):
		return k.scans(t, route, n)
	}
	site, host := fmt.Sprintf("https://a%d.example", n), fmt.Sprintf("b%d.example", n)
	safe := post{path: route, body: `{"url": "` + site + `"}`, other: `{"url": "https://other.example"}`}
	scan := post{path: route, body: `{"target": "` + host + `"}`, other: `{"target": "other.example"}`}
	of := func(value string, closed bool) post {
		id := k.Scan(domain.ScannerAPI, value)
		if closed {
			k.Cancel(id)
		}
		return post{path: strings.Replace(route, ":id", id.String(), 1), other: "{}"}
	}
	switch strings.TrimPrefix(route, "/scanner") {
	case "/api/v1/scan":
		if strings.HasPrefix(route, "/scanner") {
			return []post{scan}
		}
		return []post{safe, scan}
	case "/api/v1/keys", "/secably/api/v1/keys":
		return []post{{path: route, body: fmt.Sprintf(`{"name": "key %d", "expires_in": 86400}`, n), other: `{"name": "other"}`}}
	case "/api/v1/team", "/secably/api/v1/team":
		email := fmt.Sprintf("member%d@example.com", n)
		k.Register(email)
		return []post{{path: route, body: fmt.Sprintf(`{"email": %q}`, email), other: `{"email": "other@example.com"}`}}
	case "/issafesite/api/v1/scan", "/api/scans/quick_scan", "/7azzani/api/scans/quick_scan":
		return []post{safe}
	case "/lookup/api/lookup", "/7azzani/lookup/api/lookup":
		return []post{{path: route, body: `{"domain": "` + host + `"}`, other: `{"domain": "other.example"}`}}
	case "/speedtest/api/v1/run", "/7azzani/speedtest/api/v1/run":
		body := fmt.Sprintf(`{"samples": {"idle_ms": [%d, 5], "download": [{"size": 1000, "ms": 20}], "upload": [{"size": 1000, "ms": 20}]}}`, n)
		return []post{{path: route, body: body, other: "{}", silent: true}}
	case "/api/v1/scan/:id/retest":
		return []post{of(host, true)}
	case "/api/v1/scan/:id/cancel":
		return []post{of(host, false)}
	default:
		t.Fatalf("nobody has said here how POST %s is asked: it has to take an Idempotency-Key", route)
		return nil
	}
}

// codesAsked are the requests about QR codes. Their own events bypass the log.
var codesAsked = map[string]string{
	"preview": `{"content": "https://a.example"}`, "generate": `{"content": "https://a.example", "format": "pdf", "dynamic": true}`,
	"batch": `{"csv": "content\nhttps://a.example\n"}`,
}

// scans are SecAbly's requests about scans, each of a target or a scan of its own.
func (k keyed) scans(t *testing.T, route string, n int) []post {
	k.Later(time.Hour)
	site := fmt.Sprintf("s%d.example", n)
	if !strings.Contains(route, ":id") {
		body := fmt.Sprintf(`{"target_id": %d, "scanner_type": "nmap", "scan_config": {}}`, k.Target(site, "a"))
		return []post{{path: route, body: body, other: "{}"}}
	}
	scan := k.Scan(domain.ScannerAPI, site)
	at := strings.Replace(route, ":id", fmt.Sprint(k.Number(scan)), 1)
	switch path.Base(route) {
	case "export":
		k.Finish(scan, domain.Tested, "")
		return []post{{path: at, body: `{"format": "pdf"}`, other: "{}", silent: true}}
	case "cancel":
		return []post{{path: at, other: "{}"}}
	default:
		t.Fatalf("nobody has said here how POST %s is asked: it has to take an Idempotency-Key", route)
		return nil
	}
}

// administered are the requests of operators, each about an account of its own.
func (k keyed) administered(t *testing.T, route string, n int) []post {
	account := k.Register(fmt.Sprintf("administered%d@example.com", n))
	at := strings.Replace(route, ":id", account.String(), 1)
	switch path.Base(route) {
	case "plan":
		return []post{{path: at, body: `{"contract": "secably", "plan": "indie", "reason": "a"}`, other: `{"contract": "secably", "plan": "startup", "reason": "a"}`}}
	case "credits":
		return []post{{path: at, body: `{"credits": 5, "reason": "a"}`, other: `{"credits": 6, "reason": "a"}`}}
	default:
		t.Fatalf("nobody has said here how POST %s is asked: it has to take an Idempotency-Key", route)
		return nil
	}
}

// logins are the requests of those who log in: of an account of their own, but
// for the password that is Account's.
func (k keyed) logins(t *testing.T, route string, n int) []post {
	k.Later(time.Hour) // their limits are of an hour
	email, former, next := fmt.Sprintf("%d@example.com", n), "correct horse", "horse number 1"
	if strings.HasPrefix(route, "/secably") { // the second to change it
		former, next = next, "horse number 2"
	}
	account := fmt.Sprintf(`{"email": %q, "password": "correct horse", "password_confirm": "correct horse"}`, email)
	switch path.Base(route) {
	case "register":
		return []post{{path: route, body: account, other: "{}", open: true}}
	case "login":
		k.Register(email)
		return []post{{path: route, body: account, other: "{}", open: true, silent: true}}
	case "refresh":
		k.Register(email)
		token := k.Post("/api/v1/auth/login", account).Is(200).Field("refresh")
		return []post{{path: route, body: `{"refresh": "` + token + `"}`, other: "{}", open: true, silent: true}}
	case "change-password":
		body := fmt.Sprintf(`{"old_password": %q, "new_password": %q, "new_password_confirm": %q}`, former, next, next)
		return []post{{path: route, body: body, other: "{}"}}
	default:
		t.Fatalf("nobody has said here how POST %s is asked: it has to take an Idempotency-Key", route)
		return nil
	}
}

// targets are the requests about targets and websites, of one that is there
// where the route has an id.
func (k keyed) targets(t *testing.T, route string, n int) []post {
	k.Later(time.Hour)
	site := fmt.Sprintf("https://t%d.example", n)
	switch path.Base(route) {
	case "targets":
		return []post{{path: route, body: `{"target_value": "` + site + `", "name": "a"}`, other: "{}"}}
	case "websites":
		return []post{{path: route, body: `{"url": "` + site + `"}`, other: "{}"}}
	case "scan", "verify":
	default:
		t.Fatalf("nobody has said here how POST %s is asked: it has to take an Idempotency-Key", route)
	}
	target, err := domain.ParseURL(site)
	if err != nil {
		t.Fatal(err)
	}
	k.Publish("_scanledger."+target.Host, k.Desk.ProofOf(k.Account, target))
	id := k.Post("/api/v1/websites/", `{"url": "`+site+`"}`).Is(201).Field("id")
	return []post{{path: strings.Replace(route, ":id", id, 1), other: "{}"}}
}

// schedules are the requests about schedules, each of a target of its own.
func (k keyed) schedules(t *testing.T, route string, n int) []post {
	site := fmt.Sprintf("p%d.example", n)
	if path.Base(route) == "schedules" {
		return []post{{path: route, body: fmt.Sprintf(`{"target_id": %d, "cron": "30 3 * * *"}`, k.Target(site, "a")), other: `{"target_id": 1, "cron": "@daily"}`}}
	}
	id := k.Planned(site)
	switch path.Base(route) {
	case "pause":
	case "resume":
		k.Post(fmt.Sprintf("/api/v1/schedules/%d/pause/", id), "{}").Is(200)
	default:
		t.Fatalf("nobody has said here how POST %s is asked: it has to take an Idempotency-Key", route)
	}
	return []post{{path: strings.Replace(route, ":id", fmt.Sprint(id), 1), other: `{"other": 1}`}}
}

// routes are the paths of all POSTs.
func (k keyed) routes() []string {
	paths := map[string]bool{}
	for _, r := range k.App.GetRoutes(true) {
		if r.Method == http.MethodPost && !slices.Contains(measuring, r.Path) && !strings.HasSuffix(r.Path, "/s/:code") { // a page's form, which browsers send without a key
			paths[r.Path] = true
		}
	}
	return slices.Sorted(maps.Keys(paths))
}

// measuring are the paths of those who measure without an account, by protocols
// that know no such key. All but the result's leave nothing.
var measuring = []string{"/__up", "/librespeed/empty", "/librespeed/results/telemetry", "/speedtest/figures"}

// same expects two answers to be one, the second told from a record.
func same(t *testing.T, first, again webtest.Answer) {
	t.Helper()
	equal(t, first, again)
	again.Has("Idempotent-Replayed: true")
}

// equal expects two answers to say the same.
func equal(t *testing.T, first, again webtest.Answer) {
	t.Helper()
	if first.Status != again.Status || first.Body != again.Body || first.Header.Get("Content-Type") != again.Header.Get("Content-Type") {
		t.Errorf("first %d %s\nagain %d %s", first.Status, first.Body, again.Status, again.Body)
	}
}

// alike expects two answers to be one but for their access tokens.
func alike(t *testing.T, first, again webtest.Answer) {
	t.Helper()
	for _, a := range []*webtest.Answer{&first, &again} {
		a.Body = strings.ReplaceAll(a.Body, a.Field("access"), "")
	}
	if first.Status != again.Status || first.Body != again.Body || first.Field("refresh") == "" {
		t.Errorf("first %d %s\nagain %d %s", first.Status, first.Body, again.Status, again.Body)
	}
}

// TestOnceEveryPost walks all routes: each POST has one effect under a key, is
// answered again as it was, and refuses the key with another request.
func TestOnceEveryPost(t *testing.T) {
	k := keyedServer(t)
	routes := k.routes()
	if len(routes) < 7 {
		t.Fatalf("only %v", routes)
	}
	for n, route := range routes {
		for i, p := range k.posts(t, route, n) {
			t.Run(fmt.Sprint(route, " ", i), func(t *testing.T) {
				key, before := fmt.Sprintf("Idempotency-Key: key-%d-%d", n, i), k.events()
				first := k.Post(p.path, p.body, key).Has("Idempotent-Replayed:")
				if first.Status >= 300 || k.events() != before+p.events() {
					t.Fatalf("%d with %d events: %s", first.Status, k.events()-before, first.Body)
				}
				same(t, first, k.Post(p.path, p.body, key))
				k.Later(time.Hour)
				same(t, first, k.Post(p.path+"/", p.body, key))
				k.Post(p.path, p.other, key).Is(422).Has("Idempotent-Replayed:")
				k.Post(p.path+"?a=b", p.body, key).Is(422)
				if !p.open { // else the key is the address's, and here the account's
					k.Post("/scanner/api/v1/scan/"+nobody+"/retest", p.body, key).Is(422)
				}
				if k.events() != before+p.events() {
					t.Errorf("%d events", k.events()-before)
				}
			})
		}
	}
}

// TestOnceBrokenOff ends the process of every POST between its effect and the
// keeping of its answer: the next call has no effect and the same answer.
func TestOnceBrokenOff(t *testing.T) {
	k := keyedServer(t)
	for n, route := range k.routes() {
		for i, p := range k.posts(t, route, n) {
			t.Run(fmt.Sprint(route, " ", i), func(t *testing.T) {
				key, before := fmt.Sprintf("Idempotency-Key: key-%d-%d", n, i), k.events()
				k.answers.hinder(errors.New("the process is gone"), nil)
				first := k.Post(p.path, p.body, key).Has("Idempotent-Replayed:")
				k.answers.hinder(nil, nil)
				k.Post(p.path, p.body, key).Is(409).Has("Retry-After: 1")
				k.Later(time.Minute)
				again := k.Post(p.path, p.body, key)
				switch { // a request without events does not know that there was an earlier one
				case p.open: // access tokens tell the time
					alike(t, first, again)
				case p.silent:
					equal(t, first, again)
				default:
					same(t, first, again)
				}
				same(t, again, k.Post(p.path, p.body, key))
				if k.events() != before+p.events() {
					t.Errorf("%d events", k.events()-before)
				}
			})
		}
	}
	if !strings.Contains(k.Logged(), "an answer is not kept") {
		t.Error("nobody is told of answers that are not kept")
	}
}

// TestOnceUntold begins without learning of it, as when the connection to the
// store breaks off: the key is free at once.
func TestOnceUntold(t *testing.T) {
	k := keyedServer(t)
	const path, body, key = "/api/v1/scan", `{"url": "https://a.example"}`, "Idempotency-Key: k"
	k.answers.hinder(nil, domain.Errorf(domain.Unavailable, "The database is away."))
	k.Post(path, body, key).Is(503).Has("Retry-After: 60")
	k.answers.hinder(nil, nil)
	k.Post(path, body, key).Is(202).Has("Idempotent-Replayed:")
}

// TestOnceAtOnce sends the same requests a hundred times at the same moment.
func TestOnceAtOnce(t *testing.T) {
	k := keyedServer(t)
	const keys, times = 5, 100
	before := k.events()
	bodies := make([]sync.Map, keys)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for n := range keys * times {
		wg.Go(func() {
			<-start
			host := fmt.Sprintf("h%d.example", n%keys)
			a := k.Post("/scanner/api/v1/scan", `{"target": "`+host+`"}`, "Idempotency-Key: "+host)
			switch a.Status {
			case 201:
				bodies[n%keys].Store(a.Body, true)
			case 409:
				a.Is(409).Has("Retry-After: 1").Like(`{"error": "A request with this Idempotency-Key is being answered. Ask again in a moment."}`)
			default:
				t.Errorf("%d %s", a.Status, a.Body)
			}
		})
	}
	close(start)
	wg.Wait()
	for n := range keys {
		host := fmt.Sprintf("h%d.example", n)
		again := k.Post("/scanner/api/v1/scan", `{"target": "`+host+`"}`, "Idempotency-Key: "+host).Is(201).Has("Idempotent-Replayed: true")
		count := 0
		bodies[n].Range(func(body, _ any) bool {
			if count++; body != again.Body {
				t.Errorf("%s was answered %s, now %s", host, body, again.Body)
			}
			return true
		})
		if count != 1 {
			t.Errorf("%s has %d different answers", host, count)
		}
	}
	if made := k.events() - before; made != keys {
		t.Errorf("%d events for %d keys", made, keys)
	}
}

// gated lets a command through when the test says so.
type gated struct {
	*commands.Desk
	came, let chan struct{}
}

func (g gated) RequestScan(ctx context.Context, c commands.RequestScan) (domain.Envelope, error) {
	g.came <- struct{}{}
	<-g.let
	return g.Desk.RequestScan(ctx, c)
}

// TestOnceInFlight asks again while the first call is being answered.
func TestOnceInFlight(t *testing.T) {
	g := gated{came: make(chan struct{}), let: make(chan struct{})}
	k := keyedServer(t, func(o *server.Options) {
		g.Desk = o.Scanner.Scans.(*commands.Desk)
		o.Scanner.Scans = g
	})
	const path, body, key = "/api/v1/scan", `{"target": "a.example"}`, "Idempotency-Key: k"
	var first webtest.Answer
	var wg sync.WaitGroup
	wg.Go(func() { first = k.Post(path, body, key) })
	<-g.came
	k.Post(path, body, key).Is(409).Has("Retry-After: 1", "Idempotent-Replayed:")
	k.Post(path, `{"target": "b.example"}`, key).Is(422).Has("Retry-After:")
	k.Post("/api/v1/scan/"+nobody+"/cancel", body, key).Is(422)
	g.let <- struct{}{}
	wg.Wait()
	same(t, first.Is(201), k.Post(path, body, key))
}

type panicking struct{ *commands.Desk }

func (panicking) CancelScan(context.Context, commands.CancelScan) error { panic("on purpose") }

// TestOncePanic gives the key back that a request held which panicked.
func TestOncePanic(t *testing.T) {
	k := keyedServer(t, func(o *server.Options) { o.Scanner.Scans = panicking{o.Scanner.Scans.(*commands.Desk)} })
	for range 2 {
		k.Post("/api/v1/scan/"+nobody+"/cancel", "", "Idempotency-Key: k").Is(500)
	}
	k.Post("/api/v1/scan", `{"target": "a.example"}`, "Idempotency-Key: k").Is(201)
}
