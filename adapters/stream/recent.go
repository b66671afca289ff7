package stream

import (
	"encoding/binary"
	"encoding/hex"
	"hash/crc32"
	"strconv"
	"time"

	"github.com/scanledger/scanledger/domain"
)

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

// appendLine writes an event as a line, as encoding/json would, behind its checksum.
func appendLine(text []byte, e *spooled) []byte {
	start := len(text)
	text = append(text, "00000000 "...)
	text = domain.AppendText(append(text, `{"topic":`...), e.topic)
	text = domain.AppendID(append(text, `,"id":`...), e.ID)
	text = domain.AppendText(append(text, `,"stream":`...), string(e.Stream))
	text = domain.AppendID(append(text, `,"owner":`...), e.Owner)
	text = e.At.AppendFormat(append(text, `,"at":"`...), time.RFC3339Nano)
	text = domain.AppendText(append(text, `","actor":`...), e.Actor)
	text = domain.AppendText(append(text, `,"cause":`...), e.Cause)
	text = domain.AppendText(append(text, `,"trace":`...), e.Trace)
	text = domain.AppendText(append(text, `,"type":`...), e.Type)
	text = strconv.AppendInt(append(text, `,"schema":`...), int64(e.Schema), 10)
	text = append(append(text, `,"payload":`...), e.Payload...)
	text = append(text, '}')
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE(text[start+9:]))
	hex.Encode(text[start:], sum[:])
	return append(text, '\n')
}
