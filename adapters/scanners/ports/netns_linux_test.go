package ports

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/hostile"
	"github.com/scanledger/scanledger/domain"
)

// The tests of this file run this binary again in a network namespace of its
// own, with a network device behind which a small emulator plays the target.

// target is an emulated host behind a line.
type target struct {
	tun   *os.File
	delay time.Duration
	loss  float64 // each way
	port  func(port uint16) state

	plain     bool      // whether it answers no SYN that looks as if no system had sent it
	perSecond int       // packets that the line takes; 0 for any number
	queue     int       // packets that wait before it
	busy      time.Time // until when the line is sending

	back chan packet
	done chan struct{}
}

type packet struct {
	due time.Time
	raw []byte
}

const (
	targetAddr = "198.18.7.2"
	ownAddr    = "198.18.7.1/24"
)

// begin sets up the device and starts the emulator.
func (e *target) begin(t *testing.T) {
	t.Helper()
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	request, err := unix.NewIfreq("target0")
	if err != nil {
		t.Fatal(err)
	}
	request.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
	if err := unix.IoctlIfreq(fd, unix.TUNSETIFF, request); err != nil {
		t.Fatal(err)
	}
	e.tun = os.NewFile(uintptr(fd), "target0")
	for _, args := range []string{"link set lo up", "addr add " + ownAddr + " dev target0", "link set target0 up txqueuelen 100000"} {
		if out, err := exec.Command("ip", strings.Fields(args)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", args, err, out)
		}
	}
	e.back = make(chan packet, 1<<16)
	e.done = make(chan struct{})
	go e.listen()
	go e.reply()
	t.Cleanup(func() {
		e.tun.Close()
		<-e.done
	})
}

func (e *target) listen() {
	defer close(e.back)
	raw := make([]byte, 2048)
	for {
		n, err := e.tun.Read(raw)
		if err != nil {
			return
		}
		if rand.Float64() < e.loss || rand.Float64() < e.loss {
			continue
		}
		leaves, fits := e.line(time.Now())
		if !fits {
			continue
		}
		if answer := e.answer(raw[:n]); answer != nil {
			e.back <- packet{leaves.Add(e.delay), answer}
		}
	}
}

// line says when a packet has passed the line, if there is room for it.
func (e *target) line(now time.Time) (leaves time.Time, fits bool) {
	if e.perSecond == 0 {
		return now, true
	}
	gap := time.Second / time.Duration(e.perSecond)
	if e.busy.Before(now) {
		e.busy = now
	}
	if e.busy.Sub(now) > gap*time.Duration(e.queue) {
		return now, false
	}
	e.busy = e.busy.Add(gap)
	return e.busy, true
}

func (e *target) reply() {
	defer close(e.done)
	for p := range e.back {
		if early := time.Until(p.due); early > 0 {
			timer := time.NewTimer(early)
			<-timer.C
		}
		if _, err := e.tun.Write(p.raw); err != nil && errors.Is(err, os.ErrClosed) {
			continue // the packets left are only drained
		}
	}
}

// answer makes the segment that the port sends back for a SYN, or nil.
func (e *target) answer(in []byte) []byte {
	const syn, rst, ack = 2, 4, 16
	if len(in) < 40 || in[0] != 0x45 || in[9] != unix.IPPROTO_TCP || in[33]&(syn|rst|ack) != syn {
		return nil
	}
	if e.plain && len(in) <= 20+segmentSize {
		return nil
	}
	flags := byte(rst | ack)
	switch e.port(binary.BigEndian.Uint16(in[22:])) {
	case open:
		flags = syn | ack
	case silent:
		return nil
	case barred:
		return prohibited(in)
	}
	out := make([]byte, 40)
	out[0], out[8], out[9] = 0x45, 64, unix.IPPROTO_TCP
	binary.BigEndian.PutUint16(out[2:], 40)
	copy(out[12:], in[16:20])
	copy(out[16:], in[12:16])
	copy(out[20:], in[22:24])
	copy(out[22:], in[20:22])
	binary.BigEndian.PutUint32(out[28:], binary.BigEndian.Uint32(in[24:])+1)
	out[32], out[33] = 5<<4, flags
	binary.BigEndian.PutUint16(out[34:], 65535)
	binary.BigEndian.PutUint16(out[10:], sum(out[:20], 0))
	binary.BigEndian.PutUint16(out[36:], sum(out[12:], unix.IPPROTO_TCP+20))
	return out
}

// prohibited is an ICMP message "communication administratively prohibited".
func prohibited(in []byte) []byte {
	out := make([]byte, 28, 56)
	out = append(out, in[:28]...)
	out[0], out[8], out[9], out[20], out[21] = 0x45, 64, unix.IPPROTO_ICMP, 3, 13
	binary.BigEndian.PutUint16(out[2:], uint16(len(out)))
	copy(out[12:], in[16:20])
	copy(out[16:], in[12:16])
	binary.BigEndian.PutUint16(out[22:], sum(out[20:], 0))
	binary.BigEndian.PutUint16(out[10:], sum(out[:20], 0))
	return out
}

