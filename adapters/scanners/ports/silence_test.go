package ports

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// TestSweepOfTargetThatShutsUsOut is answered at first, and then no more: what
// was not asked until then is not called filtered, and the sweep ends.
func TestSweepOfTargetThatShutsUsOut(t *testing.T) {
	t.Parallel()
	p := newPath(path{rtt: 20 * time.Millisecond, port: fiftyOpen(closed), dead: [2]time.Duration{200 * time.Millisecond, time.Hour}})
	s := newSweep(p, p.now, seq(65535))
	begin := p.at
	if err := s.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if took := p.at.Sub(begin); took < mostDark || took > 2*mostDark {
		t.Errorf("given up after %v of silence, want %v", took, mostDark)
	}
	if s.done != s.total || len(p.flying) != 0 {
		t.Errorf("%d of %d done, %d connects left behind", s.done, s.total, len(p.flying))
	}
	count := map[state]int{}
	for _, port := range seq(65535) {
		count[s.states[port]]++
	}
	if count[silent] > 0 || count[shut] == 0 || count[closed] == 0 || len(count) != 3 {
		t.Errorf("%d silent, %d shut, %d closed, %d states", count[silent], count[shut], count[closed], len(count))
	}
	shut := 0
	for _, c := range s.coverage(seq(65535)) {
		if strings.Contains(c.Reason, "answered at first") {
			if shut++; c.Outcome != domain.TimedOut {
				t.Errorf("%s is %s", c.What, c.Outcome)
			}
		}
	}
	if shut == 0 {
		t.Error("coverage does not say that the target shut us out")
	}
	// Beacons alone, ever fewer: without the pauses' growth there were a hundred and fifty.
	if dark := p.sentAfter(time.Second); dark > 60 {
		t.Errorf("%d connects to a target that does not answer", dark)
	}
}

// TestSilenceNeedsProof: what was asked in vain counts when the target answered
// something sent before and something sent after, not long apart.
func TestSilenceNeedsProof(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		proofs []time.Duration // when what was answered was sent, in the order of the answers
		sent   time.Duration   // when the silent port was asked
		late   bool            // it is given up after the last answer, else before the last
		tried  uint8
		doubts int
	}{
		"nothing sent after it was answered": {[]time.Duration{10 * ms, 20 * ms}, 30 * ms, true, 0, 1},
		"answers before and after":           {[]time.Duration{10 * ms, 40 * ms}, 30 * ms, false, 1, 0},
		"given up long after that":           {[]time.Duration{10 * ms, 40 * ms}, 30 * ms, true, 1, 0},
		"in a gap":                           {[]time.Duration{10 * ms, 5000 * ms}, 30 * ms, false, 0, 0},
		"in a gap, given up after it":        {[]time.Duration{10 * ms, 5000 * ms}, 30 * ms, true, 0, 0},
		"after a gap":                        {[]time.Duration{10 * ms, 5000 * ms, 5010 * ms}, 5005 * ms, false, 1, 0},
		"answers out of order":               {[]time.Duration{10 * ms, 40 * ms, 20 * ms}, 30 * ms, false, 1, 0},
	} {
		p := newPath(path{rtt: 10 * ms, port: fiftyOpen(silent)})
		s := newSweep(p, p.now, seq(100))
		s.closedPort, s.pace.srtt, s.pace.answered = 99, 10*ms, 1
		begin := p.at
		for i, at := range c.proofs {
			if i == len(c.proofs)-1 && !c.late {
				s.silence(flight{port: 50, sent: begin.Add(c.sent)})
			}
			s.prove(begin.Add(at))
		}
		if c.late {
			s.silence(flight{port: 50, sent: begin.Add(c.sent)})
		}
		if s.tried[50] != c.tried || len(s.doubts) != c.doubts {
			t.Errorf("%s: counted %d times, %d in doubt; want %d and %d", name, s.tried[50], len(s.doubts), c.tried, c.doubts)
		}
		if c.doubts == 0 && len(s.again) != 1 {
			t.Errorf("%s: %d ports to be asked again, want 1", name, len(s.again))
		}
	}
}

func TestBeacon(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		open, closed uint16
		unheard      int
		want         uint16
	}{
		{0, 0, 0, 0}, {0, 0, 1, 0}, {22, 0, 0, 22}, {22, 0, 1, 22}, {0, 7, 0, 7}, {0, 7, 1, 7},
		{22, 7, 0, 7}, {22, 7, 1, 22}, {22, 7, 2, 7},
	} {
		s := &sweep{openPort: c.open, closedPort: c.closed, unheard: c.unheard}
		if got := s.beacon(); got != c.want {
			t.Errorf("open %d, closed %d, %d unheard: %d, want %d", c.open, c.closed, c.unheard, got, c.want)
		}
	}
}
