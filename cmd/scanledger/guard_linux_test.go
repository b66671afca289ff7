package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/hostile"
	"github.com/scanledger/scanledger/domain"
)

// sealed is the program with nothing allowed, in a network namespace in which a
// tripwire sees every packet. Its engines are at an address of their own.
type sealed struct {
	*hostile.Tripwire
	internet *hostile.Internet
	names    *hostile.Nameserver
	options  []string
	url, key string
	client   http.Client
	asked    atomic.Int64 // requests to the permitted site
	planned  int          // schedules of forbidden targets
}

// Where the program and its world are.
const (
	home  = "127.66.0.1"    // what the program listens on, and its engines
	site4 = "93.184.216.34" // a site that may be scanned
	site6 = "2606:2800:220:1::34"
	names = "9.9.9.9" // the resolver
)

func newSealed(t *testing.T) *sealed {
	g := &sealed{internet: hostile.NewInternet(t), Tripwire: hostile.NewTripwire(t)}
	at := netip.AddrPortFrom(netip.MustParseAddr(names), 53)
	g.names = hostile.ServeNames(t, trapZone(), g.internet.Listen(at), g.internet.ListenPacket(at))
	address, dir := freePort(t, home), dataFolder(t)
	g.options = []string{
		"--addr", address, "--data-dir", dir, "--resolver", names + ":53", "--ip-limit-per-minute", "0", "--audit-interval", "0", "--probe-limit", "25s",
		"--embedded-kafka-addr", home + ":0", "--embedded-postgres-addr", home + ":0", "--embedded-clickhouse-addr", home + ":0", "--roles", "api,relay,scan,project",
	}
	process(t, address, g.options...)
	g.url = "http://" + address
	g.key = user(t, g.options, "issafesite", "scanner", "secably", "7azzani")
	g.client = http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	t.Cleanup(g.client.CloseIdleConnections)
	return g
}

// forbidden says whether a packet went where none may.
func forbidden(p hostile.Packet) bool {
	addr := p.To.Addr().String()
	return addr != home && addr != site4 && addr != site6 && p.To != hostile.Mark && p.To != netip.MustParseAddrPort(names+":53")
}

// silent wants nothing to have left for where it may not.
func (g *sealed) silent(t *testing.T, after string) {
	t.Helper()
	if n, which := g.Seen(t, forbidden); n > 0 {
		t.Fatalf("after %s: %d packets left for %q", after, n, which[:min(len(which), 20)])
	}
}

