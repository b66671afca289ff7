package openvas

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"time"
)

const (
	dialTime   = 5 * time.Second
	answerTime = time.Minute // gvmd answers slowly while it works
	maxAnswer  = 16 << 20    // bytes of one answer
)

// errLarge is why an answer was not read to its end.
var errLarge = errors.New("an answer of Greenbone is larger than 16 MiB")

// refusal is gvmd's own no. The connection stays.
type refusal struct {
	status int
	text   string
}

// Error implements error.
func (r *refusal) Error() string { return fmt.Sprintf("Greenbone says %d, %s", r.status, r.text) }

// conn is a connection to gvmd. GMP has no framing: an answer is read until its
// root element closes, and the next may have come in the same packet. It is for
// one goroutine, and of no use after any error that is no refusal.
type conn struct {
	net.Conn
	in  *meter
	xml *xml.Decoder
}

// dial connects to gvmd: to a socket by its path, else over TLS to host:port. The
// address is the operator's, and so may be a private one.
func dial(ctx context.Context, address string) (*conn, error) {
	bounded, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	var d net.Dialer
	if filepath.IsAbs(address) {
		c, err := d.DialContext(bounded, "unix", address)
		return newConn(c), err
	}
	c, err := (&tls.Dialer{NetDialer: &d, Config: identity(address)}).DialContext(bounded, "tcp", address)
	return newConn(c), err
}

// identity is how gvmd's certificate is judged: by the system's roots, or those of
// SSL_CERT_FILE. On this machine's own loopback address nobody else can answer, and
// gvmd's own certificate, which it has signed itself, is enough.
func identity(address string) *tls.Config {
	host, _, _ := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	return &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, InsecureSkipVerify: ip != nil && ip.IsLoopback() || host == "localhost"}
}

func newConn(c net.Conn) *conn {
	in := &meter{from: c}
	return &conn{Conn: c, in: in, xml: xml.NewDecoder(in)}
}

// ask sends a command and reads its answer, which has the command's name and
// "_response". A refusal is a *refusal.
func (c *conn) ask(ctx context.Context, command string, request, answer any) error {
	var b bytes.Buffer
	if err := xml.NewEncoder(&b).EncodeElement(request, xml.StartElement{Name: xml.Name{Local: command}}); err != nil {
		return err
	}
	c.SetDeadline(time.Now().Add(answerTime))
	defer context.AfterFunc(ctx, func() { c.SetDeadline(time.Now()) })()
	_, err := c.Write(b.Bytes())
	if err == nil {
		err = c.read(command+"_response", answer)
	}
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// read reads the next answer.
func (c *conn) read(expected string, answer any) error {
	c.in.left = maxAnswer
	root, err := c.root()
	if err != nil {
		return err
	}
	if root.Name.Local != expected {
		return fmt.Errorf("Greenbone answers %q, not %q", root.Name.Local, expected)
	}
	no, err := refused(root)
	switch {
	case err != nil:
		return err
	case no != nil:
		return errors.Join(no, c.xml.Skip())
	default:
		return c.xml.DecodeElement(answer, &root)
	}
}

// root is the next element that begins.
func (c *conn) root() (xml.StartElement, error) {
	for {
		token, err := c.xml.Token()
		if err != nil {
			return xml.StartElement{}, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			return token, nil
		case xml.CharData:
			if len(bytes.TrimSpace(token)) > 0 {
				return xml.StartElement{}, errors.New("Greenbone's answer begins with text")
			}
		}
	}
}

// refused reads the status that each answer begins with.
func refused(root xml.StartElement) (*refusal, error) {
	var r refusal
	for _, a := range root.Attr {
		switch a.Name.Local {
		case "status":
			fmt.Sscanf(a.Value, "%d", &r.status)
		case "status_text":
			r.text = a.Value
		}
	}
	switch {
	case r.status == 0:
		return nil, errors.New("Greenbone's answer has no status")
	case r.status >= 200 && r.status < 300:
		return nil, nil
	default:
		return &r, nil
	}
}

// meter bounds an answer, and makes characters that XML does not know harmless: gvmd
// passes on what a target sent.
type meter struct {
	from io.Reader
	left int64
}

// Read implements io.Reader.
func (m *meter) Read(b []byte) (int, error) {
	if m.left <= 0 {
		return 0, errLarge
	}
	n, err := m.from.Read(b[:min(int64(len(b)), m.left)])
	m.left -= int64(n)
	for i, c := range b[:n] {
		if c < ' ' && !strings.ContainsRune("\t\n\r", rune(c)) {
			b[i] = '?'
		}
	}
	return n, err
}
