package ports

import "time"

// A silent port is filtered only if the path was alive when it was asked. What
// proves that is an answer of the target itself to something sent before and
// to something sent after, not long apart. Until then a silent connect is in
// doubt; in a gap that was too long it counts for nothing and the port is asked
// again. While nobody answers at all, only ports that are known to answer are
// asked, ever more slowly, as TCP does when its timer runs out; a target that
// stays dark has shut us out, and is left alone.

// doubt is a connect in vain of which nobody knows yet whether it arrived.
type doubt struct {
	port uint16
	sent time.Time
}

const (
	beaconPause = 100 * time.Millisecond // and never less than two round trips
	mostPause   = 2 * time.Second
	mostDark    = 20 * time.Second
	mostExcused = 5
)

// silence takes in a connect that was given up.
func (s *sweep) silence(f flight) {
	switch {
	case s.beacon() == 0: // the target never answered
		s.unanswered(f.port)
	case f.sent.After(s.proof):
		s.doubts = append(s.doubts, doubt{f.port, f.sent})
	default:
		s.judge(doubt{f.port, f.sent})
	}
}

// judge counts a silence, unless it fell into a gap. On a path that has nothing
// but gaps it counts in the end.
func (s *sweep) judge(d doubt) {
	if d.sent.After(s.gapFrom) && d.sent.Before(s.gapTo) && s.excused[d.port] < mostExcused {
		s.excused[d.port]++
		s.again = append(s.again, d.port)
		return
	}
	s.unanswered(d.port)
}

// prove takes in that the target answered what was sent at that time.
func (s *sweep) prove(sent time.Time) {
	s.heard = s.now()
	s.unheard = 0
	if !sent.After(s.proof) {
		return
	}
	if !s.proof.IsZero() && sent.Sub(s.proof) > s.mostGap() {
		s.gapFrom, s.gapTo = s.proof, sent
	}
	s.proof = sent
	if len(s.doubts) == 0 {
		return
	}
	doubts := s.doubts
	s.doubts = nil
	for _, d := range doubts {
		if d.sent.After(sent) {
			s.doubts = append(s.doubts, d)
		} else {
			s.judge(d)
		}
	}
}

// mostGap is how long the target may be silent before silence means nothing: a
// beacon or two may be lost as anything else.
func (s *sweep) mostGap() time.Duration { return 4 * max(beaconPause, 2*s.pace.srtt) }

// isDark reports whether nothing should be asked until the target answers again.
func (s *sweep) isDark() bool {
	return len(s.doubts) > 0 && s.now().Sub(s.heard) > s.mostGap()+s.pace.timeout(0)
}

// isShut reports whether the target has been dark for so long that it is given
// up, and then gives up what was to be asked.
func (s *sweep) isShut() bool {
	if !s.isDark() || s.now().Sub(s.heard) < mostDark {
		return false
	}
	for slot := range s.flights {
		s.wire.drop(slot)
		delete(s.flights, slot)
		s.free = append(s.free, slot)
	}
	for port, known := range s.wanted {
		if known && s.states[port] <= pending {
			s.states[port] = shut
			s.done++
		}
	}
	s.todo, s.again, s.doubts, s.quiet = nil, nil, nil, nil
	return true
}

// beacon is a port that is known to answer, 0 for none: a closed one rather
// than an open one, which would tell its service, and in turns when neither
// answers any more.
func (s *sweep) beacon() uint16 {
	first, second := s.closedPort, s.openPort
	if s.unheard%2 == 1 {
		first, second = second, first
	}
	if first == 0 {
		return second
	}
	return first
}

// wantsBeacon reports whether a port that is known to answer should be asked
// again, because silence says nothing of the path.
func (s *sweep) wantsBeacon() bool {
	if s.beacon() == 0 || len(s.flights)+len(s.doubts) == 0 || len(s.free) == 0 {
		return false
	}
	pause := max(beaconPause, 2*s.pace.srtt)
	if len(s.flights)+len(s.todo)+len(s.again) == 0 && s.unheard == 0 {
		pause = 2 * s.pace.srtt // only this answer is being waited for
	}
	now := s.now()
	if now.Sub(s.lastAnswer) < min(pause<<min(s.unheard/2, 5), max(mostPause, pause)) {
		return false
	}
	s.lastAnswer = now
	return true
}
