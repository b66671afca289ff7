package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/cmd/scanledger/deadletters"
)

// clicksSetting is how many redirects are answered over two kills; 5,000 when empty.
const clicksSetting = "FAULT_CLICKS"

// TestClicksOutliveKills follows a link while the process is killed twice, and finds
// each redirect that was answered on the topic, as one event. What was under way at a
// kill, and was not answered, may be there or not.
func TestClicksOutliveKills(t *testing.T) {
	t.Parallel()
	wanted, err := strconv.Atoi(cmp.Or(os.Getenv(clicksSetting), "5000"))
	if err != nil {
		t.Fatal(err)
	}
	broker, address := startBroker(t), freeAddress(t)
	options := append(settings(t, dataFolder(t), "--kafka-brokers", broker.address), "--addr", address, "--roles", "api,relay")
	server := process(t, address, options...)
	shortened(t, "http://"+address, user(t, options, "7azzani"), `{"url": "https://127.9.9.9/a", "custom_code": "kills"}`)
	v := &visitors{url: "http://" + address + "/s/kills", answered: map[string]bool{}}
	for _, until := range []int{wanted / 3, 2 * wanted / 3} {
		stop := v.follow(t, 64)
		v.wait(t, until)
		server.Process.Kill()
		server.Wait()
		stop()
		server = process(t, address, options...)
	}
	stop := v.follow(t, 64)
	v.wait(t, wanted)
	stop()
	seen := clicksOf(t, []string{broker.address}, v.answered)
	t.Logf("%d redirects answered, %d requests not, %d events in %d messages", len(v.answered), v.failed.Load(), seen.events, seen.messages)
	if extra := seen.events - len(v.answered); extra < 0 || extra > int(v.failed.Load()) {
		t.Errorf("%d redirects were answered, %d requests were not, and there are %d events", len(v.answered), v.failed.Load(), seen.events)
	}
}

// shortened makes a link.
func shortened(t testing.TB, url, key, body string) {
	t.Helper()
	call[map[string]any](t, key, http.MethodPost, url+"/shrinkit/api/shorten/", body, http.StatusCreated)
}

// visitors follow a link.
type visitors struct {
	url      string
	failed   atomic.Int64
	mu       sync.Mutex
	answered map[string]bool // ids of requests
}

// follow lets so many follow the link, again and again, until stop is called or
// nobody answers.
func (v *visitors) follow(t *testing.T, many int) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: many}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var all sync.WaitGroup
	for range many {
		all.Go(func() {
			for ctx.Err() == nil && v.once(client) {
			}
		})
	}
	return func() {
		cancel()
		all.Wait()
		client.CloseIdleConnections()
	}
}

// once follows the link once; false where nobody answers.
func (v *visitors) once(client *http.Client) bool {
	request, err := http.NewRequest(http.MethodGet, v.url, nil)
	if err != nil {
		return false
	}
	request.Header.Set("User-Agent", firefox)
	response, err := client.Do(request)
	if err != nil {
		v.failed.Add(1)
		return false
	}
	response.Body.Close()
	if response.StatusCode == http.StatusFound {
		v.mu.Lock()
		v.answered[response.Header.Get("X-Request-ID")] = true
		v.mu.Unlock()
	}
	return true
}

func (v *visitors) wait(t *testing.T, many int) {
	t.Helper()
	until(t, 10*time.Minute, func() (bool, string) {
		v.mu.Lock()
		defer v.mu.Unlock()
		return len(v.answered) >= many, fmt.Sprintf("%d were led on", len(v.answered))
	})
}

// counted are clicks on their topic.
type counted struct{ messages, events int }

// clicksOf waits until all answered redirects are on the topic, and fails the test
// where one is there as two events.
func clicksOf(t testing.TB, brokers []string, answered map[string]bool) (c counted) {
	t.Helper()
	until(t, 2*time.Minute, func() (bool, string) {
		c = counted{}
		events, by := map[string]bool{}, map[string]string{}
		var mu sync.Mutex
		onTopic(t, brokers, func(id, cause string) {
			mu.Lock()
			defer mu.Unlock()
			c.messages++
			if events[id] = true; by[cause] != "" && by[cause] != id {
				t.Errorf("the redirect %s is counted as %s and as %s", cause, by[cause], id)
			}
			by[cause] = id
		})
		c.events = len(events)
		missing := 0
		for cause := range answered {
			if by[cause] == "" {
				missing++
			}
		}
		return missing == 0, fmt.Sprintf("%d of %d are missing", missing, len(answered))
	})
	return c
}

// onTopic reads the clicks that are there now.
func onTopic(t testing.TB, brokers []string, see func(id, cause string)) {
	t.Helper()
	r, err := kafka.OpenReader(t.Context(), kafka.Broker{Addrs: brokers, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	spans, err := r.Spans(stream.Clicks)
	if err != nil {
		t.Fatal(err)
	}
	err = r.ReadAll(t.Context(), stream.Clicks, spans, 1000, func(_ context.Context, batch []kafka.Record) error {
		events, _ := deadletters.Readable(batch, deadletters.IgnoreUnreadable)
		for _, e := range events {
			see(e.ID.String(), e.Cause)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
