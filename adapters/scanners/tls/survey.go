package tls

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
)

const (
	handshakeTime = 5 * time.Second
	together      = 8 // handshakes at once
)

// survey finds out what one port offers, by many handshakes that end after the
// server's first answer.
type survey struct {
	dial  func(context.Context) (net.Conn, error)
	name  string // for SNI
	turns chan struct{}
	step  func()        // called after each part
	trip  time.Duration // how long a connection takes to be made
	// shallow says that one suite of each version is enough.
	shallow bool

	mu    sync.Mutex
	spoke bool  // there was an answer in TLS, if only an alert
	fault error // the last failure to get any answer
	found map[uint16]*offer
	group []string
	dh    int // the smallest prime seen
	first map[uint16]reply
	// ssl2 is nil where SSL 2 is not offered, and noSSL2 why that is not known.
	ssl2   *ssl2
	noSSL2 error
}

// offer is what was found out of one version.
type offer struct {
	suites  []uint16
	refused bool  // the server says that it does not speak the version
	ordered bool  // the server has an order of its own, in which suites stand
	fault   error // why it could not be found out; nil when it was
}

func newSurvey(name string, dial func(context.Context) (net.Conn, error)) *survey {
	return &survey{dial: dial, name: name, turns: make(chan struct{}, together), step: func() {},
		found: map[uint16]*offer{}, first: map[uint16]reply{}}
}

// try makes one handshake, a second time when nothing at all came back.
func (s *survey) try(ctx context.Context, h hello) (reply, error) {
	if err := s.turn(ctx); err != nil {
		return reply{}, err
	}
	defer func() { <-s.turns }()
	h.name = s.name
	r, err := s.once(ctx, h)
	if unheard(err) && ctx.Err() == nil {
		r, err = s.once(ctx, h)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var a alert
	s.spoke = s.spoke || err == nil || errors.As(err, &a)
	if unheard(err) {
		s.fault = err
	}
	if r.dhBits > 0 && (s.dh == 0 || r.dhBits < s.dh) {
		s.dh = r.dhBits
	}
	return r, err
}

func (s *survey) once(ctx context.Context, h hello) (reply, error) {
	l, err := s.open(ctx)
	if err != nil {
		return reply{}, err
	}
	defer l.Close()
	return l.greet(h)
}

// unheard is true of errors that say nothing of what the server offers: an
// alert is a no, and many servers say no by hanging up.
func unheard(err error) bool {
	var a alert
	switch {
	case err == nil, errors.As(err, &a), errors.Is(err, errNotTLS), errors.Is(err, errMalformed),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return false
	}
	return true
}

func timedOut(err error) bool {
	var n net.Error
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, &n) && n.Timeout()
}

// versions looks at every version, all at the same time.
func (s *survey) versions(ctx context.Context) {
	var works sync.WaitGroup
	works.Go(func() { s.ssl2, s.noSSL2 = s.offersSSL2(ctx) })
	for _, v := range versions {
		works.Go(func() {
			o := s.version(ctx, v.wire)
			s.mu.Lock()
			s.found[v.wire] = o
			s.mu.Unlock()
			s.step()
		})
	}
	works.Wait()
}

// version finds all suites of a version: what the server chooses is left out
// the next time, until it chooses nothing. A shallow survey stops at the first.
// One hello has them all, so that they are found in the server's order; a
// server that cannot take so many at once is asked in batches.
func (s *survey) version(ctx context.Context, version uint16) *offer {
	batches := candidates(version)
	o := s.among(ctx, version, [][]uint16{slices.Concat(batches...)})
	if o.fault == nil && len(o.suites) == 0 && !o.refused && len(batches) > 1 {
		o = s.among(ctx, version, batches)
	}
	if o.fault == nil && len(o.suites) > 1 {
		o.ordered, o.fault = s.ordered(ctx, version, o.suites)
	}
	return o
}

// ordered says whether the server chooses by its own preference: it chooses
// the same when it is offered the suites the other way round. A server that
// prefers ChaCha20 for clients that name it first is not taken in.
func (s *survey) ordered(ctx context.Context, version uint16, found []uint16) (bool, error) {
	back := slices.Clone(found)
	slices.Reverse(back)
	if suiteOf(back[0]).has("CHACHA20") && len(back) > 2 {
		back[0], back[1] = back[1], back[0]
	}
	r, err := s.try(ctx, hello{version: version, suites: back, groups: groupsFor(version)})
	if unheard(err) {
		return false, err
	}
	return err == nil && r.suite == found[0], nil
}

