package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/ClickHouse/ch-go/proto"
)

// ClickHouseOptions say where the embedded ClickHouse keeps its data and where
// other processes reach it.
type ClickHouseOptions struct {
	Dir     string       // the data folder; the engine's is its folder clickhouse
	Addr    string       // host:port of its HTTP interface; port 0 takes a free one, "" serves this process only
	Library string       // path of libchdb.so; "" looks for it
	Log     *slog.Logger // what goes wrong while serving others; nil for nobody to hear
}

// ClickHouse is the engine as a library in this process. It is an
// http.RoundTripper for clickhouse-go (Options.TransportFunc, protocol HTTP),
// and an http.Handler for other processes of this machine. A process has one
// at a time. A batch that was acknowledged is there after a kill.
type ClickHouse struct {
	lib      *libchdb
	dir      string
	holder   *session // keeps the engine running between requests
	slots    chan struct{}
	closing  chan struct{}
	running  sync.WaitGroup
	hello    proto.Block
	greeting []proto.InputColumn
	password string
	server   *http.Server
	addr     string
	closed   sync.Once
}

const (
	atOnce        = 4                // statements that run side by side
	longestQuery  = 10 * time.Minute // where neither the request nor its context has a limit
	closePatience = 15 * time.Second
)

// OpenClickHouse loads the library and opens the data folder. The error is
// ErrNoLibrary where there is no library: a server by URL serves instead.
func OpenClickHouse(ctx context.Context, o ClickHouseOptions) (*ClickHouse, error) {
	lib, err := loadLibrary(o.Library)
	if err != nil {
		return nil, fmt.Errorf("embedded clickhouse: %w", err)
	}
	c := &ClickHouse{lib: lib, slots: make(chan struct{}, atOnce), closing: make(chan struct{})}
	if c.dir, err = filepath.Abs(filepath.Join(o.Dir, "clickhouse")); err == nil {
		err = os.MkdirAll(c.dir, 0o700)
	}
	if err == nil {
		c.password, err = password(filepath.Join(o.Dir, "clickhouse.password"))
	}
	if err == nil {
		c.holder, err = lib.open(c.dir)
	}
	if err != nil {
		return nil, fmt.Errorf("embedded clickhouse: %w", err)
	}
	if err = c.greet(); err == nil && o.Addr != "" {
		err = c.listen(ctx, o)
	}
	if err != nil {
		c.holder.close()
		return nil, fmt.Errorf("embedded clickhouse: %w", err)
	}
	return c, nil
}

// greet prepares the answer to clickhouse-go's first question. It says
// revision 0, because that is how the library writes every other block.
func (c *ClickHouse) greet() error {
	said, err := c.holder.query("SELECT version(), timezone()", "TabSeparated")
	if err != nil {
		return err
	}
	version, zone, _ := strings.Cut(strings.TrimSpace(string(said)), "\t")
	var name, number, place proto.ColStr
	revision := proto.ColUInt32{0}
	name.Append("scanledger")
	number.Append(version)
	place.Append(zone)
	c.greeting = []proto.InputColumn{
		{Name: "displayName()", Data: name}, {Name: "version()", Data: number},
		{Name: "revision()", Data: revision}, {Name: "timezone()", Data: place},
	}
	c.hello = proto.Block{Info: proto.BlockInfo{BucketNum: -1}, Columns: len(c.greeting), Rows: 1}
	return nil
}

func (c *ClickHouse) listen(ctx context.Context, o ClickHouseOptions) error {
	addr, err := listenAddr(o.Addr)
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	c.addr = listener.Addr().String()
	c.server = &http.Server{Handler: c, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	c.running.Go(func() {
		if err := c.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			loggerOr(o.Log).Error("embedded clickhouse serves no other processes any more", "error", err)
		}
	})
	return nil
}

// URL returns where other processes reach the engine, with the password, or ""
// when it serves this process only.
func (c *ClickHouse) URL() string {
	if c.addr == "" {
		return ""
	}
	u := url.URL{Scheme: "http", User: url.UserPassword("default", c.password), Host: c.addr}
	return u.String()
}

// Close waits for what is running, since a statement cannot be cut off, and
// closes the data folder. After 15 seconds it gives up with an error: then the
// folder is let go of when the process ends, and nothing acknowledged is lost.
func (c *ClickHouse) Close() error {
	var err error
	c.closed.Do(func() {
		close(c.closing)
		if c.server != nil {
			err = c.server.Close()
		}
		patience := time.After(closePatience)
		for range atOnce { // none is given back: nothing starts any more
			select {
			case c.slots <- struct{}{}:
			case <-patience:
				err = errors.New("embedded clickhouse: a statement is still running")
				return
			}
		}
		c.running.Wait()
		c.holder.close()
	})
	return err
}

// RoundTrip implements http.RoundTripper. A failure of the engine is an answer
// with status 500 and its code in X-ClickHouse-Exception-Code. When the
// request's context ends first, its error is returned at once; the statement
// then runs on until its time is up, and an insert may still take effect.
func (c *ClickHouse) RoundTrip(r *http.Request) (*http.Response, error) {
	st, err := readStatement(r)
	if r.Body != nil {
		err = errors.Join(err, r.Body.Close())
	}
	var body []byte
	if err == nil {
		body, err = c.execute(r.Context(), st)
	}
	var failed *exception
	if err != nil && !errors.As(err, &failed) {
		return nil, err
	}
	response := &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"X-Clickhouse-Format": {st.format}}, Request: r,
	}
	if failed != nil {
		body = []byte(failed.text + "\n")
		response.Status, response.StatusCode = "500 Internal Server Error", http.StatusInternalServerError
		response.Header.Set("X-ClickHouse-Exception-Code", strconv.Itoa(failed.code()))
	}
	response.ContentLength = int64(len(body))
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// execute runs a statement on a session of its own, so that no setting outlives
// it, and answers when it is done or ctx is.
func (c *ClickHouse) execute(ctx context.Context, st statement) ([]byte, error) {
	if st.hello > 0 {
		var buffer proto.Buffer
		err := c.hello.EncodeBlock(&buffer, st.hello, c.greeting)
		return buffer.Buf, err
	}
	select {
	case c.slots <- struct{}{}:
	case <-c.closing:
		return nil, errors.New("embedded clickhouse is closed")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	limit := longestQuery.Seconds()
	if deadline, ok := ctx.Deadline(); ok {
		limit = min(limit, max(time.Until(deadline).Seconds(), 0.001))
	}
	type answer struct {
		body []byte
		err  error
	}
	answers := make(chan answer, 1)
	c.running.Go(func() {
		defer func() { <-c.slots }()
		var a answer
		s, err := c.lib.open(c.dir)
		if err == nil {
			a.body, a.err = st.run(s, limit)
			s.close()
		} else {
			a.err = err
		}
		answers <- a
	})
	select {
	case a := <-answers:
		return a.body, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
