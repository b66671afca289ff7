package speed

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// Client measures the lines to its servers. It is safe for concurrent use.
type Client struct {
	Servers []Server // the first is our own, the others those that the operator lists
	Log     *slog.Logger
	// Direction is how long one direction may take; 4 s when 0. All of a test
	// takes no more than twice that and two seconds, and two more to choose a server.
	Direction time.Duration

	running atomic.Int32
}

const (
	together  = 4 // tests at one time: more would measure each other
	idlePings = 12
	idleTime  = 2 * time.Second // for all of them
	throttle  = 400 * time.Millisecond
	enough    = time.Second // a request that takes so long ends its direction
	direction = 4 * time.Second
)

// set is so many requests of one size.
type set struct {
	bytes int64
	count int
}

// What is moved in each direction at most: 210 MiB. An upload that is cut counts for
// nothing, and so there are smaller ones, for slow lines.
var (
	downloads = []set{{1 << 20, 4}, {4 << 20, 4}, {16 << 20, 4}, {42 << 20, 3}}
	uploads   = append([]set{{64 << 10, 4}, {256 << 10, 4}}, downloads...)
)

// Measure implements commands.Lines.
func (c *Client) Measure(ctx context.Context, id string) (commands.TestServer, domain.SpeedSamples, error) {
	server, err := c.server(id)
	if err != nil {
		return commands.TestServer{}, domain.SpeedSamples{}, err
	}
	toBest := id == "" && len(c.Servers) > 1
	if c.running.Add(1) > together {
		c.running.Add(-1)
		return server.told(), domain.SpeedSamples{}, &domain.Error{Code: domain.TooMany, Wait: 10 * time.Second, Message: "There are too many speed tests under way: they would measure each other. Try again in 10 s"}
	}
	defer c.running.Add(-1)
	if toBest {
		if server, err = c.best(ctx); err != nil {
			return commands.TestServer{}, domain.SpeedSamples{}, err
		}
	}
	samples, err := c.measure(ctx, server)
	if err != nil {
		c.Log.Warn("a speed test failed", "server", server.ID, "error", err)
		err = domain.Errorf(domain.Unavailable, "The test server %s does not answer as it should: %s", server.ID, plain(err))
	}
	return server.told(), samples, err
}

// Server implements commands.Lines.
func (c *Client) Server(id string) (commands.TestServer, error) {
	s, err := c.server(id)
	return s.told(), err
}

func (s Server) told() commands.TestServer {
	return commands.TestServer{ID: s.ID, Location: s.Location}
}

// plain is what of an error is told to whoever asks.
func plain(err error) string {
	var said *answered
	switch {
	case errors.As(err, &said):
		return said.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "it takes too long"
	case errors.Is(err, errShort):
		return errShort.Error()
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "it breaks off"
	case domain.CodeOf(err) == domain.Forbidden:
		return "its address is not public, and none of those that the operator allows"
	default:
		return "it cannot be reached"
	}
}

func (c *Client) server(id string) (Server, error) {
	for _, s := range c.Servers {
		if id == "" || s.ID == id || s.ID == Own && id == ownNumber {
			return s, nil
		}
	}
	return Server{}, domain.Errorf(domain.Invalid, "there is no test server %q: /librespeed/servers.json lists them", id)
}

func (c *Client) measure(ctx context.Context, server Server) (samples domain.SpeedSamples, err error) {
	line, end := lineTo(server)
	defer end()
	if samples.Idle, err = line.idle(ctx); err != nil {
		return samples, err
	}
	if samples.Download, err = c.way(ctx, line, downloads, line.download); err != nil {
		return samples, err
	}
	samples.Upload, err = c.way(ctx, line, uploads, line.upload)
	return samples, err
}

// lineTo is a new line, which is over at the end.
func lineTo(server Server) (l *line, end func()) {
	transport := &http.Transport{
		DialContext: server.Dial, DisableCompression: true, MaxResponseHeaderBytes: 64 << 10,
		MaxConnsPerHost: 3, MaxIdleConnsPerHost: 3,
	}
	return &line{server: server, transport: transport}, transport.CloseIdleConnections
}

// way measures one direction, by larger and larger requests until one takes
// long enough. A download that was under way when the time ran out counts as far as
// it came.
func (c *Client) way(ctx context.Context, l *line, sets []set, move func(context.Context, int64) (domain.Transfer, error)) (list []domain.Transfer, err error) {
	limit := c.Direction
	if limit == 0 {
		limit = direction
	}
	bounded, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, set := range sets {
		slow := false
		for range set.count {
			t, err := l.loaded(bounded, set.bytes, move)
			if ctx.Err() != nil {
				return list, ctx.Err()
			}
			if t.Bytes > 0 && (err == nil || bounded.Err() != nil) {
				list = append(list, t)
			}
			switch {
			case bounded.Err() != nil && len(list) > 0:
				return list, nil
			case err != nil:
				return list, err
			}
			slow = slow || t.MS >= float64(enough.Milliseconds())
		}
		if slow {
			break
		}
	}
	return list, nil
}
