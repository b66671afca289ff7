package ports

import (
	"container/heap"
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// path is a simulated network with a clock of its own: a target behind a line
// with delay, random loss and a bottleneck with a queue.
type path struct {
	at        time.Time
	rtt       time.Duration
	loss      float64 // each way
	perSecond int     // packets through the bottleneck; 0 for no bottleneck
	queue     int     // packets that wait before it
	port      func(port uint16) state
	width     int
	shortage  int              // dials that fail for want of an ephemeral port
	dead      [2]time.Duration // from when until when nothing comes through
	stalls    time.Duration    // how long nothing moves in every 50 ms, as with a busy machine or radio
	resets    int              // at most so many closed ports a second say that they are

	random  *rand.Rand
	busy    time.Time // until when the bottleneck is sending
	arrive  arrivals
	flying  map[int]int // the serial number of the dial by slot
	serial  int
	sent    int
	highest int
	times   []time.Time // of each dial
	second  int64
	said    int
}

type arrival struct {
	at     time.Time
	slot   int
	serial int
	state  state
}

type arrivals []arrival

func (a arrivals) Len() int           { return len(a) }
func (a arrivals) Less(i, j int) bool { return a[i].at.Before(a[j].at) }
func (a arrivals) Swap(i, j int)      { a[i], a[j] = a[j], a[i] }
func (a *arrivals) Push(x any)        { *a = append(*a, x.(arrival)) }
func (a *arrivals) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

func (p *path) now() time.Time { return p.at }
func (p *path) slots() int     { return p.width }
func (p *path) close()         {}
func (p *path) drop(slot int)  { delete(p.flying, slot) }

func (p *path) dial(slot int, port uint16) state {
	if p.shortage > 0 {
		p.shortage--
		return starved
	}
	p.at = p.at.Add(5 * time.Microsecond) // what a connect costs us
	p.sent++
	p.times = append(p.times, p.at)
	p.serial++
	p.flying[slot] = p.serial
	p.highest = max(p.highest, len(p.flying))
	leaves := p.at
	if p.perSecond > 0 {
		gap := time.Second / time.Duration(p.perSecond)
		if p.busy.Before(p.at) {
			p.busy = p.at
		}
		if p.busy.Sub(p.at) > gap*time.Duration(p.queue) {
			return pending // dropped: the queue is full
		}
		p.busy = p.busy.Add(gap)
		leaves = p.busy
	}
	if moves := leaves.Truncate(50 * time.Millisecond).Add(p.stalls); leaves.Before(moves) {
		leaves = moves
	}
	since := p.at.Sub(time.Unix(1e9, 0))
	lost := since > p.dead[0] && since < p.dead[1] || p.random.Float64() < p.loss || p.random.Float64() < p.loss
	if got := p.port(port); got != silent && !lost && p.says(got) {
		heap.Push(&p.arrive, arrival{leaves.Add(p.rtt), slot, p.serial, got})
	}
	return pending
}

// sentAfter counts the dials later than d after the beginning.
func (p *path) sentAfter(d time.Duration) int {
	n := 0
	for _, at := range p.times {
		if at.Sub(time.Unix(1e9, 0)) > d {
			n++
		}
	}
	return n
}

// says reports whether the target's own limit lets it give this answer.
func (p *path) says(got state) bool {
	if p.resets == 0 || got != closed {
		return true
	}
	if second := p.at.Unix(); second != p.second {
		p.second, p.said = second, 0
	}
	p.said++
	return p.said <= p.resets
}

func (p *path) wait(d time.Duration, found []outcome) []outcome {
	until := p.at.Add(d)
	for len(p.arrive) > 0 && !p.arrive[0].at.After(until) {
		if first := p.arrive[0].at; first.After(p.at) {
			if len(found) > 0 {
				return found
			}
			p.at = first
		}
		a := heap.Pop(&p.arrive).(arrival)
		if p.flying[a.slot] == a.serial {
			delete(p.flying, a.slot)
			found = append(found, outcome{a.slot, a.state})
		}
	}
	if len(found) == 0 {
		p.at = until
	}
	return found
}

// fiftyOpen has 50 open ports spread over all; the others have the given state.
func fiftyOpen(others state) func(uint16) state {
	return func(port uint16) state {
		if port%1300 == 7 && port < 65000 {
			return open
		}
		return others
	}
}

func newPath(p path) *path {
	p.at = time.Unix(1e9, 0)
	p.random = rand.New(rand.NewPCG(1, 2))
	p.flying = map[int]int{}
	if p.width == 0 {
		p.width = 2048
	}
	return &p
}

func TestSweepOverDifficultPaths(t *testing.T) {
	tests := []struct {
		name string
		path path
		n    int
		most time.Duration // by the path's clock
	}{
		{"20 ms, 0.5 % loss", path{rtt: 20 * time.Millisecond, loss: 0.005, port: fiftyOpen(closed)}, 65535, 1500 * time.Millisecond},
		{"200 ms, 5 % loss", path{rtt: 200 * time.Millisecond, loss: 0.05, port: fiftyOpen(closed)}, 65535, 30 * time.Second},
		// The line itself needs 3.28 s.
		{"bottleneck", path{rtt: 20 * time.Millisecond, perSecond: 20000, queue: 1000, port: fiftyOpen(closed)}, 65535, 3600 * time.Millisecond},
		{"bottleneck, short queue", path{rtt: 20 * time.Millisecond, perSecond: 20000, queue: 50, port: fiftyOpen(closed)}, 65535, 6 * time.Second},
		{"narrow bottleneck", path{rtt: 50 * time.Millisecond, perSecond: 500, queue: 20, port: fiftyOpen(closed)}, 10000, 30 * time.Second},
		{"all others dropped", path{rtt: 30 * time.Millisecond, loss: 0.01, port: fiftyOpen(silent)}, 65535, 2 * time.Minute},
		{"all others barred", path{rtt: 30 * time.Millisecond, port: fiftyOpen(barred)}, 65535, 5 * time.Second},
		{"20 ms, stalls", path{rtt: 20 * time.Millisecond, loss: 0.005, stalls: 12 * time.Millisecond, port: fiftyOpen(closed)}, 65535, 1500 * time.Millisecond},
		{"dead for 5 s", path{rtt: 20 * time.Millisecond, port: fiftyOpen(closed), dead: [2]time.Duration{100 * time.Millisecond, 5 * time.Second}}, 65535, 10 * time.Second},
		{"dead for 5 s, all others dropped", path{rtt: 20 * time.Millisecond, port: fiftyOpen(silent), dead: [2]time.Duration{time.Second, 6 * time.Second}}, 20000, time.Minute},
		{"500 resets a second", path{rtt: 20 * time.Millisecond, resets: 500, port: fiftyOpen(closed)}, 10000, 2 * time.Minute},
		{"few descriptors", path{rtt: 20 * time.Millisecond, width: 20, port: fiftyOpen(closed)}, 5000, 10 * time.Second},
		{"ephemeral ports run out", path{rtt: 20 * time.Millisecond, shortage: 300, port: fiftyOpen(closed)}, 5000, 10 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := newPath(test.path)
			s := newSweep(p, p.now, seq(test.n))
			found := map[uint16]int{}
			s.found = func(port uint16) { found[port]++ }
			begin := p.at
			if err := s.run(context.Background()); err != nil {
				t.Fatal(err)
			}
			for _, port := range seq(test.n) {
				want := p.port(port)
				if want == open && found[port] != 1 {
					t.Errorf("port %d: open, reported %d times", port, found[port])
				}
				if got := s.states[port]; got != want && want != closed {
					t.Errorf("port %d: state %d, want %d", port, got, want)
				}
			}
			took := p.at.Sub(begin)
			t.Logf("%v, %d connects, %d in flight at most", took, p.sent, p.highest)
			if took > test.most {
				t.Errorf("took %v of the path's time, want at most %v", took, test.most)
			}
			if s.done != test.n || len(p.flying) != 0 {
				t.Errorf("%d of %d done, %d connects left behind", s.done, test.n, len(p.flying))
			}
		})
	}
}

