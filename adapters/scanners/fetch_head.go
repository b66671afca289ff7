package scanners

import (
	"bytes"
	"fmt"
	"net"
	"slices"
	"strings"
)

// maxOdd bounds the oddities that are told of one answer.
const maxOdd = 10

// tolerant is a connection on which an HTTP/1 server answers. Browsers take heads
// that HTTP forbids, which net/http refuses as a whole: it makes of them what
// browsers read, and tells each oddity. A control character becomes U+FFFD, so that
// no value and no address comes to mean what it does not say.
type tolerant struct {
	net.Conn
	tell func(oddity string)

	part    headPart
	status  []byte // line of the answer, as far as it matters
	held    []byte // a line of the head that is not whole yet
	ready   []byte // what may be read
	size    int    // of the head so far
	dropped bool   // whether there is no line before, or it was left out
	length  []byte // the first Content-Length; nil before it
}

// headPart is where an answer stands.
type headPart int

const (
	statusLine headPart = iota
	fieldLines
	bodyPart
)

// Read implements net.Conn. What stands behind the head is handed on as it is.
func (c *tolerant) Read(p []byte) (int, error) {
	for len(c.ready) == 0 {
		if c.part == bodyPart {
			return c.Conn.Read(p)
		}
		n, err := c.Conn.Read(p)
		c.take(slices.Clone(p[:n]))
		if err != nil {
			c.giveUp(nil)
			if len(c.ready) == 0 {
				return 0, err
			}
		}
	}
	n := copy(p, c.ready)
	c.ready = c.ready[n:]
	return n, nil
}

// take takes up what came of a head.
func (c *tolerant) take(b []byte) {
	for len(b) > 0 && c.part != bodyPart {
		end := bytes.IndexByte(b, '\n') + 1
		line := b[:end]
		if end == 0 {
			line = b
		}
		b = b[len(line):]
		if c.size += len(line); c.size > maxHeader {
			c.giveUp(line)
			break
		}
		if c.part == statusLine {
			c.begin(line, end > 0)
		} else if c.held = append(c.held, line...); end > 0 {
			c.field(c.held)
			c.held = nil
		}
	}
	c.ready = append(c.ready, b...)
}

// giveUp hands on the rest as it is, for net/http to judge.
func (c *tolerant) giveUp(line []byte) {
	c.ready = append(append(c.ready, c.held...), line...)
	c.held, c.part = nil, bodyPart
}

// begin takes up some of the status line, which is handed on at once: it is what
// the first byte is measured by.
func (c *tolerant) begin(line []byte, whole bool) {
	c.ready = append(c.ready, line...)
	if len(c.status) < len("HTTP/1.1 200") {
		c.status = append(c.status, line...)
	}
	switch {
	case !whole:
	case bytes.HasPrefix(c.status, []byte("HTTP/")):
		c.part, c.dropped = fieldLines, true
	default:
		c.part = bodyPart
	}
}

// field takes up one line of the head.
func (c *tolerant) field(raw []byte) {
	line := bytes.TrimRight(raw, "\r\n")
	folded := len(line) > 0 && (line[0] == ' ' || line[0] == '\t')
	switch {
	case len(line) == 0:
		c.end(raw)
		return
	case folded && c.dropped:
		c.odd("a line that is no header, %s", line)
		return
	case !folded:
		if line = c.named(line); line == nil {
			return
		}
	}
	if bytes.ContainsFunc(line, isControl) {
		c.odd("a control character in the line %s", line)
		line = shown(line)
	}
	c.ready = append(append(c.ready, line...), "\r\n"...)
	c.dropped = false
}

// isControl says whether a character stands in no value of a header.
func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// shown is a line without its control characters. Other bytes stay, whatever they
// are letters of.
func shown(line []byte) (clean []byte) {
	for _, b := range line {
		if isControl(rune(b)) {
			clean = append(clean, "\uFFFD"...)
		} else {
			clean = append(clean, b)
		}
	}
	return clean
}

// end is the end of a head; behind that of an interim answer comes another.
func (c *tolerant) end(raw []byte) {
	c.ready = append(c.ready, raw...)
	_, code, _ := strings.Cut(string(c.status), " ")
	c.part, c.status, c.length = bodyPart, nil, nil
	if strings.HasPrefix(code, "1") && !strings.HasPrefix(code, "101") {
		c.part = statusLine
	}
}

// named is a line whose name is a name, as browsers read it: nil for one that they
// leave out.
func (c *tolerant) named(line []byte) []byte {
	name, value, isField := bytes.Cut(line, []byte(":"))
	trimmed := bytes.TrimRight(name, " \t")
	switch {
	case !isField, len(trimmed) == 0, bytes.ContainsFunc(trimmed, notInToken):
		c.odd("a line that is no header, %s", line)
		c.dropped = true
		return nil
	case len(trimmed) < len(name):
		c.odd("white space before the colon of %s", name)
		line = slices.Concat(trimmed, []byte(":"), value)
	}
	if !strings.EqualFold(string(trimmed), "Content-Length") {
		return line
	}
	return c.lengthOnce(line, bytes.TrimSpace(value))
}

// lengthOnce leaves out a length that is none, and one that contradicts the first.
func (c *tolerant) lengthOnce(line, value []byte) []byte {
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	if len(value) > 0 && len(value) < 19 && !bytes.ContainsFunc(value, notDigit) && (c.length == nil || bytes.Equal(c.length, value)) {
		c.length = slices.Clone(value)
		return line
	}
	c.odd("a length that does not hold, %s", line)
	c.dropped = true
	return nil
}

// notInToken says whether a character stands in no name of a header (RFC 9110,
// section 5.6.2).
func notInToken(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r)
}

func (c *tolerant) odd(form string, line []byte) {
	c.tell(fmt.Sprintf(form, Quote(string(line))))
}
