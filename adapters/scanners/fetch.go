package scanners

import (
	"context"
	"crypto/tls"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// Request is one HTTP request of a scanner.
type Request struct {
	Method string // GET when empty
	URL    *url.URL
	Header http.Header
	// VerifyTLS makes a bad certificate an error; without it the answer is
	// read all the same and Answer.CertError says what was wrong.
	VerifyTLS bool
	HTTP1     bool          // do not offer HTTP/2
	MaxBody   int64         // bytes of the decoded body to keep; 0 means 2 MiB
	Timeout   time.Duration // of the whole exchange; 0 means 10 s
}

// Answer is one HTTP answer, redirects not followed.
type Answer struct {
	URL       *url.URL
	Status    int
	Proto     string // "HTTP/1.1", "HTTP/2.0"
	Header    http.Header
	Body      []byte // decoded (gzip, br, deflate), cut at MaxBody
	Truncated bool   // whether the body was longer
	WireSize  int64  // bytes of the body as transferred, before decoding, as far as read
	TLS       *tls.ConnectionState
	CertError error         // why the certificate would not verify; nil when it does or over http
	Connect   time.Duration // TCP connect
	Handshake time.Duration // TLS, 0 over http
	FirstByte time.Duration // from the request being sent to the first byte of the answer
	Total     time.Duration
	Raw       []byte // status line, headers and body as decoded: the evidence
}

// Fetch makes one request through the session, follows no redirect, and
// bounds headers, body and time.
func (s *Session) Fetch(ctx context.Context, r Request) (*Answer, error) {
	return nil, errors.New("fetch: to be written")
}

// Chain is what following redirects by hand saw, oldest first.
type Chain []*Answer

// Last is the final answer.
func (c Chain) Last() *Answer { return c[len(c)-1] }

// Follow fetches r and up to limit redirects, each hop checked by the guard;
// Authorization and Cookie are not carried to another origin.
func (s *Session) Follow(ctx context.Context, r Request, limit int) (Chain, error) {
	return nil, errors.New("fetch: to be written")
}
