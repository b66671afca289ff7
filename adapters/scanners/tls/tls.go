// Package tls finds out which protocols, cipher suites and certificates a TLS
// port offers, by ClientHellos of its own making, and grades them.
package tls

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// Scanner looks at the TLS port of a target: that of an https URL, else 443 of
// the host, or where neither that nor 80 opens the port on which its web server
// speaks TLS. All profiles look at the same; in SSLyze's place it looks at what
// was asked for, and grades only where that was everything.
type Scanner struct {
	// Now is the clock by which certificates are judged; time.Now when nil.
	Now func() time.Time
}

var _ scanners.Scanner = Scanner{}

// Tool implements scanners.Scanner.
func (Scanner) Tool() domain.Tool { return domain.TLS }

// Scan implements scanners.Scanner.
func (s Scanner) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	if job.Target.Kind == domain.RangeTarget {
		return scanners.Skip("a range is scanned address by address")
	}
	l := &look{job: job, see: see, port: Port(ctx, job), now: time.Now, asked: Asked(job)}
	if s.Now != nil {
		l.now = s.Now
	}
	return l.scan(ctx)
}

// look is one scan.
type look struct {
	job    scanners.Job
	see    func(domain.Observation)
	now    func() time.Time
	port   int
	asked  domain.SSLyzeOptions
	survey *survey
	end    domain.TLSEndpoint
	trip   time.Duration // how long a connection takes to be made
	// handshakes says that a whole one was possible.
	handshakes bool
	// blind says that a version, or its suites, could not be looked at.
	blind bool
	mu    sync.Mutex
	steps int
	gaps  []string // what a grade rests on and could not be looked at
}

// parts is how many steps there are to report: the versions, SSL 2, six more,
// and the attacks.
var parts = len(versions) + 7 + len(attacks)

func (l *look) scan(ctx context.Context) error {
	if err := l.reach(ctx); err != nil {
		return err
	}
	name := l.job.Target.Domain
	if net.ParseIP(name) != nil {
		name = "" // RFC 6066, 3: no addresses in SNI
	}
	l.survey = newSurvey(name, l.dial)
	l.survey.step, l.survey.trip = l.step, l.trip
	l.survey.shallow = !l.asked.Suites
	l.survey.versions(ctx)
	if ctx.Err() != nil {
		l.protocols()
		return ctx.Err()
	}
	if err := l.verdict(); err != nil {
		return err
	}
	l.end = domain.TLSEndpoint{Port: l.port}
	l.protocols()
	l.ssl2(ctx)
	settle := l.attack(ctx)
	l.keyExchange(ctx)
	l.downgrades(ctx)
	l.certificate(ctx)
	l.alpn(ctx)
	l.hsts(ctx)
	settle()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	l.grade()
	if facts, err := json.Marshal(l.end); err == nil {
		l.end.Evidence = l.job.Keep("tls-hello", facts)
	}
	l.see(l.end)
	for _, w := range Weaknesses(l.end, l.now(), l.blind) {
		l.see(w)
	}
	for _, rule := range Undecided(l.blind) {
		l.cover(rule, scanners.Skip("not all versions could be looked at"))
	}
	l.see(domain.Advance{Percent: 100})
	return nil
}

func (l *look) dial(ctx context.Context) (net.Conn, error) {
	return l.job.Net.DialContext(ctx, "tcp", net.JoinHostPort(l.job.Target.Host, strconv.Itoa(l.port)))
}

// reach says why there is no port to look at.
func (l *look) reach(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, handshakeTime)
	defer cancel()
	began := time.Now()
	conn, err := l.dial(bounded)
	l.trip = time.Since(began)
	switch code := domain.CodeOf(err); {
	case err == nil:
		conn.Close()
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case code == domain.Forbidden:
		return &scanners.NotTested{Outcome: domain.Refused, Reason: err.Error()}
	case code == domain.Unresolvable:
		return scanners.Skip("%s", err)
	case timedOut(err):
		return &scanners.NotTested{Outcome: domain.TimedOut, Reason: fmt.Sprintf("port %d did not answer", l.port)}
	default:
		return scanners.Skip("no TLS on port %d: nothing listens there", l.port)
	}
}