// post sends a body and returns the answer's status and text.
func (g *sealed) post(t *testing.T, method, path string, body map[string]any) (int, []byte) {
	raw, err := json.Marshal(body)
	if err != nil {
		t.Error(err)
	}
	request, err := http.NewRequest(method, g.url+path, bytes.NewReader(raw))
	if err != nil {
		t.Error(err)
		return 0, nil
	}
	request.Header.Set("Authorization", "Bearer "+g.key)
	request.Header.Set("Content-Type", "application/json")
	response, err := g.client.Do(request)
	if err != nil {
		t.Error(err)
		return 0, nil
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return response.StatusCode, text
}

// entrances are where somebody's text can become a connection at once. Lists
// only keep it: what they take is used in lists below.
var entrances = []struct {
	path, field string
	more        map[string]any
}{
	{"/issafesite/api/v1/scan", "url", map[string]any{"depth": "DEEP"}},
	{"/api/v1/scan", "url", nil},
	{"/api/v1/scan", "target", nil},
	{"/scanner/api/v1/scan", "target", map[string]any{"domain": "site.test"}},
	{"/api/scans/quick_scan/", "url", map[string]any{"scan_type": "full"}},
	{"/lookup/api/lookup/", "resolver", map[string]any{"domain": "site.test", "lookup_type": "dns"}},
}

// callers are how many requests are under way at one time.
const callers = 6

// each calls f for all targets, some at a time.
func each(all []string, f func(target string)) {
	next := atomic.Int64{}
	var group sync.WaitGroup
	for range callers {
		group.Go(func() {
			for n := next.Add(1) - 1; int(n) < len(all); n = next.Add(1) - 1 {
				f(all[n])
			}
		})
	}
	group.Wait()
}

// share is what one entrance of many is shown: a quarter of the corpus, which
// overlaps with the next one's, and the machine's own public addresses.
func share(n int) []string {
	all := hostile.Corpus()
	size := len(all) / 4
	begin := n * size * 3 / 4 % len(all)
	part := append(all, all...)[begin : begin+size]
	return append(part, "http://"+hostile.Machine4, "http://["+hostile.Machine6+"]:8080/", "["+hostile.Machine6+"]", hostile.Machine4)
}

// TestGuardAtEveryEntrance sends forbidden targets in every spelling to the
// running program: none is taken for a scan, and no packet leaves for one.
func TestGuardAtEveryEntrance(t *testing.T) {
	t.Parallel()
	hostile.InNamespace(t, func(t *testing.T) {
		g := newSealed(t)
		g.serve(t)
		for n, e := range entrances {
			shown := share(n)
			if len(shown) < 1000 {
				t.Fatalf("%s is shown %d targets", e.path, len(shown))
			}
			each(shown, func(s string) {
				body := map[string]any{e.field: s}
				maps.Copy(body, e.more)
				if status, text := g.post(t, "POST", e.path, body); status < 400 || status >= 500 || status == http.StatusTooManyRequests {
					t.Errorf("%s takes the %s %q: %d %s", e.path, e.field, s, status, text)
				}
			})
			g.silent(t, e.path)
		}
		g.lists(t, len(entrances))
		g.local(t)
		g.sessions(t)
		g.redirects(t)
		g.traps(t)
		g.escapes(t)
		g.due(t)
		g.control(t)
	})
}

// lists keeps forbidden targets on lists, where that is accepted, and tries
// everything that can be done with them there.
func (g *sealed) lists(t *testing.T, n int) {
	type listed struct{ ID json.Number }
	kept := make(chan listed, 10_000)
	add := func(path, field, s string) {
		status, text := g.post(t, "POST", path, map[string]any{field: s})
		switch {
		case status == http.StatusCreated:
			var l listed
			if err := json.Unmarshal(text, &l); err != nil {
				t.Errorf("%v: %s", err, text)
			}
			kept <- l
		case status != http.StatusBadRequest && status != http.StatusConflict && status != http.StatusForbidden:
			t.Errorf("POST %s %q: %d %s", path, s, status, text)
		}
	}
	each(share(n), func(s string) { add("/api/v1/targets/", "target_value", s) })
	each(share(n+1), func(s string) { add("/api/v1/websites/", "url", s) })
	changing := make(chan listed, callers)
	for i := range callers {
		status, text := g.post(t, "POST", "/api/v1/targets/", map[string]any{"target_value": fmt.Sprintf("changing-%d.test", i)})
		var l listed
		if decode(t, string(text), &l); status != http.StatusCreated {
			t.Fatalf("%d %s", status, text)
		}
		changing <- l
	}
	each(share(n+2), func(s string) { // one at a time for each of them: they would wait for each other
		l := <-changing
		method := []string{"PATCH", "PUT"}[len(s)%2]
		if status, text := g.post(t, method, "/api/v1/targets/"+l.ID.String()+"/", map[string]any{"target_value": s}); status >= 500 {
			t.Errorf("%s %q: %d %s", method, s, status, text)
		}
		changing <- l
	})
	for range callers {
		kept <- <-changing
	}
	close(kept)
	var ids []string
	for l := range kept {
		ids = append(ids, l.ID.String())
	}
	if len(ids) < 50 {
		t.Errorf("only %d targets were kept", len(ids))
	}
	g.plan(t, ids)
	each(ids, func(id string) {
		for path, body := range map[string]map[string]any{
			"/api/v1/targets/" + id + "/scan/": {}, "/api/v1/scans/create/": {"target_id": id, "scanner_type": "nmap"}, "/api/v1/nmap/scan/": {"target_id": id},
			"/api/v1/sslyze/scan/": {"target_id": id}, "/api/v1/nuclei/scan/": {"website_id": id},
		} {
			if status, text := g.post(t, "POST", path, body); status < 400 || status == http.StatusTooManyRequests || status == http.StatusInternalServerError {
				t.Errorf("%s of a forbidden target: %d %s", path, status, text)
			}
		}
		g.post(t, "POST", "/api/v1/targets/"+id+"/verify/", nil)
	})
	g.silent(t, "lists")
}

// local scans without a server.
func (g *sealed) local(t *testing.T) {
	flags := scanCommand().Flags()
	if err := flags.Parse(g.options); err != nil {
		t.Fatal(err)
	}
	c, err := loadConfig(flags)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range hostile.Corpus()[:60] {
		target, err := domain.ParseURL(s)
		if err != nil {
			continue
		}
		err = local(c)(t.Context(), target, domain.Quick, func(domain.Envelope) {})
		if code := domain.CodeOf(err); code != domain.Forbidden && code != domain.Unresolvable {
			t.Errorf("scan --local %q: %v", s, err)
		}
	}
	g.silent(t, "scan --local")
}

// sessions dials what the parsers would have refused, and names whose addresses
// change, by the guard alone.
func (g *sealed) sessions(t *testing.T) {
	guard := scanners.NewGuard(scanners.Policy{Resolver: names + ":53"})
	each(append(hostile.Corpus(), hostile.Loopback()...), func(s string) {
		session := guard.Session()
		for _, network := range []string{"tcp", "udp"} {
			if conn, err := session.DialContext(t.Context(), network, s+":80"); err == nil {
				conn.Close()
				t.Errorf("%q is dialled", s)
			}
		}
		if u, err := url.Parse(s); err == nil {
			if answer, err := session.Fetch(t.Context(), scanners.Request{URL: u}); err == nil {
				t.Errorf("%q is fetched: %d", s, answer.Status)
			}
		}
	})
	each(make([]string, 1000), func(string) {
		for _, name := range []string{"flicker.test", "both.test", "chain.test", "split.test"} {
			_, err := guard.Session().DialContext(t.Context(), "tcp", name+":9") // where nobody listens
			if err == nil {
				t.Errorf("%s is dialled", name)
			}
		}
	})
	g.silent(t, "sessions")
}

// redirects follows a permitted site to forbidden ones: over one hop to each of
// the corpus, and over up to ten.
func (g *sealed) redirects(t *testing.T) {
	guard := scanners.NewGuard(scanners.Policy{Resolver: names + ":53"})
	follow := func(s string, hops int) {
		at := &url.URL{Scheme: "http", Host: "site.test", Path: "/", RawQuery: fmt.Sprintf("left=%d&to=%s", hops-1, url.QueryEscape(s))}
		chain, err := guard.Session().Follow(t.Context(), scanners.Request{URL: at}, 10)
		if len(chain) < hops && !strings.Contains(s, "\x00") || err == nil && chain.Last().URL.Hostname() != "site.test" {
			t.Errorf("%d hops to %q: %d answers, %v", hops, s, len(chain), err)
		}
	}
	all := hostile.Corpus()
	each(all[:2000], func(s string) { follow(s, 1) })
	for hops := 2; hops <= 10; hops++ {
		each(all[2000+20*hops:2020+20*hops], func(s string) { follow("http://"+s, hops) })
	}
	g.silent(t, "redirects")
}

// control has the tripwire fire, so that its silence means something: for what
// is permitted, and for each address of the corpus once nothing guards it.
func (g *sealed) control(t *testing.T) {
	if n, _ := g.Seen(t, func(p hostile.Packet) bool { return p.To.Addr().String() == site4 && p.To.Port() == 80 }); n < 1000 {
		t.Errorf("%d connections to the permitted site were seen", n)
	}
	sent := 0
	for _, s := range hostile.Spelled {
		to := netip.AddrPortFrom(netip.MustParseAddr(s), 80)
		if hostile.Send("tcp", to) == nil {
			sent++
		}
	}
	if n, which := g.Seen(t, forbidden); n != sent || sent < 20 {
		t.Errorf("%d packets were sent past the guard, and %d seen: %q", sent, n, which)
	}
}
