package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/miekg/dns"
)

// zone is a name server of one test's own: "name TYPE" to record data.
type zone struct {
	addr string
	mu   sync.Mutex
	data map[string]string
}

func startZone(t *testing.T) *zone {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	z := &zone{addr: conn.LocalAddr().String(), data: map[string]string{}}
	started, ended := make(chan struct{}), make(chan struct{})
	server := &dns.Server{PacketConn: conn, Handler: z, NotifyStartedFunc: func() { close(started) }}
	go func() {
		defer close(ended)
		if err := server.ActivateAndServe(); err != nil {
			t.Error(err)
		}
	}()
	<-started
	t.Cleanup(func() { server.Shutdown(); <-ended })
	return z
}

func (z *zone) say(record, data string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.data[record] = data
}

// ServeDNS implements dns.Handler.
func (z *zone) ServeDNS(w dns.ResponseWriter, question *dns.Msg) {
	z.mu.Lock()
	defer z.mu.Unlock()
	answer, q := new(dns.Msg).SetReply(question), question.Question[0]
	if data := z.data[strings.ToLower(strings.TrimSuffix(q.Name, "."))+" "+dns.TypeToString[q.Qtype]]; data != "" {
		if record, err := dns.NewRR(q.Name + " 0 IN " + dns.TypeToString[q.Qtype] + " " + data); err == nil {
			answer.Answer = append(answer.Answer, record)
		}
	}
	w.WriteMsg(answer)
}

// shop is a site with a hole, on an address of its own; probed says how many
// requests it had that no visitor sends.
func shop(t *testing.T) (at *net.TCPAddr, probed *atomic.Int64) {
	t.Helper()
	probed = new(atomic.Int64)
	site := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/":
			fmt.Fprint(w, "<!doctype html><title>Shop</title><a href='/search?q=tea'>tea</a><a href=/login>in</a>")
		case "/login":
			fmt.Fprint(w, "<!doctype html><form method=post action=/enter><input type=password name=p></form>")
		case "/search":
			if r.URL.RawQuery != "q=tea" {
				probed.Add(1)
			}
			fmt.Fprint(w, "<!doctype html><p>"+r.URL.Query().Get("q"))
		default:
			http.NotFound(w, r)
		}
	}))
	site.Listener.Close()
	site.Listener = knownPort(t)
	site.Start()
	t.Cleanup(site.Close)
	return site.Listener.Addr().(*net.TCPAddr), probed
}

// prove has a name verified as the account's, by a record that is published.
func prove(t *testing.T, key, api string, names *zone, name string) {
	t.Helper()
	target := call[struct {
		ID           int64
		Verification struct {
			Places []struct{ Method, Where, Value string }
		}
	}](t, key, http.MethodPost, api+"/targets/", `{"target_value": "`+name+`"}`, http.StatusCreated)
	place := target.Verification.Places[0]
	names.say(place.Where+" TXT", `"`+place.Value+`"`)
	if v := call[struct{ Verified bool }](t, key, http.MethodPost, fmt.Sprintf("%s/targets/%d/verify/", api, target.ID), "", http.StatusOK); !v.Verified {
		t.Fatal("the proof is not found")
	}
}

// TestCrawlOfOnesOwn scans two sites of which one is proven to be the account's:
// only its parameters are looked at, and the events say by what right.
func TestCrawlOfOnesOwn(t *testing.T) {
	names := startZone(t)
	options := settings(t, dataFolder(t), "--resolver", names.addr)
	server := startServer(t, options)
	key, api := user(t, options, "secably", "issafesite"), server.url+"/api/v1"
	prove(t, key, api, names, "own.example")
	scans, probed := map[string]string{}, map[string]*atomic.Int64{}
	for _, name := range []string{"own.example", "other.example"} { // at the same time
		at, sent := shop(t)
		names.say(name+" A", at.IP.String())
		body := fmt.Sprintf(`{"url": "http://%s:%d/", "depth": "DEEP"}`, name, at.Port)
		scans[name], probed[name] = call[scanView](t, key, http.MethodPost, api+"/scan", body, http.StatusAccepted).ID, sent
	}
	for name, scan := range scans {
		liveEvents(t, key, api+"/scan/"+scan+"/events")
		verified, found := crawlOf(t, key, api+"/scan/"+scan+"/events")
		own := name == "own.example"
		if verified != own || probed[name].Load() > 0 != own || (found["crawl/reflected-input@/search?q"] == "crawl") != own {
			t.Errorf("%s: verified: %v, %d requests that no visitor sends, findings %v", name, verified, probed[name].Load(), found)
		}
		if found["content/form/password-clear-text@/login"] != "crawl" {
			t.Errorf("%s: a page that is linked is not looked at: %v", name, found)
		}
	}
}

// crawlOf reads a scan's history: whether its target is the account's, and by
// which tool each finding was raised.
func crawlOf(t *testing.T, key, events string) (verified bool, found map[string]string) {
	t.Helper()
	history := call[struct {
		Events []struct {
			Type    string
			Payload struct {
				Verified             bool
				Finding, Where, Tool string
			}
		}
	}](t, key, http.MethodGet, events, "", http.StatusOK)
	found = map[string]string{}
	for _, e := range history.Events {
		verified = verified || e.Payload.Verified
		if e.Type == "finding.raised" {
			found[e.Payload.Finding+"@"+e.Payload.Where] = e.Payload.Tool
		}
	}
	return verified, found
}
