package main

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// keyed sends one request under a key. It has no status where the server is
// away.
func keyed(key, server, once, target string) (status int, body, replayed string) {
	request, err := http.NewRequest(http.MethodPost, server+"/scanner/api/v1/scan", strings.NewReader(`{"target": "`+target+`"}`))
	if err != nil {
		return 0, err.Error(), ""
	}
	request.Header.Set("Authorization", "Bearer "+key)
	request.Header.Set("Idempotency-Key", once)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err.Error(), ""
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error(), ""
	}
	return response.StatusCode, string(text), response.Header.Get("Idempotent-Replayed")
}

// TestJourneyOnce sends the same requests a hundred times at the same moment,
// kills the process among them, and sends them again: each has one scan and
// one answer.
func TestJourneyOnce(t *testing.T) {
	dir := dataFolder(t)
	address := freeAddress(t)
	options := append(settings(t, dir), "--addr", address, "--roles", "api")
	server := process(t, address, options...)
	key, url := user(t, options, "scanner"), "http://"+address
	const keys, times = 10, 100
	target := func(n int) string { return fmt.Sprintf("127.0.0.%d", n+1) }
	var mu sync.Mutex
	first := map[string]string{} // by key, the body that was answered
	answered := make(chan struct{}, keys*times)
	send := func(n int) (status int, body, replayed string) {
		once := fmt.Sprintf("once-%d", n)
		status, body, replayed = keyed(key, url, once, target(n))
		if status != http.StatusCreated {
			return status, body, replayed
		}
		mu.Lock()
		defer mu.Unlock()
		if was, some := first[once]; some && was != body {
			t.Errorf("%s was answered %s, and then %s", once, was, body)
		}
		first[once] = body
		answered <- struct{}{}
		return status, body, replayed
	}
	var wg sync.WaitGroup
	for n := range keys * times {
		wg.Go(func() {
			if status, body, _ := send(n % keys); status != 0 && status != http.StatusCreated && status != http.StatusConflict {
				t.Errorf("%d %s", status, body)
			}
		})
	}
	waitFor(t, answered, "an answer")
	if err := server.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = server.Wait() // killed
	wg.Wait()
	process(t, address, options...)
	again := func() {
		for n := range keys {
			until(t, time.Minute, func() (bool, string) { // those that the kill has hit are free again when their time is over
				status, body, _ := send(n)
				return status == http.StatusCreated, fmt.Sprintf("%s: %d %s", target(n), status, body)
			})
		}
	}
	again()
	// As if every process had ended just before it could keep its answer.
	onLog(t, options, dir, "UPDATE answers SET answer = NULL, leased_until = now()")
	again()
	for n := range keys {
		if status, body, replayed := send(n); status != http.StatusCreated || replayed != "true" {
			t.Errorf("%s: %d %s, replayed %q", target(n), status, body, replayed)
		}
		if status, body, _ := keyed(key, url, fmt.Sprintf("once-%d", n), "127.0.0.99"); status != http.StatusUnprocessableEntity {
			t.Errorf("another target: %d %s", status, body)
		}
	}
	list := call[struct{ Total int }](t, key, http.MethodGet, url+"/api/v1/scans", "", http.StatusOK)
	if list.Total != keys || len(first) != keys {
		t.Errorf("%d scans and %d answers for %d keys", list.Total, len(first), keys)
	}
	var plain bool
	if err := connect(t, options, dir).QueryRow(t.Context(),
		"SELECT bool_or(position('reportUrl'::bytea IN answer) > 0 OR a::text LIKE '%once-%') FROM answers a").Scan(&plain); err != nil || plain {
		t.Errorf("answers or keys stand there in clear: %v, %v", plain, err)
	}
}
