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
