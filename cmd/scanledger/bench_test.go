package main

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/adapters/embedded"
)

// BenchmarkCommand asks for scans over HTTP, each answered when it is durable,
// with all that is written for one, and compares the rate with pgbench's of
// plain inserts on the same server. Then it asks at half and at a tenth of that
// rate and compares the slowest percent with five milliseconds.
func BenchmarkCommand(b *testing.B) {
	const clients, each = 256, 40
	dir := dataFolder(b)
	options := append(settings(b, dir), "--roles", "api")
	server := startServer(b, options)
	l := newLoader(b, server.url+"/issafesite/api/v1/scan", user(b, options, "issafesite"), clients)
	l.run(clients, each) // to be warm
	var took time.Duration
	for b.Loop() {
		took += l.run(clients, each)
	}
	ours := float64(b.N*clients*each) / took.Seconds()
	a, err := embedded.Published(dir)
	if err != nil {
		b.Fatal(err)
	}
	peer := conformance.PlainInserts(b, a.Postgres.URL, 32)
	fmt.Printf("http/command ratio %.2f (ours %.0f, peer %.0f, unit commands/s)\n", ours/peer, ours, peer)
	for name, part := range map[string]float64{"http/command-p99": 2, "http/command-p99-tenth": 10} {
		slow := l.paced(ours/part, 4*time.Second).Seconds() * 1000
		fmt.Printf("%s ratio %.2f (ours %.2f, peer 5, unit ms)\n", name, slow/5, slow)
	}
}

// loader asks for scans of one site.
type loader struct {
	b      *testing.B
	client *fasthttp.Client
	url    string
	key    string
}

func newLoader(b *testing.B, url, key string, clients int) *loader {
	return &loader{b, &fasthttp.Client{MaxConnsPerHost: clients}, url, key}
}

// ask asks for one scan.
func (l *loader) ask() {
	request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
	defer fasthttp.ReleaseRequest(request)
	defer fasthttp.ReleaseResponse(response)
	request.SetRequestURI(l.url)
	request.Header.SetMethod(http.MethodPost)
	request.Header.Set("Authorization", "Bearer "+l.key)
	request.SetBodyString(`{"url": "http://127.9.9.9/", "depth": "QUICK"}`)
	if err := l.client.Do(request, response); err != nil || response.StatusCode() != http.StatusAccepted {
		l.b.Errorf("%d %s, %v", response.StatusCode(), response.Body(), err)
	}
}

// run lets as many clients ask, each so often, and returns how long it took.
func (l *loader) run(clients, each int) time.Duration {
	began := time.Now()
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for range each {
				l.ask()
			}
		})
	}
	wg.Wait()
	return time.Since(began)
}

// paced asks at a rate, whether or not it gets answers, and returns what all
// but the slowest percent took, from when they were due.
func (l *loader) paced(rate float64, during time.Duration) time.Duration {
	n := int(rate * during.Seconds())
	took := make([]time.Duration, n)
	began := time.Now()
	var wg sync.WaitGroup
	for i := range took {
		due := began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		<-time.After(time.Until(due))
		wg.Go(func() {
			l.ask()
			took[i] = time.Since(due)
		})
	}
	wg.Wait()
	slices.Sort(took)
	return took[n*99/100]
}
