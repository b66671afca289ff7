package ports

import (
	"math"
	"time"
)

// pace decides how many connects may be in flight and how long one may stay
// unanswered, in the way of TCP (RFC 5681, RFC 6298), so that nobody has to
// say a rate. It differs from TCP in three things that scanning needs:
// silence is no loss, because filtered ports are silent for ever, so only an
// answer to a repeated connect proves that the first one was lost; losses
// without a queue are taken for the path's own up to lossWithoutQueue; and a
// queue that builds up stops the growth before it overflows (as HyStart++ does,
// RFC 9406).
type pace struct {
	window, threshold float64
	limit             float64 // never more in flight than this
	srtt, rttvar      time.Duration
	base              time.Duration // the shortest round trip seen
	least, recent     time.Duration // the shortest of these samples, and of the batch before
	samples           int
	answered, lost    int

	cuts                     int
	doubted                  float64 // answers since slow start is in doubt
	roundAnswered, roundLost int
	deaf                     time.Time // losses until then belong to the last cut
}

const (
	// A hundred SYNs are fewer bytes than the ten segments of RFC 6928.
	firstWindow      = 100
	leastWindow      = 16
	blindWindow      = 1000 // while nothing has ever answered
	cut              = 0.7  // RFC 9438, 4.6
	lossWithoutQueue = 0.1
	lossWithQueue    = 0.01
	sampleBatch      = 8           // RFC 9406, 4.3
	slowDivisor      = 4           // the same
	slowRounds       = 5           // the same
	firstTimeout     = time.Second // RFC 6298, 2.1
	systemRepeats    = time.Second // RFC 6298, 2.1 again: the kernel's own timer of a SYN
	leastMargin      = 50 * time.Millisecond
	mostTimeout      = 3 * time.Second
)

func newPace(limit int) *pace {
	p := &pace{threshold: math.Inf(1), limit: float64(limit)}
	p.set(firstWindow)
	return p
}

func (p *pace) set(window float64) {
	p.window = min(max(window, leastWindow), p.limit)
}

// answer counts an answer that took rtt. Every connect has a source port of
// its own, so an answer to a repeated one is as good a sample as any. Karn's
// doubt arises only where this system repeated the SYN itself: on a path that
// is known to be quicker, that is a loss and no sample.
func (p *pace) answer(now time.Time, rtt time.Duration) {
	p.answered++
	if rtt >= systemRepeats && p.base > 0 && p.base < systemRepeats/2 {
		p.lose(now)
	} else {
		p.sample(rtt)
	}
	p.grow(1)
	p.round(now, 1, 0)
}

// bar counts an answer of a router or firewall on the way. It is nearer than
// the target, and may have waited for a neighbour that does not answer: it is no
// measure of the path's time.
func (p *pace) bar(now time.Time) {
	p.answered++
	p.grow(1)
	p.round(now, 1, 0)
}

// lose counts a connect that is proven to have been lost.
func (p *pace) lose(now time.Time) {
	p.lost++
	if now.After(p.deaf) {
		p.round(now, 0, 1)
	}
}

// beacon counts an answer from a port that is known to answer, asked because
// nothing else does: it stands for the whole window.
func (p *pace) beacon(now time.Time, rtt time.Duration) {
	p.answered++
	p.sample(rtt)
	p.grow(p.window / 2)
	p.round(now, 1, 0)
}

// silence counts a connect that was given up. A target that never answered
// gives no measure, and is asked a little faster up to a fixed bound.
func (p *pace) silence() {
	if p.answered == 0 && p.window < blindWindow {
		p.set(p.window + 1)
	}
}

// choke cuts the window.
func (p *pace) choke(now time.Time) {
	p.cuts++
	p.threshold = max(cut*p.window, leastWindow)
	p.set(p.threshold)
	p.deaf = now.Add(2 * p.timeout(0))
}

// grow adds what that many answers allow. In slow start a queue first makes the
// growth a quarter: if it goes away it was none, and slow start goes on, for
// busy machines and radio links delay packets too; if it stays for five round
// trips, slow start ends (RFC 9406, 4.2 and 4.3).
func (p *pace) grow(answers float64) {
	if p.window < p.threshold && p.queued() {
		p.doubted += answers
		if p.doubted >= slowRounds*p.window {
			p.threshold = p.window
		}
		answers /= slowDivisor
	} else {
		p.doubted = 0
	}
	switch {
	case p.recent > 2*p.base+5*time.Millisecond: // a queue of a whole round trip: no more into it
	case p.window < p.threshold:
		p.set(p.window + answers)
	default: // one more in each round trip, or a hundredth more
		p.set(p.window + answers*max(1/p.window, 0.01))
	}
}

// queued reports whether answers take longer than the path itself.
func (p *pace) queued() bool {
	return p.recent > p.base+min(max(p.base/4, 4*time.Millisecond), 50*time.Millisecond)
}

// round looks at each window of outcomes, and cuts when more were lost than
// the tolerated rate explains (by three standard deviations).
func (p *pace) round(now time.Time, answered, lost int) {
	p.roundAnswered += answered
	p.roundLost += lost
	usual := lossWithoutQueue * p.window
	if p.queued() {
		usual = lossWithQueue * p.window
	}
	switch {
	case float64(p.roundLost) > usual+3*math.Sqrt(usual):
		p.choke(now)
	case float64(p.roundAnswered+p.roundLost) < p.window:
		return
	}
	p.roundAnswered, p.roundLost = 0, 0
}

func (p *pace) sample(rtt time.Duration) {
	if p.srtt == 0 {
		p.srtt, p.rttvar, p.base, p.least = rtt, rtt/2, rtt, rtt
		return
	}
	p.base = min(p.base, rtt)
	p.rttvar = (3*p.rttvar + (p.srtt - rtt).Abs()) / 4
	p.srtt = (7*p.srtt + rtt) / 8
	p.least = min(p.least, rtt)
	if p.samples++; p.samples%sampleBatch == 0 {
		p.recent, p.least = p.least, mostTimeout
	}
}

// timeout is how long the try-th connect to a port waits, counted from 0: the
// estimate of RFC 6298, doubled for each try where we have ever sent too much,
// and only once elsewhere: a filtered port is no sign of congestion, and a
// target that is silent altogether is seen by its beacons.
func (p *pace) timeout(try int) time.Duration {
	rto := firstTimeout
	if p.srtt > 0 {
		rto = p.srtt + max(4*p.rttvar, leastMargin)
	}
	if p.cuts == 0 {
		try = min(try, 1)
	}
	return min(rto<<try, mostTimeout)
}

// tries is how often a silent port among n is asked, so that fewer than one
// open port in a hundred scans is missed at the loss rate seen so far.
func (p *pace) tries(n int) int {
	switch {
	case p.answered > 0:
		rate := (float64(p.lost) + 0.5) / float64(p.answered+p.lost+10)
		need := math.Ceil(math.Log(0.01/float64(n)) / math.Log(rate))
		return int(min(max(need, 2), 6))
	case n > 1000:
		return 2
	default:
		return 3
	}
}
