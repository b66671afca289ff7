package zap

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners/scantest"
)

func TestMain(m *testing.M) { scantest.Main(m) }

// theirs is what ZAP has for a proxy of its own accord.
var theirs = setting{Host: "localhost", Port: "8090"}

const key = "the key of ZAP"

// fake answers as ZAP 2.17.0 did in the session of testdata, with the scanned site
// in the place of the one there, and remembers what it was asked.
type fake struct {
	t       *testing.T
	answers map[string]json.RawMessage
	url     string

	mu       sync.Mutex
	asked    []string
	contexts map[string]string // and the sign of life in them
	scans    map[string]int    // how far each component is among its steps
	steps    map[string][]string
	way      setting // its proxy
	uses     bool    // whether it is turned on
	far      bool    // whether it cannot reach a proxy of ours
	visits   []string
	before   func(w http.ResponseWriter, r *http.Request, call string) (done bool)
}

func newFake(t *testing.T, site string) *fake {
	t.Helper()
	f := &fake{
		t: t, way: theirs, answers: session(t, site), contexts: map[string]string{}, scans: map[string]int{},
		steps: map[string][]string{"spider": {"66", "37", "100"}, "ascan": {"0", "10", "100"}, "pscan": {"2", "0"}},
	}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

// session are the answers of testdata, by what was asked first.
func session(t testing.TB, site string) map[string]json.RawMessage {
	t.Helper()
	raw, err := os.ReadFile("testdata/session-2.17.0.json")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(string(raw), "http://127.0.0.1:28090", site)
	var file struct {
		Calls []struct {
			Call   string
			Answer json.RawMessage
		}
	}
	if err := json.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	answers := map[string]json.RawMessage{}
	for _, c := range file.Calls {
		if answers[c.Call] == nil {
			answers[c.Call] = c.Answer
		}
	}
	return answers
}

// ServeHTTP implements http.Handler.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("X-ZAP-API-Key") != key {
		hangUp(w)
		return
	}
	call := strings.Trim(strings.TrimPrefix(r.URL.Path, "/JSON/"), "/")
	f.mu.Lock()
	f.asked = append(f.asked, call)
	before := f.before
	f.mu.Unlock()
	if before != nil && before(w, r, call) {
		return
	}
	if call == "core/action/accessUrl" {
		f.visit(r.FormValue("url"))
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	status, answer := f.answer(call, r)
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(answer)
}

// visit asks for a page, as ZAP is set, and notes what came of it.
func (f *fake) visit(page string) {
	f.mu.Lock()
	way, uses := f.way, f.uses
	f.mu.Unlock()
	by := &http.Transport{DisableKeepAlives: true}
	if uses {
		by.Proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: string(way.Host + ":" + way.Port)})
	}
	came := "own way"
	if uses && f.far {
		came = "no way"
	} else if answer, err := (&http.Client{Transport: by}).Get(page); err != nil {
		came = "no answer"
	} else {
		answer.Body.Close()
		if uses {
			came = "our way"
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.visits = append(f.visits, came)
}

// hangUp closes a connection without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		conn.Close()
	}
}

func (f *fake) answer(call string, r *http.Request) (int, any) {
	component, _, _ := strings.Cut(call, "/")
	name := r.FormValue("contextName")
	_, there := f.contexts[name]
	switch call {
	case "context/action/newContext":
		if there {
			return 400, refusal{"already_exists", "Already Exists"}
		}
		f.contexts[name] = ""
		return 200, map[string]string{"contextId": "2"}
	case "network/view/getHttpProxy":
		return 200, map[string]setting{"getHttpProxy": f.way}
	case "network/view/isHttpProxyEnabled":
		return 200, map[string]string{"isHttpProxyEnabled": strconv.FormatBool(f.uses)}
	case "network/action/setHttpProxy":
		v := func(name string) text { return text(r.FormValue(name)) }
		f.way = setting{v("host"), v("port"), v("realm"), v("username"), v("password")}
	case "network/action/setHttpProxyEnabled":
		f.uses = r.FormValue("enabled") == "true"
	case "context/action/setContextRegexs":
		f.contexts[name] = r.FormValue("excRegexs")
	case "context/view/excludeRegexs":
		if !there {
			return 400, refusal{"does_not_exist", "Does Not Exist"}
		}
		return 200, map[string]any{"excludeRegexs": []string{f.contexts[name]}}
	case "core/action/newSession":
		clear(f.contexts)
	case "spider/view/status", "ascan/view/status", "pscan/view/recordsToScan":
		said := "status"
		if component == "pscan" {
			said = "recordsToScan"
		}
		steps := f.steps[component]
		now := steps[min(f.scans[component], len(steps)-1)]
		f.scans[component]++
		return 200, map[string]string{said: now}
	case "alert/view/alerts":
		return 200, f.alerts(r)
	default:
		if answer := f.answers[call]; answer != nil {
			return 200, answer
		}
	}
	return 200, map[string]string{"Result": "OK"}
}

// alerts are those of the session from the one on that is asked for, counted from 1.
func (f *fake) alerts(r *http.Request) any {
	var all struct {
		Alerts []json.RawMessage `json:"alerts"`
	}
	json.Unmarshal(f.answers["alert/view/alerts"], &all)
	start, _ := strconv.Atoi(r.FormValue("start"))
	count, _ := strconv.Atoi(r.FormValue("count"))
	from := min(max(start-1, 0), len(all.Alerts))
	all.Alerts = all.Alerts[from:min(from+count, len(all.Alerts))]
	return all
}

// times is how often something was asked.
func (f *fake) times(call string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, a := range f.asked {
		if a == call {
			n++
		}
	}
	return n
}

// left are the contexts that are still there.
func (f *fake) left() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.contexts)
}

func (f *fake) scanner() *Scanner {
	return New(Options{URL: f.url, Key: key, Pace: time.Millisecond})
}
