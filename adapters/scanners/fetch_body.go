package scanners

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/andybalholm/brotli"
)

const (
	maxCodings = 3       // content codings that are taken off one body
	wireSlack  = 1 << 20 // bytes on the wire beyond MaxBody: what cannot be compressed grows a little
)

// readBody reads and decodes at most limit bytes, behind the head. What the body
// itself does wrong goes to BodyError.
func (a *Answer) readBody(body io.Reader, limit int64, head []byte) {
	wire := &countingReader{from: body, left: limit + wireSlack}
	decoded, err := decode(wire, a.Header.Values("Content-Encoding"))
	raw := bytes.NewBuffer(head)
	if err == nil {
		_, err = raw.ReadFrom(io.LimitReader(decoded, limit+1))
	}
	if int64(raw.Len()-len(head)) > limit {
		raw.Truncate(len(head) + int(limit))
		a.Truncated, err = true, nil
	}
	a.Raw = raw.Bytes()
	a.Body = a.Raw[len(head):]
	if wire.left <= 0 {
		err, a.Truncated = nil, true
	}
	if err != nil {
		a.BodyError, a.Truncated = err, true
	}
	a.WireSize = wire.read
}

// countingReader counts what passes, and ends it when nothing is left.
type countingReader struct {
	from       io.Reader
	read, left int64
}

// Read implements io.Reader.
func (c *countingReader) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := c.from.Read(p[:min(int64(len(p)), c.left)])
	c.read += int64(n)
	c.left -= int64(n)
	return n, err
}

// decode takes off the codings of RFC 9110 §8.4 in the reverse of the order
// in which they were applied.
func decode(body io.Reader, headers []string) (io.Reader, error) {
	var codings []string
	for _, name := range strings.Split(strings.Join(headers, ","), ",") {
		if name = strings.ToLower(strings.TrimSpace(name)); name != "" && name != "identity" {
			codings = append(codings, name)
		}
	}
	if len(codings) > maxCodings {
		return nil, fmt.Errorf("the body has %d content codings", len(codings))
	}
	slices.Reverse(codings)
	for _, name := range codings {
		decoder := decoders[name]
		if decoder == nil {
			return nil, fmt.Errorf("unknown content coding %q", name)
		}
		buffered := bufio.NewReader(body)
		if _, err := buffered.Peek(1); err == io.EOF {
			return buffered, nil // an empty body, as HEAD and 304 have, is in no coding
		}
		var err error
		if body, err = decoder(buffered); err != nil {
			return nil, err
		}
	}
	return body, nil
}

var decoders = map[string]func(*bufio.Reader) (io.Reader, error){
	"gzip":    func(r *bufio.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	"x-gzip":  func(r *bufio.Reader) (io.Reader, error) { return gzip.NewReader(r) },
	"br":      func(r *bufio.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
	"deflate": inflate,
}

// inflate reads the zlib format that RFC 9110 §8.4.1.2 asks for, and the raw
// one that some servers send: a zlib header is a multiple of 31 and names
// method 8 (RFC 1950 §2.2).
func inflate(r *bufio.Reader) (io.Reader, error) {
	head, err := r.Peek(2)
	if err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	if head[0]&0x0f == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(r)
	}
	return flate.NewReader(r), nil
}
