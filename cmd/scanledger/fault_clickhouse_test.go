//go:build failpoint

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/embedded"
)

// shim stands before a ClickHouse and answers in its stead as a test says.
type shim struct {
	*httptest.Server
	mood    atomic.Int32
	inserts atomic.Int64  // that ClickHouse has stored and whose answers were withheld
	gate    chan struct{} // late answers wait for it
}

// What a shim can be like.
const (
	honest  int32 = iota
	gone          // cuts every connection
	failing       // answers every second request with an error
	late          // has it done, and answers when the gate is opened
	silent        // has it done, and cuts the connection instead of an answer
)

// startShim starts a ClickHouse in this process and a shim before it; the URL
// is the shim's.
func startShim(t *testing.T) (*shim, string) {
	t.Helper()
	engine, err := embedded.OpenClickHouse(context.Background(), embedded.ClickHouseOptions{Dir: dataFolder(t), Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { engine.Close() })
	target, err := url.Parse(engine.URL())
	if err != nil {
		t.Fatal(err)
	}
	s := &shim{gate: make(chan struct{})}
	forward := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: target.Host})
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, forward) }))
	t.Cleanup(s.Close)
	through := *target
	through.Host = s.Listener.Addr().String()
	return s, through.String()
}

func (s *shim) serve(w http.ResponseWriter, r *http.Request, forward http.Handler) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	mood := s.mood.Load()
	if mood == gone {
		panic(http.ErrAbortHandler)
	}
	if mood == failing && rand.IntN(2) == 0 {
		http.Error(w, "Code: 241. DB::Exception: Memory limit exceeded (MEMORY_LIMIT_EXCEEDED)", http.StatusInternalServerError)
		return
	}
	answer := httptest.NewRecorder()
	forward.ServeHTTP(answer, r)
	insert := bytes.HasPrefix([]byte(r.URL.Query().Get("query")), []byte("INSERT INTO requests"))
	if insert && mood >= late {
		s.inserts.Add(1)
		if mood == silent {
			panic(http.ErrAbortHandler)
		}
		<-s.gate
	}
	for name, values := range answer.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(answer.Code)
	w.Write(answer.Body.Bytes())
}

// TestFaultClickHouse has a ClickHouse that is away, fails, answers late, and
// stores what it does not acknowledge. Nothing but analytics notices, and at
// the end each request is counted once.
func TestFaultClickHouse(t *testing.T) {
	t.Parallel()
	s, through := startShim(t)
	l := newLane(t, "--clickhouse-url", through, "--roles", "api,relay,project,count")
	l.waits = true
	l.enter(t)
	l.ready(t, l.start(t, ""))
	b := l.load(t, 4, uint64(howMany(t, seedSetting, 1)))
	for range max(1, howMany(t, seedsSetting, 3)/3) {
		s.mood.Store(gone)
		b.more(t, 50)
		s.mood.Store(failing)
		b.more(t, 50)
		s.mood.Store(silent)
		s.after(t, s.inserts.Load()+3)
		s.mood.Store(late)
		s.after(t, s.inserts.Load()+1)
		s.gate <- struct{}{}
		s.mood.Store(honest)
	}
	close(s.gate)
	since := time.Now()
	b.stop()
	for _, e := range l.journal {
		if e.status >= 500 || e.status == 0 {
			t.Errorf("%s was answered with %d because of ClickHouse", e.what, e.status)
		}
	}
	l.report(t, fmt.Sprintf("clickhouse away, failing, late; %d inserts stored and not acknowledged", s.inserts.Load()), since)
}

// after waits until ClickHouse has stored so many inserts whose answers were
// withheld.
func (s *shim) after(t *testing.T, n int64) {
	t.Helper()
	until(t, 90*time.Second, func() (bool, string) {
		have := s.inserts.Load()
		return have >= n, fmt.Sprintf("%d of %d inserts", have, n)
	})
}
