package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/valyala/fasthttp"

	"github.com/scanledger/scanledger/adapters/embedded"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/stream"
)

// BenchmarkRedirect follows a short link of the whole server, and asks a bare Fiber
// handler that answers with a redirect, in turns: by visitors of whom each has a
// connection of their own, and by 64 who keep theirs. After each turn of ours it waits
// until the broker has the clicks, so that the peer has the machine for itself, and at
// the end it looks for each click that was answered. What a redirect takes of the
// processor, all that asks and answers in this process counted, is compared too: that
// says the same on a machine that is busy with something else.
func BenchmarkRedirect(b *testing.B) {
	uuid.EnableRandPool() // as main does
	dir := dataFolder(b)
	options := append(settings(b, dir), "--roles", "api,relay")
	server := startServer(b, options)
	shortened(b, server.url, user(b, options, "7azzani"), `{"url": "https://127.9.9.9/a", "custom_code": "bench"}`)
	a, err := embedded.Published(dir)
	if err != nil {
		b.Fatal(err)
	}
	peer := bareRedirect(b)
	answered := map[string]bool{}
	for b.Loop() {
		compareRedirects(b, "http/redirect", a.Kafka.Brokers, answered, newFollower(b, server.url+"/s/bench", 150, false), newFollower(b, peer, 150, false))
		compareRedirects(b, "http/redirect-kept", a.Kafka.Brokers, answered, newFollower(b, server.url+"/s/bench", 500, true), newFollower(b, peer, 500, true))
		seen := clicksOf(b, a.Kafka.Brokers, answered)
		fmt.Printf("http/redirect-counted ratio %.2f (ours %d, peer %d, unit clicks)\n", float64(seen.events)/float64(len(answered)), seen.events, len(answered))
	}
}

// compareRedirects prints how ours and the peer compare, and notes what was answered.
func compareRedirects(b *testing.B, name string, brokers []string, answered map[string]bool, ours, bare *follower) {
	const rounds = 11
	var rates, all, peers, costs, peerCosts []float64
	count := func() {
		until(b, time.Minute, func() (bool, string) {
			n, want := messagesOn(b, brokers), len(answered)+len(ours.answered)
			return n >= want, fmt.Sprintf("%d of %d clicks", n, want)
		})
	}
	ours.run() // to be warm
	bare.run()
	count()
	for range rounds {
		began := time.Now()
		took, cost := ours.run()
		count()
		rates, all, costs = append(rates, ours.most()/took), append(all, ours.most()/time.Since(began).Seconds()), append(costs, cost/ours.most())
		took, cost = bare.run()
		peers, peerCosts = append(peers, bare.most()/took), append(peerCosts, cost/bare.most())
	}
	compareMedians(name, "redirects/s", rates, peers)
	compareMedians(name+"-until-acknowledged", "redirects/s", all, peers)
	compareMedians(name+"-processor", "s", costs, peerCosts)
	for _, id := range ours.answered {
		answered[id.String()] = true
	}
}

// compareMedians prints the median of how ours and the peer compare, each with what was
// measured just behind it, since a machine may slow down or be freed on the way.
func compareMedians(name, unit string, ours, peers []float64) {
	ratios := make([]float64, len(ours))
	for i := range ours {
		ratios[i] = ours[i] / peers[i]
	}
	median := func(of []float64) float64 { return slices.Sorted(slices.Values(of))[len(of)/2] }
	fmt.Printf("%s ratio %.2f (ours %.4g, peer %.4g, unit %s)\n", name, median(ratios), median(ours), median(peers), unit)
}

// processorTime is what this process has used of the processors.
func processorTime(b *testing.B) time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// messagesOn is how many messages the topic of clicks has.
func messagesOn(b *testing.B, brokers []string) (n int) {
	r, err := kafka.OpenReader(b.Context(), kafka.Broker{Addrs: brokers, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	spans, err := r.Spans(stream.Clicks)
	if err != nil {
		b.Fatal(err)
	}
	for _, s := range spans {
		n += int(s.End - s.Oldest)
	}
	return n
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
	each     int         // how often one of the clients follows it
	keeps    bool        // their connections
	answered []uuid.UUID // ids of requests, where the answers have them
}

// followers is how many follow a link at one time.
const followers = 64

func newFollower(b *testing.B, url string, each int, keeps bool) *follower {
	return &follower{b: b, client: &fasthttp.Client{MaxConnsPerHost: followers}, url: url, each: each, keeps: keeps}
}

// most is how many redirects a run has.
func (f *follower) most() float64 { return float64(followers * f.each) }

// run lets the followers follow the link, and returns how long it took, and how much
// time of the processors, in seconds.
func (f *follower) run() (took, processor float64) {
	began, used := time.Now(), processorTime(f.b)
	ids := make([][]uuid.UUID, followers)
	var all sync.WaitGroup
	for i := range followers {
		all.Go(func() {
			request, response := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
			defer fasthttp.ReleaseRequest(request)
			defer fasthttp.ReleaseResponse(response)
			request.SetRequestURI(f.url)
			request.Header.SetUserAgent(firefox)
			if !f.keeps {
				request.SetConnectionClose()
			}
			for range f.each {
				if err := f.client.Do(request, response); err != nil || response.StatusCode() != http.StatusFound {
					f.b.Errorf("%d, %v", response.StatusCode(), err)
				}
				if id, err := uuid.ParseBytes(response.Header.Peek(fiber.HeaderXRequestID)); err == nil {
					ids[i] = append(ids[i], id)
				}
			}
		})
	}
	all.Wait()
	took, processor = time.Since(began).Seconds(), (processorTime(f.b) - used).Seconds()
	f.answered = append(f.answered, slices.Concat(ids...)...)
	return took, processor
}
