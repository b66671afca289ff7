package ports

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

type flight struct {
	port   uint16
	beacon bool
	sent   time.Time
}

// sweep asks every port of one address.
type sweep struct {
	wire    wire
	now     func() time.Time
	allowed func(port uint16) bool
	found   func(port uint16)     // called for each open port, once
	moved   func(done, total int) // called now and then
	pace    *pace
	states  [65536]state
	tried   [65536]uint8

	todo, again []uint16
	quiet       []uint16 // asked in vain, perhaps not often enough
	doubts      []doubt  // asked in vain, and perhaps the path was dead
	flights     map[int]flight
	free        []int
	done, total int
	wanted      [65536]bool
	excused     [65536]uint8 // how often its silence did not count

	openPort, closedPort uint16    // ones that are known to answer, 0 for none
	proof                time.Time // when the newest of what the target answered was sent
	heard                time.Time // when the target last answered
	gapFrom, gapTo       time.Time // the last time it did not, for too long
	unheard              int       // beacons since then

	lastAnswer time.Time
	nextExpiry time.Time
	starving   int
	buffer     []outcome
}

const (
	burst      = 256
	spare      = 2 // slots that only beacons use
	shortTick  = 5 * time.Millisecond
	maxStarved = 1000 // short ticks
)

var errStarved = errors.New("no ephemeral port or file descriptor left to connect with")

func newSweep(w wire, now func() time.Time, ports []uint16) *sweep {
	s := &sweep{
		wire: w, now: now, pace: newPace(max(w.slots()-spare, 1)), todo: ports, total: len(ports),
		flights: map[int]flight{},
		allowed: func(uint16) bool { return true }, found: func(uint16) {}, moved: func(int, int) {},
	}
	for slot := w.slots() - 1; slot >= 0; slot-- {
		s.free = append(s.free, slot)
	}
	s.lastAnswer = now()
	for _, port := range ports {
		s.wanted[port] = true
	}
	return s
}

// run asks until every port has a state, or until ctx ends.
func (s *sweep) run(ctx context.Context) error {
	for ctx.Err() == nil {
		s.fill()
		if s.starving > maxStarved {
			return errStarved
		}
		if len(s.flights) == 0 && s.idle() || s.isShut() {
			return nil
		}
		s.collect()
		s.expire()
		s.moved(s.done, s.total)
	}
	return ctx.Err()
}

// idle reports whether nothing is left to ask; ports that were given up while
// the path looked better than it is come back first.
func (s *sweep) idle() bool {
	if len(s.todo)+len(s.again)+len(s.doubts) > 0 {
		return false
	}
	quiet := s.quiet
	s.quiet = nil
	for _, port := range quiet {
		s.repeat(port)
	}
	return len(s.again) == 0
}

func (s *sweep) fill() {
	dark := s.isDark()
	for n := 0; n < burst && len(s.flights) < int(s.pace.window) && !dark; n++ {
		port, more := s.next()
		if !more {
			break
		}
		if !s.allowed(port) {
			s.settle(port, refused)
			continue
		}
		if !s.send(port, false) {
			return
		}
	}
	if s.wantsBeacon() {
		port := s.beacon()
		s.unheard++
		s.send(port, true)
	}
}

// next takes a port to ask. Those to be asked again come first, in random
// order: in a fixed one, the last of a burst would be lost each time.
func (s *sweep) next() (uint16, bool) {
	if n := len(s.again); n > 0 {
		i := rand.IntN(n)
		port := s.again[i]
		s.again[i] = s.again[n-1]
		s.again = s.again[:n-1]
		return port, true
	}
	if len(s.todo) == 0 {
		return 0, false
	}
	port := s.todo[0]
	s.todo = s.todo[1:]
	return port, true
}

// send starts a connect and reports whether this machine was able to.
func (s *sweep) send(port uint16, beacon bool) bool {
	slot := s.free[len(s.free)-1]
	f := flight{port: port, beacon: beacon, sent: s.now()}
	got := s.wire.dial(slot, port)
	if got == starved {
		s.starve(f)
		return false
	}
	s.starving = 0
	switch got {
	case pending:
	case barred: // by this machine: no measure of the path
		s.settle(port, barred)
		return true
	default:
		s.answer(f, got)
		return true
	}
	s.free = s.free[:len(s.free)-1]
	s.flights[slot] = f
	return true
}

// starve takes a shortage on this machine for congestion.
func (s *sweep) starve(f flight) {
	s.starving++
	s.pace.choke(s.now())
	if !f.beacon {
		s.again = append(s.again, f.port)
	}
}

func (s *sweep) collect() {
	if len(s.flights)+len(s.doubts) == 0 && s.starving == 0 {
		return
	}
	var d time.Duration
	switch {
	case s.starving > 0:
		d = shortTick
	case len(s.flights) >= int(s.pace.window) || len(s.todo)+len(s.again) == 0 || s.isDark():
		d = s.tick()
	}
	s.buffer = s.wire.wait(d, s.buffer[:0])
	for _, o := range s.buffer {
		f, flying := s.flights[o.slot]
		if !flying {
			continue
		}
		delete(s.flights, o.slot)
		s.free = append(s.free, o.slot)
		if o.state == starved {
			s.starve(f)
			continue
		}
		s.answer(f, o.state)
	}
}

func (s *sweep) tick() time.Duration {
	return min(max(s.pace.timeout(0)/8, shortTick), 100*time.Millisecond)
}
