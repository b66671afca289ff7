package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/adapters/embedded"
)

// slowSite answers nothing until it is released, so that a scan of it is in
// its middle for as long as a test needs. Asked gets a token per request.
func slowSite(t *testing.T, at net.Listener) (site *httptest.Server, asked <-chan struct{}, release func()) {
	t.Helper()
	requests, gate := make(chan struct{}, 1000), make(chan struct{})
	site = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case requests <- struct{}{}:
		default:
		}
		select {
		case <-gate:
		case <-r.Context().Done():
		}
		fmt.Fprint(w, `<!doctype html><html lang="en"><head><title>Slow</title></head><body>slow</body></html>`)
	}))
	site.Listener.Close()
	site.Listener = at
	site.Start()
	release = sync.OnceFunc(func() { close(gate) })
	t.Cleanup(func() { release(); site.Close() })
	return site, requests, release
}

// anyPort listens on this machine.
func anyPort(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// knownPort listens on a port that every scan of a host looks at, of an
// address on which nothing else does.
func knownPort(t *testing.T) net.Listener {
	t.Helper()
	for range 100 {
		host := fmt.Sprintf("127.%d.%d.%d", 1+rand.IntN(250), rand.IntN(250), 1+rand.IntN(250))
		for _, port := range []string{"8080", "8000", "8081", "8888"} {
			if l, err := net.Listen("tcp", host+":"+port); err == nil {
				return l
			}
		}
	}
	t.Fatal("no address is free")
	return nil
}

// waitFor waits for one signal.
func waitFor(t *testing.T, signal <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-signal:
	case <-time.After(time.Minute):
		t.Fatalf("%s did not happen", what)
	}
}

// finished waits until a scan is over and returns it.
func finished(t *testing.T, key, server, scan string) scanView {
	t.Helper()
	var v scanView
	until(t, 2*time.Minute, func() (bool, string) {
		v = call[scanView](t, key, http.MethodGet, server+"/issafesite/api/v1/scan/"+scan, "", http.StatusOK)
		return v.Status == "COMPLETED" || v.Status == "FAILED" || v.Status == "CANCELLED", fmt.Sprintf("the scan is %s at %d %%", v.Status, v.Progress)
	})
	return v
}

// wholeHistory checks that a scan's stream has every version once, and that
// nothing in it is told twice.
func wholeHistory(t *testing.T, options []string, scan string) {
	t.Helper()
	type event struct {
		Type    string
		Version int
		Payload struct{ Tool, Finding, Where string }
	}
	history := answerOf[struct{ Events []event }](t, append([]string{"events", scan}, options...)...).Events
	said := map[string]int{}
	for i, e := range history {
		if e.Version != i+1 {
			t.Errorf("event %d has version %d", i+1, e.Version)
		}
		switch e.Type {
		case "scan.requested", "scan.started", "scan.completed":
			said[e.Type]++
		case "probe.finished":
			said[e.Type+" "+e.Payload.Tool]++
		case "finding.raised":
			said[e.Type+" "+e.Payload.Finding+"@"+e.Payload.Where]++
		}
	}
	for what, times := range said {
		if times != 1 {
			t.Errorf("%s is in the history %d times", what, times)
		}
	}
	if said["scan.completed"] != 1 {
		t.Errorf("the scan has no end: %v", said)
	}
}

// TestJourneySurvivesKill kills the whole process with a scan in its middle.
func TestJourneySurvivesKill(t *testing.T) {
	options := settings(t, dataFolder(t))
	address := freeAddress(t)
	options = append(options, "--addr", address)
	server := process(t, address, options...)
	key := user(t, options, "issafesite")
	site, asked, release := slowSite(t, anyPort(t))
	scan := call[scanView](t, key, http.MethodPost, "http://"+address+"/api/v1/scan", `{"url": "`+site.URL+`", "depth": "QUICK"}`, http.StatusAccepted)
	waitFor(t, asked, "a request of the scan")

	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait() // killed
	release()
	process(t, address, options...)
	if v := finished(t, key, "http://"+address, scan.ID); v.Status != "COMPLETED" {
		t.Errorf("after the kill the scan is %s", v.Status)
	}
	wholeHistory(t, options, scan.ID)
}

// TestJourneySurvivesTheWorker kills the process with the role scan alone;
// another worker takes over.
func TestJourneySurvivesTheWorker(t *testing.T) {
	dir := dataFolder(t)
	options := settings(t, dir)
	server := startServer(t, append(slices.Clone(options), "--roles", "api,relay,project,count"))
	key := user(t, options, "issafesite")
	site, asked, release := slowSite(t, anyPort(t))
	scan := call[scanView](t, key, http.MethodPost, server.url+"/api/v1/scan", `{"url": "`+site.URL+`", "depth": "QUICK"}`, http.StatusAccepted)
	first := freeAddress(t)
	worker := process(t, first, append(slices.Clone(options), "--roles", "scan", "--addr", first)...)
	waitFor(t, asked, "a request of the scan")
	if err := worker.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = worker.Wait() // killed
	release()
	second := freeAddress(t)
	process(t, second, append(slices.Clone(options), "--roles", "scan", "--addr", second)...)
	if v := finished(t, key, server.url, scan.ID); v.Status != "COMPLETED" {
		t.Errorf("after the worker's death the scan is %s", v.Status)
	}
	wholeHistory(t, options, scan.ID)
}

