package main

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"github.com/scanledger/scanledger/adapters/embedded"
)

// BenchmarkRedirect follows a short link of the whole server, and asks a bare Fiber
// handler that answers with a redirect, in turns; then it waits until each click that
// was answered is on the topic.
func BenchmarkRedirect(b *testing.B) {
	const clients, each, rounds = 64, 500, 7
	dir := dataFolder(b)
	options := append(settings(b, dir), "--roles", "api,relay")
	server := startServer(b, options)
	shortened(b, server.url, user(b, options, "7azzani"), `{"url": "https://127.9.9.9/a", "custom_code": "bench"}`)
	a, err := embedded.Published(dir)
	if err != nil {
		b.Fatal(err)
	}
	ours, bare := newFollower(b, server.url+"/s/bench", clients), newFollower(b, bareRedirect(b), clients)
	ours.run(clients, each) // to be warm
	bare.run(clients, each)
	for b.Loop() {
		var rates, peers []float64
		for range rounds {
			rates, peers = append(rates, clients*each/ours.run(clients, each).Seconds()), append(peers, clients*each/bare.run(clients, each).Seconds())
		}
		began := time.Now()
		seen := clicksOf(b, a.Kafka.Brokers, ours.answered)
		waited := time.Since(began)
		slices.Sort(rates)
		slices.Sort(peers)
		mine, peer := rates[rounds/2], peers[rounds/2]
		fmt.Printf("http/redirect ratio %.2f (ours %.0f, peer %.0f, unit redirects/s)\n", mine/peer, mine, peer)
		fmt.Printf("http/redirect-counted ratio %.2f (ours %d, peer %d, unit clicks)\n", float64(seen.events)/float64(len(ours.answered)), seen.events, len(ours.answered))
		fmt.Printf("http/redirect-behind ratio %.2f (ours %.2f, peer 1, unit s)\n", waited.Seconds(), waited.Seconds())
	}
}

// bareRedirect is a Fiber that redirects and does nothing else.
func bareRedirect(b *testing.B) string {
	app := fiber.New(fiber.Config{DisableStartupMessage: true})
	app.Get("/s/:code", func(c *fiber.Ctx) error { return c.Redirect("https://127.9.9.9/a", http.StatusFound) })
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go serveQuietly(app, listener)
	b.Cleanup(func() { _ = app.Shutdown() })
	return "http://" + listener.Addr().String() + "/s/bench"
}

// follower follows one link.
type follower struct {
	b        *testing.B
	client   *fasthttp.Client
	url      string
	answered map[string]bool // ids of requests
}

func newFollower(b *testing.B, url string, clients int) *follower {
	return &follower{b: b, client: &fasthttp.Client{MaxConnsPerHost: clients}, url: url, answered: map[string]bool{}}
}

// run lets as many clients follow the link, each so often, and returns how long it
// took.
func (f *follower) run(clients, each int) time.Duration {
	began := time.Now()
	ids := make([][]string, clients)
	var all sync.WaitGroup
	for i := range clients {
		all.Go(func() {
			request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			defer fasthttp.ReleaseRequest(request)
			defer fasthttp.ReleaseResponse(response)
			request.SetRequestURI(f.url)
			request.Header.SetUserAgent(firefox)
			for range each {
				if err := f.client.Do(request, response); err != nil || response.StatusCode() != http.StatusFound {
					f.b.Errorf("%d, %v", response.StatusCode(), err)
				}
				ids[i] = append(ids[i], string(response.Header.Peek(fiber.HeaderXRequestID)))
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	for _, some := range ids {
		for _, id := range some {
			f.answered[id] = true
		}
	}
	return took
}
