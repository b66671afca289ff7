package scanners

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// UserAgent is what scanners call themselves.
const UserAgent = "scanledger/1 (+https://github.com/scanledger/scanledger)"

const (
	defaultMaxBody = 2 << 20
	defaultTimeout = 10 * time.Second
	maxHeader      = 256 << 10 // bytes of an answer's headers; more is an error
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
	Proto     string      // "HTTP/1.1", "HTTP/2.0"
	Header    http.Header // as browsers read it, where HTTP would refuse it
	Odd       []string    // what in the head HTTP forbids: a clause each, and not all of many
	Body      []byte      // decoded (gzip, br, deflate), cut at MaxBody
	Truncated bool        // whether the body was longer, or broke off: then BodyError says why
	BodyError error       // why the body could not be read to its end or decoded; nil when it could, or was only too long
	WireSize  int64       // bytes of the body as transferred, before decoding, as far as read
	TLS       *tls.ConnectionState
	CertError error         // why the certificate would not verify; nil when it does or over http
	Connect   time.Duration // TCP connect
	Handshake time.Duration // TLS, 0 over http
	FirstByte time.Duration // from the request being sent to the first byte of the answer
	Total     time.Duration
	Raw       []byte // status line, headers (sorted by name) and body as decoded: the evidence, which Body is the end of
}

// MediaType is the type of the body. One that is missing or unreadable is "",
// which counts as HTML for no browser that was told not to guess.
func (a *Answer) MediaType() string {
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) {
		return ""
	}
	return kind
}

// IsPage says whether the answer says that it is HTML.
func (a *Answer) IsPage() bool {
	kind := a.MediaType()
	return kind == "text/html" || kind == "application/xhtml+xml"
}

// CannotServe says why an answer tells nothing of what is there: the server is
// broken, or asks for fewer requests. It is "" for one that does.
func (a *Answer) CannotServe() string {
	if a.Status >= 500 || a.Status == http.StatusTooManyRequests {
		return fmt.Sprintf("the site answers with the status %d", a.Status)
	}
	return ""
}

// Fetch makes one request through the session on a connection of its own. It
// follows no redirect and sends no cookie that is not in r.Header. Headers are
// bounded by 256 KiB, the body by MaxBody, the whole exchange by Timeout. Once
// the headers are there nothing is an error any more, as what was read can be
// judged: see Answer.BodyError.
//
// Errors are ctx's own when it has ended, and otherwise wrap a *domain.Error
// (Invalid, Unresolvable, Forbidden), context.DeadlineExceeded after Timeout,
// or an error of the network, of TLS or of HTTP; they are a *FetchError.
func (s *Session) Fetch(ctx context.Context, r Request) (*Answer, error) {
	u, err := cleanURL(r.URL)
	if err != nil {
		return nil, err
	}
	r.URL = u
	bounded, cancel := context.WithTimeout(ctx, orElse(r.Timeout, defaultTimeout))
	defer cancel()

	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()

	x := &exchange{session: s, request: r, begin: time.Now(), life: life}
	answer, err := x.run(bounded)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, &FetchError{URL: u.Redacted(), Err: err}
	}
	return answer, nil
}

// exchange is one request under way. Its transport works in the background
// and may go on when the request has ended, hence the lock.
type exchange struct {
	session *Session
	request Request
	begin   time.Time
	life    context.Context // connections are closed with it, whatever the transport makes of them

	mu                 sync.Mutex
	connect, handshake time.Duration
	sent, firstByte    time.Time
	certError          error
	secure             *tls.ConnectionState // nil over http
	oddities           []string
}

func (x *exchange) run(ctx context.Context) (*Answer, error) {
	req, err := x.newRequest(ctx)
	if err != nil {
		return nil, err
	}
	resp, err := x.transport(ctx).RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer := &Answer{
		URL: x.request.URL, Status: resp.StatusCode, Proto: resp.Proto, Header: resp.Header,
	}
	head := rawHead(resp)
	answer.readBody(resp.Body, orElse(x.request.MaxBody, defaultMaxBody), head)
	answer.Total = time.Since(x.begin)

	x.mu.Lock()
	defer x.mu.Unlock()
	answer.Connect, answer.Handshake, answer.CertError = x.connect, x.handshake, x.certError
	answer.TLS, answer.Odd = x.secure, slices.Clone(x.oddities)
	if x.firstByte.After(x.sent) && !x.sent.IsZero() {
		answer.FirstByte = x.firstByte.Sub(x.sent)
	}
	return answer, nil
}