// TestJourneyWithoutKafka submits while the broker is away.
func TestJourneyWithoutKafka(t *testing.T) {
	broker := startBroker(t)
	options := settings(t, dataFolder(t), "--kafka-brokers", broker.address)
	server := startServer(t, options)
	key := user(t, options, "issafesite")
	site := testSite(t)
	body := `{"url": "` + site.URL + `", "depth": "QUICK"}`
	before := call[scanView](t, key, http.MethodPost, server.url+"/api/v1/scan", body, http.StatusAccepted)
	finished(t, key, server.url, before.ID)

	broker.kill()
	until(t, time.Minute, func() (bool, string) {
		r := call[struct {
			Status  string
			Engines map[string]string
		}](t, key, http.MethodGet, server.url+"/readyz", "", http.StatusOK)
		return r.Status == "degraded" && r.Engines["kafka"] == "away", fmt.Sprintf("%+v", r)
	})
	var ids []string
	for range 5 {
		scan := call[scanView](t, key, http.MethodPost, server.url+"/api/v1/scan", body, http.StatusAccepted)
		call[scanView](t, key, http.MethodGet, server.url+"/api/v1/scan/"+scan.ID, "", http.StatusOK)
		ids = append(ids, scan.ID)
	}
	list := call[struct{ Pagination struct{ Total int } }](t, key, http.MethodGet, server.url+"/api/v1/scan", "", http.StatusOK)
	if list.Pagination.Total != 6 {
		t.Errorf("the list has %d of 6 scans while Kafka is away", list.Pagination.Total)
	}

	broker.start()
	for _, id := range ids {
		if v := finished(t, key, server.url, id); v.Status != "COMPLETED" {
			t.Errorf("after Kafka's return the scan is %s", v.Status)
		}
		wholeHistory(t, options, id)
	}
	until(t, time.Minute, func() (bool, string) {
		out, code := command(t, append([]string{"sql", "SELECT count() AS n FROM requests WHERE status = 202", "--json"}, options...)...)
		return code == exitOK && strings.Contains(out, `"n":6`), out
	})
}

// TestJourneyWithoutClickHouse has a ClickHouse that is away all the time:
// nothing but analytics notices.
func TestJourneyWithoutClickHouse(t *testing.T) {
	options := settings(t, dataFolder(t), "--clickhouse-url", "http://"+freeAddress(t))
	server := startServer(t, options)
	key := user(t, options, "issafesite")
	scan := call[scanView](t, key, http.MethodPost, server.url+"/api/v1/scan", `{"url": "`+testSite(t).URL+`", "depth": "QUICK"}`, http.StatusAccepted)
	if v := finished(t, key, server.url, scan.ID); v.Status != "COMPLETED" {
		t.Errorf("without ClickHouse the scan is %s", v.Status)
	}
	r := call[struct{ Status string }](t, key, http.MethodGet, server.url+"/readyz", "", http.StatusOK)
	if r.Status != "degraded" {
		t.Errorf("without ClickHouse the server is %s", r.Status)
	}
}

// TestJourneyReadModels compares what the projections have made of the events
// from Kafka with a fold of the log.
func TestJourneyReadModels(t *testing.T) {
	dir := dataFolder(t)
	options := settings(t, dir)
	server := startServer(t, options)
	key := user(t, options, "issafesite")
	scan := call[scanView](t, key, http.MethodPost, server.url+"/api/v1/scan", `{"url": "`+testSite(t).URL+`", "depth": "QUICK"}`, http.StatusAccepted)
	v := finished(t, key, server.url, scan.ID)
	db := connect(t, options, dir)
	until(t, 30*time.Second, func() (bool, string) {
		var scans, reports, findings int
		err := db.QueryRow(t.Context(), `SELECT (SELECT version FROM scans WHERE scan = $1), (SELECT version FROM reports WHERE scan = $1),
			(SELECT count(*) FROM findings WHERE scan = $1)`, scan.ID).Scan(&scans, &reports, &findings)
		return err == nil && scans == v.Version && reports == v.Version && findings == v.FindingsCount,
			fmt.Sprintf("scans at %d, reports at %d of %d, %d of %d findings, %v", scans, reports, v.Version, findings, v.FindingsCount, err)
	})
}

// connect opens the Postgres that a server with these settings uses.
func connect(t *testing.T, options []string, dir string) *pgx.Conn {
	t.Helper()
	url := ""
	if i := slices.Index(options, "--postgres-url"); i >= 0 {
		url = options[i+1]
	} else if a, err := embedded.Published(dir); err != nil {
		t.Fatal(err)
	} else {
		url = a.Postgres.URL
	}
	db, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.Background()) })
	return db
}
