// Package sslyze has SSLyze look at a TLS port.
//
// What it sees is told as the built-in scanner of TLS would tell it, and judged by
// the same rules, so that a weakness that both see is one finding with two witnesses. SSLyze
// says nothing while it works: all is told at its end. What it could not look at is
// never told as safe.
package sslyze

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/tls"
	"github.com/scanledger/scanledger/domain"
)

// Scanner looks at the port at which the built-in scanner of TLS looks, and at as
// much as was asked for.
type Scanner struct {
	settings scanners.ToolSettings
	now      func() time.Time // by which certificates are judged
}

var _ scanners.Scanner = Scanner{}

// New returns a scanner that runs the sslyze of the settings, or else the one on PATH.
func New(s scanners.ToolSettings) Scanner { return Scanner{s, time.Now} }

// Tool implements scanners.Scanner.
func (Scanner) Tool() domain.Tool { return domain.SSLyzeTool }

// Ping implements scanners.Reachable.
func (s Scanner) Ping(ctx context.Context) (string, error) {
	path, err := scanners.Find(domain.SSLyzeTool, s.settings)
	if err != nil {
		return "", err
	}
	return scanners.Starts(ctx, path, "--help")
}

// Scan implements scanners.Scanner.
func (s Scanner) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	if job.Target.Kind == domain.RangeTarget {
		return scanners.Skip("a range is scanned address by address")
	}
	path, err := scanners.Find(domain.SSLyzeTool, s.settings)
	if err != nil {
		return scanners.Skip("SSLyze is %v", err)
	}
	addr, others, err := scanners.Address(ctx, job)
	if err != nil {
		return err
	}
	port := tls.Port(ctx, job)
	if err := reach(ctx, job, port); err != nil {
		return err
	}
	for _, c := range others {
		see(c)
	}
	var told document
	asked := tls.Asked(job)
	err = scanners.Watch(ctx, "SSLyze", &scanners.Local{
		Path: path, Args: args(asked, job.Target.Domain, addr, port),
		Report: func(to *scanners.Sight, r io.Reader) (err error) {
			if told, err = decode(r); err != nil {
				return err
			}
			return s.tell(ctx, job, asked, port, told, to)
		},
	}, see)
	return err
}

// reachTime is how long the port may take to be connected to.
const reachTime = 10 * time.Second

// reach says, before SSLyze is started, why there is no port to look at.
func reach(ctx context.Context, job scanners.Job, port int) error {
	short, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	conn, err := job.Net.DialContext(short, "tcp", net.JoinHostPort(job.Target.Host, strconv.Itoa(port)))
	switch {
	case err == nil:
		return conn.Close()
	case ctx.Err() != nil:
		return ctx.Err()
	case domain.CodeOf(err) == domain.Forbidden:
		return &scanners.NotTested{Outcome: domain.Refused, Reason: err.Error()}
	case short.Err() != nil:
		return &scanners.NotTested{Outcome: domain.TimedOut, Reason: fmt.Sprintf("port %d did not answer", port)}
	default:
		return scanners.Skip("no TLS on port %d: nothing listens there", port)
	}
}

// tell tells what SSLyze has seen of the port.
func (s Scanner) tell(ctx context.Context, job scanners.Job, asked domain.SSLyzeOptions, port int, d document, to *scanners.Sight) error {
	server, err := d.server(port)
	if err != nil {
		return err
	}
	e := &endpoint{asked: asked, result: server.Result, now: s.now(), to: to, TLSEndpoint: domain.TLSEndpoint{Port: port}}
	e.chain = func(pem []string) (*domain.Certificate, error) {
		chain, err := parsed(pem)
		if err != nil {
			return nil, err
		}
		return tls.Chain(ctx, job, chain, e.now), nil
	}
	e.read()
	if e.whole() {
		e.grade()
	}
	e.Evidence = job.Keep("sslyze-json", server.raw)
	for _, o := range append([]domain.Observation{e.TLSEndpoint}, e.weaknesses()...) {
		if err := to.See(o); err != nil {
			return err
		}
	}
	return e.cover()
}
