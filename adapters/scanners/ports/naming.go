package ports

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

const (
	mostNamed    = 256 // services asked who they are; behind more there is a tarpit
	mostTogether = 16
	mostReply    = 16 << 10
)

// naming asks open ports who they are, some at a time.
type naming struct {
	job   scanners.Job
	addr  netip.Addr
	see   func(domain.Observation)
	turns chan struct{}
	works sync.WaitGroup
	asked int
	left  int // open ports beyond mostNamed
	cut   []uint16
	mu    sync.Mutex
}

func newNaming(job scanners.Job, addr netip.Addr, see func(domain.Observation)) *naming {
	return &naming{job: job, addr: addr, see: see, turns: make(chan struct{}, mostTogether)}
}

// start asks port who it is, when it is its turn. It does not wait.
func (n *naming) start(ctx context.Context, port uint16) {
	if n.asked == mostNamed {
		n.left++
		return
	}
	n.asked++
	n.works.Go(func() {
		select {
		case n.turns <- struct{}{}:
			defer func() { <-n.turns }()
			n.name(ctx, port)
		case <-ctx.Done():
			n.late(port)
		}
	})
}

func (n *naming) wait() { n.works.Wait() }

func (n *naming) late(port uint16) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cut = append(n.cut, port)
}

// coverage says which services could not be asked.
func (n *naming) coverage() {
	if n.left > 0 {
		n.see(domain.Coverage{What: "service detection", Outcome: domain.Skipped,
			Reason: fmt.Sprintf("%d open ports beyond the first %d were not asked who they are", n.left, mostNamed)})
	}
	for _, what := range Compact(n.cut) {
		n.see(domain.Coverage{What: "service on " + what, Outcome: domain.TimedOut, Reason: "the scan's time ran out"})
	}
}

func (n *naming) name(ctx context.Context, port uint16) {
	t := n.ask(ctx, int(port))
	if ctx.Err() != nil && t.name == "" {
		n.late(port)
		return
	}
	service := domain.Service{Port: int(port), Protocol: "tcp", Name: t.name, Product: t.product,
		Version: t.version, TLS: t.tls, Method: "probed"}
	if t.name == "" {
		service.Method, service.Name = "table", usual[int(port)]
		if service.Name == "" {
			service.Name = "unknown"
		}
	}
	if len(t.reply) > 0 {
		service.Evidence = n.job.Keep("banner", t.reply)
	}
	n.see(service)
	for _, w := range Exposures(service, t.reply) {
		n.see(w)
	}
}

// talk is what one port has told of itself. Name is empty while nobody knows.
type talk struct {
	name, product, version string
	tls                    bool
	reply                  []byte
}

// ask tries the probes that suit the port, then those that suit any.
func (n *naming) ask(ctx context.Context, port int) talk {
	var last talk
	for _, p := range probesFor(port, n.job.Profile) {
		if ctx.Err() != nil {
			break
		}
		if p.tls {
			if t, speaks := n.askTLS(ctx, port); speaks {
				return t
			}
			continue
		}
		reply := n.exchange(ctx, port, p, false)
		if t, known := match(reply); known {
			return n.askFurther(ctx, port, t, false)
		} else if len(reply) > 0 {
			last.reply = reply
		}
	}
	return last
}

// askFurther asks a service that is known for its version, if it has not told
// it and there is a way to ask.
func (n *naming) askFurther(ctx context.Context, port int, known talk, secret bool) talk {
	p, exists := further[known.name]
	if !exists || known.version != "" {
		return known
	}
	if t, again := match(n.exchange(ctx, port, p, secret)); again && t.name == known.name && t.version != "" {
		return t
	}
	return known
}

// askTLS speaks TLS with the port, and asks inside of it.
func (n *naming) askTLS(ctx context.Context, port int) (talk, bool) {
	reply, speaks := n.hello(ctx, port)
	if !speaks {
		return talk{}, false
	}
	t := talk{tls: true, reply: reply}
	if reply != nil { // an alert: TLS, but not with us
		return t, true
	}
	for _, p := range inside(port, n.job.Profile) {
		if ctx.Err() != nil {
			break
		}
		reply := n.exchange(ctx, port, p, true)
		inner, known := match(reply)
		if known {
			inner = n.askFurther(ctx, port, inner, true)
			inner.tls = true
			inner.name = InTLS(inner.name)
			return inner, true
		}
		if len(reply) > 0 {
			t.reply = reply
		}
	}
	return t, true
}

// exchange sends what the probe sends, and returns what comes back until the
// other side pauses, closes, or has said enough to be known.
func (n *naming) exchange(ctx context.Context, port int, p probe, secret bool) []byte {
	ctx, cancel := context.WithTimeout(ctx, p.patience()+3*time.Second)
	defer cancel()
	conn, err := n.dial(ctx, port, secret)
	if err != nil {
		return nil
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if len(p.send) > 0 {
		if _, err := conn.Write(p.send); err != nil {
			return nil
		}
	}
	return listen(conn, p.patience())
}

// pause is how long a service may hesitate within its answer.
const pause = 300 * time.Millisecond

func listen(conn net.Conn, patience time.Duration) []byte {
	reply := make([]byte, 0, 512)
	buffer := make([]byte, 4096)
	end := time.Now().Add(patience)
	for wait := end; len(reply) < mostReply; {
		if conn.SetReadDeadline(wait) != nil {
			break
		}
		got, err := conn.Read(buffer)
		reply = append(reply, buffer[:got]...)
		if err != nil {
			break
		}
		if wait = time.Now().Add(pause); wait.After(end) {
			wait = end
		}
	}
	return reply[:min(len(reply), mostReply)]
}