// sum is the Internet checksum, RFC 1071.
func sum(b []byte, start uint32) uint16 {
	for i := 0; i+1 < len(b); i += 2 {
		start += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for start > 0xffff {
		start = start>>16 + start&0xffff
	}
	return ^uint16(start)
}

// wires are the ways to ask the target: by connects alone, by whatever does best, and
// by bare SYNs alone.
var wires = map[string]func(netip.Addr) (wire, error){
	"connects": func(to netip.Addr) (wire, error) { return newSockets(to) },
	"both":     newWire,
	"bare": func(to netip.Addr) (wire, error) {
		w, err := newWire(to)
		if b, is := w.(*both); is {
			b.heard = enoughHeard
			return b, nil
		}
		return nil, errors.Join(err, errors.New("no bare SYN may be sent"))
	},
}

func sweepTarget(t *testing.T, by func(netip.Addr) (wire, error), ports []uint16) *sweep {
	t.Helper()
	w, err := by(netip.MustParseAddr(targetAddr))
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	s := newSweep(w, time.Now, ports)
	begin := time.Now()
	if err := s.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d ports in %v, %d answers, %d lost, smallest round trip %v, %.0f may be in flight", len(ports), time.Since(begin), s.pace.answered, s.pace.lost, s.pace.base, s.pace.window)
	return s
}

func checkStates(t *testing.T, s *sweep, ports []uint16, want func(uint16) state) {
	t.Helper()
	for _, port := range ports {
		if got := s.states[port]; got != want(port) {
			t.Errorf("port %d: state %d, want %d", port, got, want(port))
		}
	}
}

func TestSweepOverDelayAndLoss(t *testing.T) {
	hostile.InNamespace(t, func(t *testing.T) {
		e := &target{delay: 20 * time.Millisecond, loss: 0.005, port: fiftyOpen(closed)}
		e.begin(t)
		for name, by := range wires {
			t.Log(name)
			checkStates(t, sweepTarget(t, by, seq(65535)), seq(65535), e.port)
		}
	})
}

// TestSweepWhereOnlyConnectsArrive: what is sent to see whether bare SYNs do as well
// is found by connects, and no more of them are sent than that.
func TestSweepWhereOnlyConnectsArrive(t *testing.T) {
	hostile.InNamespace(t, func(t *testing.T) {
		e := &target{plain: true, delay: 5 * time.Millisecond, port: fiftyOpen(closed)}
		e.begin(t)
		var used *both
		s := sweepTarget(t, func(to netip.Addr) (wire, error) {
			w, err := newWire(to)
			used, _ = w.(*both)
			return w, err
		}, seq(20000))
		checkStates(t, s, seq(20000), e.port)
		if used == nil || used.asked != trial || used.heard != 0 {
			t.Errorf("used %+v", used)
		}
	})
}

// TestSweepChangesOver: a target that answers is soon asked by bare SYNs alone.
func TestSweepChangesOver(t *testing.T) {
	hostile.InNamespace(t, func(t *testing.T) {
		e := &target{port: fiftyOpen(closed)}
		e.begin(t)
		var used *both
		s := sweepTarget(t, func(to netip.Addr) (wire, error) {
			w, err := newWire(to)
			used, _ = w.(*both)
			return w, err
		}, seq(5000))
		checkStates(t, s, seq(5000), e.port)
		if used == nil || used.asked < 2000 || used.heard < 2000 || used.connects < enoughConnects {
			t.Errorf("used %+v", used)
		}
	})
}

func TestSweepBehindFirewall(t *testing.T) {
	hostile.InNamespace(t, func(t *testing.T) {
		mixed := func(port uint16) state { // open, dropped and rejected
			return []state{open, silent, barred, silent, closed}[port%5]
		}
		e := &target{delay: 5 * time.Millisecond, loss: 0.01, port: mixed}
		e.begin(t)
		for name, by := range wires {
			t.Log(name)
			checkStates(t, sweepTarget(t, by, seq(1000)), seq(1000), mixed)
		}
	})
}

func TestScanOfHostThatIsDown(t *testing.T) {
	hostile.InNamespace(t, func(t *testing.T) {
		e := &target{port: func(uint16) state { return silent }}
		e.begin(t)
		r := &record{}
		j := job(r, targetAddr, domain.Quick)
		j.Net = scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("198.18.7.0/24")}}).Session()
		err := Scanner{}.Scan(context.Background(), j, r.see)
		var not *scanners.NotTested
		if !errors.As(err, &not) || not.Outcome != domain.TimedOut {
			t.Errorf("got %v, want NotTested %s", err, domain.TimedOut)
		}
		for _, c := range all[domain.Coverage](r) {
			if c.Outcome == domain.Tested {
				t.Errorf("%s is called tested", c.What)
			}
		}
	})
}
