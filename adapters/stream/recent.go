package stream

// recalled is an event that was written not long ago, and where it ends.
type recalled struct {
	event *spooled
	from  int64
	to    mark
}

// mostRecalled is how many events are in memory beside the file; what comes when
// there are as many is read from it.
const mostRecalled = 16_384

// recall notes what was written, s.mu is held: events whose lines end there in the
// text that was written last.
func (s *segments) recall(events []*spooled, ends []int) {
	start := s.wrote.end - int64(ends[len(ends)-1])
	from := start
	for i, end := range ends {
		to := mark{s.wrote.file, start + int64(end)}
		if len(s.recent) < mostRecalled {
			s.recent = append(s.recent, recalled{events[i], from, to})
		}
		from = to.end
	}
}

// recalled are the next events of the oldest file, at most n, and where they end;
// none where they have to be read. s.mu is held.
func (s *segments) recalled(first segment, n int) (events []*spooled, end mark) {
	name, skip := s.name(first.number), 0
	for skip < len(s.recent) && (s.recent[skip].to.file < name || s.recent[skip].to.file == name && s.recent[skip].to.end <= first.done) {
		skip++ // it was sent
	}
	s.recent = s.recent[skip:]
	at := first.done
	for _, r := range s.recent[:min(n, len(s.recent))] {
		if r.to.file != name || r.from != at {
			break
		}
		events, end, at = append(events, r.event), r.to, r.to.end
	}
	return events, end
}