func seq(n int) []uint16 {
	ports := make([]uint16, n)
	for i := range ports {
		ports[i] = uint16(i + 1)
	}
	return ports
}

func TestSweepOfSilentHostEnds(t *testing.T) {
	for n, most := range map[int]time.Duration{100: 10 * time.Second, 1000: 20 * time.Second, 65535: 4 * time.Minute} {
		p := newPath(path{port: func(uint16) state { return silent }})
		s := newSweep(p, p.now, seq(n))
		begin := p.at
		if err := s.run(context.Background()); err != nil {
			t.Fatal(err)
		}
		if took := p.at.Sub(begin); took > most || s.pace.answered != 0 || p.highest > blindWindow {
			t.Errorf("%d ports: took %v, want at most %v; %d in flight", n, took, most, p.highest)
		}
	}
}

func TestSweepGivesUpWhenStarved(t *testing.T) {
	p := newPath(path{shortage: 1 << 30, port: fiftyOpen(closed)})
	if err := newSweep(p, p.now, seq(100)).run(context.Background()); !errors.Is(err, errStarved) {
		t.Errorf("got %v, want %v", err, errStarved)
	}
}

func TestSweepAsksNothingThatIsNotAllowed(t *testing.T) {
	p := newPath(path{rtt: time.Millisecond, port: fiftyOpen(closed)})
	s := newSweep(p, p.now, seq(100))
	s.allowed = func(port uint16) bool { return port != 7 }
	if err := s.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if s.states[7] != refused || p.sent != 99 {
		t.Errorf("state %d after %d connects, want refused after 99", s.states[7], p.sent)
	}
}

func TestSweepStopsWithItsContext(t *testing.T) {
	p := newPath(path{rtt: time.Millisecond, port: fiftyOpen(closed)})
	s := newSweep(p, p.now, seq(65535))
	ctx, cancel := context.WithCancel(context.Background())
	s.moved = func(done, _ int) {
		if done > 1000 {
			cancel()
		}
	}
	if err := s.run(ctx); !errors.Is(err, context.Canceled) || s.done > 10000 {
		t.Errorf("got %v after %d ports", err, s.done)
	}
}