// transport dials under ctx, and not under the context that net/http hands to
// a dial, which may outlive the request.
func (x *exchange) transport(ctx context.Context) *http.Transport {
	return &http.Transport{
		Proxy: nil,
		DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
			conn, err := x.dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return x.tolerate(conn), nil
		},
		DialTLSContext: func(_ context.Context, network, address string) (net.Conn, error) {
			return x.dialTLS(ctx, network, address)
		},
		ForceAttemptHTTP2:      !x.request.HTTP1,
		DisableCompression:     true,
		MaxResponseHeaderBytes: maxHeader,
	}
}

func (x *exchange) newRequest(ctx context.Context) (*http.Request, error) {
	trace := &httptrace.ClientTrace{
		GotConn:              func(httptrace.GotConnInfo) { x.note(&x.sent) },
		GotFirstResponseByte: func() { x.note(&x.firstByte) },
	}
	method := orElse(x.request.Method, http.MethodGet)
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), method, x.request.URL.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header = http.Header{
		"User-Agent":      {UserAgent},
		"Accept":          {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
		"Accept-Encoding": {"gzip, deflate, br"},
	}
	for name, values := range x.request.Header {
		req.Header[http.CanonicalHeaderKey(name)] = values
	}
	return req, nil
}

func (x *exchange) note(at *time.Time) {
	x.mu.Lock()
	defer x.mu.Unlock()
	*at = time.Now()
}

// tolerate reads a connection on which HTTP/1 is spoken as browsers do.
func (x *exchange) tolerate(conn net.Conn) net.Conn {
	return &tolerant{Conn: conn, tell: func(oddity string) {
		x.mu.Lock()
		defer x.mu.Unlock()
		if len(x.oddities) < maxOdd && !slices.Contains(x.oddities, oddity) {
			x.oddities = append(x.oddities, oddity)
		}
	}}
}

func (x *exchange) dial(ctx context.Context, network, address string) (net.Conn, error) {
	begin := time.Now()
	conn, err := x.session.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.connect = time.Since(begin)
	context.AfterFunc(x.life, func() { conn.Close() })
	return conn, nil
}

// cleanURL returns u as it is sent: its host by the rules of every other
// target, no fragment, and no byte in the query that does not belong there.
func cleanURL(u *url.URL) (*url.URL, error) {
	switch {
	case u == nil || u.Scheme != "http" && u.Scheme != "https":
		return nil, domain.Errorf(domain.Invalid, "the URL must begin with http:// or https://")
	case u.User != nil:
		return nil, domain.Errorf(domain.Invalid, "the URL must not contain a user name or password")
	}
	host, err := domain.ParseHost(u.Hostname())
	if err != nil {
		return nil, err
	}
	clean := &url.URL{Scheme: u.Scheme, Path: u.Path, RawPath: u.RawPath, RawQuery: domain.EscapeQuery(u.RawQuery)}
	if clean.Path == "" {
		clean.Path = "/"
	}
	clean.Host = host.Host
	if strings.Contains(host.Host, ":") {
		clean.Host = "[" + host.Host + "]"
	}
	if digits := u.Port(); digits != "" {
		port, err := strconv.ParseUint(digits, 10, 16)
		if err != nil || port == 0 {
			return nil, domain.Errorf(domain.Invalid, "the port must be a number from 1 to 65535")
		}
		if digits != defaultPort[u.Scheme] {
			clean.Host += ":" + strconv.FormatUint(port, 10)
		}
	}
	return clean, nil
}

var defaultPort = map[string]string{"http": "80", "https": "443"}

func rawHead(resp *http.Response) []byte {
	var raw bytes.Buffer
	fmt.Fprintf(&raw, "%s %s\r\n", resp.Proto, resp.Status)
	resp.Header.Write(&raw) // a buffer does not fail
	raw.WriteString("\r\n")
	return raw.Bytes()
}

func orElse[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}
