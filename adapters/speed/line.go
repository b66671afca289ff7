package speed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// line is the line to one server, for one test.
type line struct {
	server    Server
	transport http.RoundTripper
}

// answered is a server that answers something else than it should.
type answered struct{ status int }

// Error implements error.
func (a *answered) Error() string { return fmt.Sprintf("it answers with the status %d", a.status) }

// errShort is of a server that sends less than it was asked for.
var errShort = errors.New("it sends less than it was asked for")

// exchanged is one request and when its parts were.
type exchanged struct {
	sent, first, end time.Time
	server           time.Duration // of that the server's own, as it says
	bytes            int64         // of the body that came
}

// exchange makes a request on a line. Redirects are not followed. What is read
// of the answer is at most as much as was asked for.
func (l *line) exchange(ctx context.Context, method string, to *url.URL, body io.Reader, size, most int64) (x exchanged, err error) {
	var sent, first atomic.Pointer[time.Time]
	at := func(p *atomic.Pointer[time.Time]) { now := time.Now(); p.Store(&now) }
	trace := &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { at(&sent) }, GotFirstResponseByte: func() { at(&first) },
	}
	request, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), method, to.String(), body)
	if err != nil {
		return x, err
	}
	request.ContentLength = size
	request.Header.Set("User-Agent", "scanledger")
	if body != nil {
		request.Header.Set("Content-Type", "application/octet-stream")
	}
	response, err := l.transport.RoundTrip(request)
	if err == nil {
		defer response.Body.Close()
		x.server = serverTime(response.Header.Get("Server-Timing"))
		if response.StatusCode != http.StatusOK {
			err = &answered{response.StatusCode}
		} else {
			x.bytes, err = io.Copy(io.Discard, io.LimitReader(response.Body, most))
		}
	}
	if x.end = time.Now(); sent.Load() == nil {
		return x, err
	}
	x.sent, x.first = *sent.Load(), x.end
	if p := first.Load(); p != nil {
		x.first = *p
	}
	return x, err
}

// ownTime is what servers of both kinds say that a request took them.
var ownTime = regexp.MustCompile(`(?i)cfReq(?:uest)?Dur(?:ation)?;\s*dur=([0-9.]+)`)

func serverTime(header string) time.Duration {
	found := ownTime.FindStringSubmatch(header)
	if found == nil {
		return 0
	}
	ms, err := strconv.ParseFloat(found[1], 64)
	if err != nil || ms < 0 || ms > 60_000 {
		return 0
	}
	return time.Duration(ms * float64(time.Millisecond))
}

func milliseconds(d time.Duration) float64 { return float64(max(d, 0).Microseconds()) / 1000 }

// ping is one round trip, on a connection that stands already if there is one.
func (l *line) ping(ctx context.Context) (float64, error) {
	x, err := l.exchange(ctx, http.MethodGet, l.server.Ping, nil, 0, 64<<10)
	return milliseconds(x.first.Sub(x.sent) - x.server), err
}

// idle are the round trips of a line that moves nothing. The first made the
// connection, and does not count.
func (l *line) idle(ctx context.Context) (pings []float64, err error) {
	bounded, cancel := context.WithTimeout(ctx, idleTime)
	defer cancel()
	for n := range idlePings {
		ms, err := l.ping(bounded)
		switch {
		case err != nil && bounded.Err() != nil && ctx.Err() == nil && len(pings) > 1:
			return pings, nil // a slow line has few
		case err != nil:
			return pings, err
		case n > 0:
			pings = append(pings, ms)
		}
	}
	return pings, nil
}

// loaded moves bytes, with round trips meanwhile.
func (l *line) loaded(ctx context.Context, size int64, move func(context.Context, int64) (domain.Transfer, error)) (domain.Transfer, error) {
	beside, cancel := context.WithCancel(ctx)
	var pings []float64
	var pinging sync.WaitGroup
	pinging.Go(func() {
		for {
			began := time.Now()
			if ms, err := l.ping(beside); err == nil {
				pings = append(pings, ms)
			}
			select {
			case <-time.After(throttle - time.Since(began)):
			case <-beside.Done():
				return
			}
		}
	})
	t, err := move(ctx, size)
	cancel()
	pinging.Wait()
	t.Pings = pings
	return t, err
}

// download asks for so many bytes.
func (l *line) download(ctx context.Context, size int64) (domain.Transfer, error) {
	to := *l.server.Download
	q := to.Query()
	q.Set("ckSize", strconv.FormatInt(size>>20, 10))
	to.RawQuery = q.Encode()
	x, err := l.exchange(ctx, http.MethodGet, &to, nil, 0, size)
	if err == nil && x.bytes < size {
		err = errShort
	}
	return transfer(size, x.bytes, x.end.Sub(x.sent), x.server), err
}

// upload sends so many bytes. It took until the answer begins: before that nobody
// knows how much has come. Most of what has left us may wait in our own buffers.
func (l *line) upload(ctx context.Context, size int64) (domain.Transfer, error) {
	body := new(noise)
	body.left.Store(size)
	x, err := l.exchange(ctx, http.MethodPost, l.server.Upload, body, size, 64<<10)
	sent := size - body.left.Load()
	if err != nil {
		sent = 0
	}
	return transfer(size, sent, x.first.Sub(x.sent), x.server), err
}

func transfer(size, moved int64, took, server time.Duration) domain.Transfer {
	ms := milliseconds(took)
	return domain.Transfer{Size: size, Bytes: moved, MS: ms, ServerMS: min(milliseconds(server), ms)}
}

// noise is so many bytes that nothing on their way makes fewer. Whoever sends it
// may be at it still when the answer has come.
type noise struct{ left atomic.Int64 }

var random = func() []byte {
	block := make([]byte, 256<<10)
	var seed [32]byte
	rand.NewChaCha8(seed).Read(block)
	return block
}()

// Read implements io.Reader.
func (n *noise) Read(p []byte) (int, error) {
	left := n.left.Load()
	if left == 0 {
		return 0, io.EOF
	}
	done := copy(p[:min(int64(len(p)), left)], random)
	n.left.Add(-int64(done))
	return done, nil
}