// verdict is nil when at least one handshake succeeded.
func (l *look) verdict() error {
	switch {
	case l.survey.best(tls13) != 0 || l.survey.ssl2 != nil:
		return nil
	case l.survey.spoke:
		return &scanners.NotTested{Outcome: domain.Refused,
			Reason: fmt.Sprintf("port %d speaks TLS, and refuses every handshake with the name %q", l.port, l.survey.name)}
	case l.survey.fault != nil && timedOut(l.survey.fault):
		return &scanners.NotTested{Outcome: domain.TimedOut, Reason: fmt.Sprintf("port %d did not answer a TLS hello", l.port)}
	default:
		return scanners.Skip("no TLS on port %d", l.port)
	}
}

func (l *look) step() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.steps++
	l.see(domain.Advance{Percent: l.steps * 99 / parts})
}

func (l *look) feature(name string, has bool) {
	if l.end.Features == nil {
		l.end.Features = map[string]bool{}
	}
	l.end.Features[name] = has
}

func (l *look) certificate(ctx context.Context) {
	if l.skip(l.asked.Certificate, "certificate") {
		return
	}
	defer l.step()
	p, err := l.survey.shown(ctx)
	l.cover("certificate", err)
	if l.handshakes = p.whole; p.whole {
		l.feature("ocsp_stapling", len(p.staple) > 0)
		l.feature("client_certificate", p.asksClient)
	}
	if err != nil {
		return
	}
	l.end.Certificate = Chain(ctx, l.job, p.chain, l.now())
	l.feature("must_staple", mustStaple(p.chain[0]))
	l.feature("certificate_timestamps", p.timestamps+timestampsIn(p.chain[0]) > 0)
	l.feature("chain_in_order", inOrder(p.chain))
	l.revocation(ctx, p)
}

// protocolsOverTLS are the application protocols that are looked for (ALPN), by
// their features.
var protocolsOverTLS = map[string]string{"h2": "alpn_h2", "http/1.1": "alpn_http_1_1"}

// alpn asks for each application protocol alone, of a server with which
// handshakes are possible: one that fails then does for the protocol's sake.
func (l *look) alpn(ctx context.Context) {
	if l.skip(l.whole(), alpnLine) {
		return
	}
	defer l.step()
	if !l.handshakes {
		l.cover(alpnLine, scanners.Skip("no whole handshake was possible"))
		return
	}
	for protocol, feature := range protocolsOverTLS {
		p, err := l.survey.shake(ctx, protocol)
		if err != nil && timedOut(err) {
			l.cover(alpnLine, err)
			return
		}
		l.feature(feature, err == nil && p.alpn == protocol)
	}
	l.cover(alpnLine, nil)
}

// hsts reads how long browsers are to use TLS alone, RFC 6797. It is of use for
// the grade.
func (l *look) hsts(ctx context.Context) {
	if l.skip(l.whole(), hstsLine) {
		return
	}
	defer l.step()
	t := l.job.Target
	if t.Domain != t.Host {
		if err := l.job.Net.Pin(ctx, t.Domain, t.Host); err != nil {
			l.cover(hstsLine, err)
			return
		}
	}
	host := net.JoinHostPort(t.Domain, strconv.Itoa(l.port))
	answer, err := l.job.Net.Fetch(ctx, scanners.Request{URL: &url.URL{Scheme: "https", Host: host, Path: "/"}, MaxBody: 4 << 10})
	if err == nil {
		l.end.HSTS = maxAge(answer.Header)
	}
	l.cover(hstsLine, err)
}

func maxAge(h http.Header) int64 {
	for part := range strings.SplitSeq(h.Get("Strict-Transport-Security"), ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if !strings.EqualFold(strings.TrimSpace(name), "max-age") {
			continue
		}
		seconds, err := strconv.ParseInt(strings.Trim(strings.TrimSpace(value), `"`), 10, 64)
		if err != nil || seconds < 0 {
			return 0
		}
		return seconds
	}
	return 0
}
