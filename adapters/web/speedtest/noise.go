package speedtest

import (
	"crypto/rand"
	"fmt"
	"io"
	"sync"

	"github.com/gofiber/fiber/v2"
)

const mebibyte = 1 << 20

// block is what all downloads are made of: bytes that nothing on their way
// makes fewer.
var block = sync.OnceValue(func() []byte {
	bytes := make([]byte, mebibyte)
	rand.Read(bytes)
	return bytes
})

// noise is a body of so many bytes. It goes to the connection in large pieces.
type noise struct {
	left, sent int64
	leave      func(moved int64)
}

// Read implements io.Reader.
func (n *noise) Read(p []byte) (int, error) {
	if n.left == 0 {
		return 0, io.EOF
	}
	done := copy(p[:min(int64(len(p)), n.left)], block())
	n.moved(done)
	return done, nil
}

// WriteTo implements io.WriterTo.
func (n *noise) WriteTo(w io.Writer) (total int64, err error) {
	for n.left > 0 && err == nil {
		var done int
		done, err = w.Write(block()[:min(mebibyte, n.left)])
		n.moved(done)
		total += int64(done)
	}
	return total, err
}

func (n *noise) moved(bytes int) { n.left, n.sent = n.left-int64(bytes), n.sent+int64(bytes) }

// Close implements io.Closer: it is the end, however far it came.
func (n *noise) Close() error {
	n.leave(n.sent)
	return nil
}

// send answers with so many bytes of noise.
func (s *Site) send(c *fiber.Ctx, bytes int64) error {
	leave, wait := s.begin(c, bytes)
	if leave == nil {
		return s.later(c, wait)
	}
	c.Set(fiber.HeaderContentType, fiber.MIMEOctetStream)
	s.took(c)
	c.Context().SetBodyStream(&noise{left: bytes, leave: leave}, int(bytes))
	return nil
}

// MaxUpload is how large the body of one upload may be, in bytes.
const MaxUpload = 256 << 20

var buffers = sync.Pool{New: func() any { return new([256 << 10]byte) }}

// receive reads a body to its end and keeps nothing of it.
func (s *Site) receive(c *fiber.Ctx) error {
	size := int64(c.Request().Header.ContentLength())
	body := c.Context().RequestBodyStream()
	if body == nil || size == 0 {
		s.took(c)
		return nil
	}
	if size < 0 || size > MaxUpload {
		size = MaxUpload // as far as is known
	}
	leave, wait := s.begin(c, size)
	if leave == nil {
		c.Context().SetConnectionClose() // the body is not read
		return s.later(c, wait)
	}
	buffer := buffers.Get().(*[256 << 10]byte)
	defer buffers.Put(buffer)
	moved, err := io.CopyBuffer(onlyWriter{}, io.LimitReader(onlyReader{body}, MaxUpload+1), buffer[:])
	leave(moved)
	if err != nil || moved > MaxUpload {
		c.Context().SetConnectionClose()
	}
	switch {
	case moved > MaxUpload:
		return refuse(c, fiber.StatusRequestEntityTooLarge, fmt.Sprintf("The body is larger than %d bytes", MaxUpload))
	case err != nil:
		return refuse(c, fiber.StatusBadRequest, "the body broke off")
	}
	s.tookOf(c, 0) // all that it took was the line's
	return nil
}

// onlyReader and onlyWriter hide ways past the buffer.
type onlyReader struct{ io.Reader }
type onlyWriter struct{}

// Write implements io.Writer.
func (onlyWriter) Write(p []byte) (int, error) { return len(p), nil }
