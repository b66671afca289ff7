package ports

import "time"

// answer takes in what the target, or a router before it, said.
func (s *sweep) answer(f flight, got state) {
	now := s.now()
	rtt := max(now.Sub(f.sent), time.Microsecond)
	s.lastAnswer = now
	if got != barred {
		s.prove(f.sent)
	}
	switch {
	case f.beacon:
		s.pace.beacon(now, rtt)
		return
	case got == barred:
		s.pace.bar(now)
	default:
		s.pace.answer(now, rtt)
	}
	for range s.tried[f.port] {
		s.pace.lose(now)
	}
	s.settle(f.port, got)
}

func (s *sweep) settle(port uint16, got state) {
	s.states[port] = got
	s.done++
	switch got {
	case open:
		s.openPort = port
		s.found(port)
	case closed:
		s.closedPort = port
	}
}

// expire gives up connects that have waited too long.
func (s *sweep) expire() {
	now := s.now()
	if now.Before(s.nextExpiry) {
		return
	}
	s.nextExpiry = now.Add(s.tick())
	for slot, f := range s.flights {
		if now.Sub(f.sent) < s.pace.timeout(int(s.tried[f.port])) {
			continue
		}
		s.wire.drop(slot)
		delete(s.flights, slot)
		s.free = append(s.free, slot)
		if f.beacon {
			s.pace.lose(now)
			continue
		}
		s.silence(f)
	}
}

// unanswered counts a connect that got there, as far as one can know, and was
// not answered.
func (s *sweep) unanswered(port uint16) {
	s.tried[port]++
	s.pace.silence()
	s.done++
	s.repeat(port)
}

// repeat asks a silent port again if it has not been asked often enough.
func (s *sweep) repeat(port uint16) {
	if int(s.tried[port]) < s.pace.tries(s.total) {
		s.done--
		s.states[port] = pending
		s.again = append(s.again, port)
		return
	}
	s.states[port] = silent
	s.quiet = append(s.quiet, port)
}