// among finds the suites of several batches.
func (s *survey) among(ctx context.Context, version uint16, batches [][]uint16) *offer {
	o := &offer{}
	for i, left := range batches {
		for len(left) > 0 {
			r, err := s.try(ctx, hello{version: version, suites: left, groups: groupsFor(version)})
			if unheard(err) {
				o.fault = err
				return o
			}
			if errors.Is(err, protocolVersion) && i == 0 && len(o.suites) == 0 {
				o.refused = true
				return o
			}
			at := slices.Index(left, r.suite)
			if err != nil || r.version != version || at < 0 {
				break
			}
			s.remember(version, r)
			if o.suites = append(o.suites, r.suite); s.shallow {
				return o
			}
			left = slices.Delete(left, at, at+1)
		}
	}
	return o
}

func (s *survey) remember(version uint16, r reply) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.first[version]; !known {
		s.first[version] = r
	}
}

// groupsFor leaves the groups of TLS 1.3 out where old servers would only be
// confused by them.
func groupsFor(version uint16) []uint16 {
	const firstHybrid = 0x0200
	return slices.DeleteFunc(allGroups(), func(g uint16) bool { return version < tls13 && g >= firstHybrid })
}

// groups finds the groups of the best version that has any.
func (s *survey) groups(ctx context.Context) error {
	h := hello{version: tls13, groups: groupsFor(tls13), noShare: true}
	h.suites = s.suites(tls13)
	if len(h.suites) == 0 && s.found[tls13].fault != nil {
		return scanners.Skip("whether TLS 1.3 is offered, which has groups of its own, is not known")
	}
	if len(h.suites) == 0 {
		h = hello{version: tls12, groups: groupsFor(tls12)}
		for ; h.version > ssl30 && len(h.suites) == 0; h.version-- {
			h.suites = slices.DeleteFunc(s.suites(h.version), func(n uint16) bool { return suiteOf(n).exchange() != exchangeECDHE })
			if len(h.suites) > 0 {
				break
			}
		}
	}
	for len(h.suites) > 0 && len(h.groups) > 0 {
		r, err := s.try(ctx, h)
		if unheard(err) {
			return err
		}
		at := slices.Index(h.groups, r.group)
		if err != nil || at < 0 {
			break
		}
		s.group = append(s.group, groupName(r.group))
		h.groups = slices.Delete(h.groups, at, at+1)
	}
	return nil
}

// suites are those that were found of a version.
func (s *survey) suites(version uint16) []uint16 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.found[version]; o != nil {
		return slices.Clone(o.suites)
	}
	return nil
}

// best is the highest version offered that is not above limit, 0 for none.
func (s *survey) best(limit uint16) uint16 {
	for v := limit; v >= ssl30; v-- {
		if len(s.suites(v)) > 0 {
			return v
		}
	}
	return 0
}

// extras looks at what only a version before TLS 1.3 can have.
func (s *survey) extras(ctx context.Context) (map[string]bool, error) {
	version := s.best(tls12)
	if version == 0 && s.best(tls13) != 0 {
		// What was wrong before has no place in TLS 1.3: RFC 8446, 4.1.2 and 1.2.
		return map[string]bool{"secure_renegotiation": true, "extended_master_secret": true, "compression": false}, nil
	}
	if version <= ssl30 {
		return nil, nil
	}
	r, err := s.try(ctx, hello{version: version, suites: s.suites(version), groups: groupsFor(version), extras: true})
	if unheard(err) {
		return nil, err
	}
	if err != nil { // it does not like them, and so has none of them
		r = s.first[version]
	}
	_, secure := r.extensions[extRenegotiation]
	_, heartbeat := r.extensions[extHeartbeat]
	_, master := r.extensions[extMasterSecret]
	_, tickets := r.extensions[extTicket]
	return map[string]bool{
		"secure_renegotiation": secure, "heartbeat": heartbeat, "extended_master_secret": master, "session_tickets": tickets,
		"compression": r.compression == 1, "ocsp_stapling": r.stapled, "client_certificate": r.asksClient,
	}, nil
}

// order says whether the server has an order of suites of its own, in every
// version that has more than one; TLS 1.3 counts only where it is alone, for
// there is no bad choice. Known is false where there is nothing to choose from.
func (s *survey) order() (own, known bool) {
	own = true
	for v := uint16(tls12); v >= ssl30; v-- {
		if o := s.found[v]; len(o.suites) > 1 {
			own, known = own && o.ordered, true
		}
	}
	if o := s.found[tls13]; !known && len(o.suites) > 1 {
		return o.ordered, true
	}
	return own, known
}

// fallback reports whether a downgraded hello with TLS_FALLBACK_SCSV is turned
// down (RFC 7507). It needs two versions; asked is false without them.
func (s *survey) fallback(ctx context.Context) (rejects, asked bool, err error) {
	best := s.best(tls13)
	lower := s.best(best - 1)
	if best == 0 || lower <= ssl30 {
		return false, false, nil
	}
	h := hello{version: lower, suites: append(s.suites(lower), fallbackSCSV), groups: groupsFor(lower)}
	_, err = s.try(ctx, h)
	if unheard(err) {
		return false, false, err
	}
	return errors.Is(err, inappropriateFallback), true, nil
}
