package tls

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/scanledger/scanledger/domain"
)

// attack is a known attack, or what one rests on, that can only be told by
// trying. Each is harmless to the server: it asks for nothing that it may not
// have, and for no more than tells a server that is open to it from one that is
// not. Try says which of the names hold; those of a patched server do not.
type attack struct {
	what  string   // for the coverage
	names []string // of the features that it tells
	try   func(context.Context, *survey) (held []string, err error)
	last  bool // it keeps some servers busy, and is tried when all else is done
}

var attacks = []attack{
	{"Heartbleed (CVE-2014-0160)", []string{"heartbleed"}, heartbleed, false},
	{"CCS injection (CVE-2014-0224)", []string{"ccs_injection"}, injection, false},
	{"ROBOT", []string{"robot"}, robot, false},
	{"Ticketbleed (CVE-2016-9244)", []string{"ticketbleed"}, ticketbleed, false},
	{"renegotiation by the client", []string{"client_renegotiation"}, renegotiation, true},
	{"padding oracles (POODLE of TLS, GOLDENDOODLE, Zombie POODLE, CVE-2019-1559)",
		[]string{"poodle_tls", "golden_doodle", "zombie_poodle", "zero_length_oracle"}, padding, false},
}

// errNothing is returned where there is nothing that an attack could be tried
// on: the server is not open to it.
var errNothing = errors.New("no version from TLS 1.0 to 1.2 is offered with such a suite")

// attack tries all attacks, at the same time as what the caller does next.
// Settle waits for them, and then says what follows from the versions and
// suites alone.
func (l *look) attack(ctx context.Context) (settle func()) {
	var works sync.WaitGroup
	var told sync.Map
	for _, a := range attacks {
		if !a.last && !l.skip(l.asked.Suites, a.what) {
			works.Go(func() { l.tryOne(ctx, a, &told) })
		}
	}
	return func() {
		works.Wait()
		for _, a := range attacks {
			if a.last && !l.skip(l.asked.Suites, a.what) {
				l.tryOne(ctx, a, &told)
			}
		}
		for name, holds := range told.Range {
			l.feature(name.(string), holds.(bool))
		}
		if l.asked.Suites && l.asked.Versions {
			Conclude(&l.end, l.blind)
		}
	}
}

// tryOne tries one attack, and tells what it tells where it could be tried.
func (l *look) tryOne(ctx context.Context, a attack, told *sync.Map) {
	held, err := a.try(ctx, l.survey)
	if errors.Is(err, errNothing) {
		err = nil
	}
	for _, name := range a.names {
		if err == nil {
			told.Store(name, slices.Contains(held, name))
		}
	}
	l.cover(a.what, err)
	l.step()
}

// derived are the attacks that a server is open to by what it offers.
var derived = map[string]func(domain.TLSEndpoint) bool{
	"drown":  func(e domain.TLSEndpoint) bool { return e.Protocols["SSLv2"] },
	"poodle": func(e domain.TLSEndpoint) bool { return some(e, "SSLv3", suite.cbc) },
	"beast":  func(e domain.TLSEndpoint) bool { return some(e, "SSLv3", suite.cbc) || some(e, "TLSv1.0", suite.cbc) },
	"crime":  func(e domain.TLSEndpoint) bool { return e.Features["compression"] },
	"freak": func(e domain.TLSEndpoint) bool {
		return some(e, "", func(s suite) bool { return s.export() && s.has("TLS_RSA_") })
	},
	"logjam": func(e domain.TLSEndpoint) bool {
		return e.DHBits > 0 && e.DHBits <= 1024 || some(e, "", func(s suite) bool { return s.export() && s.exchange() == exchangeDHE })
	},
	"sweet32": func(e domain.TLSEndpoint) bool { return some(e, "", suite.shortBlock) },
	"rc4":     func(e domain.TLSEndpoint) bool { return some(e, "", suite.rc4) },
	// As testssl.sh says it: potentially. Whether the implementation takes equal
	// time for all padding cannot be seen from afar.
	"lucky13": func(e domain.TLSEndpoint) bool {
		return some(e, "TLSv1.0", suite.cbc) || some(e, "TLSv1.1", suite.cbc) || some(e, "TLSv1.2", suite.cbc)
	},
}

// old is the best version from TLS 1.0 to 1.2 with its suites that so holds
// for; errNothing where there is none, and why that is not known where it is not.
func (s *survey) old(so func(suite) bool) (version uint16, suites []uint16, err error) {
	err = errNothing
	for v := uint16(tls12); v > ssl30; v-- {
		if fault := s.found[v].fault; fault != nil {
			err = fault
		}
		suites = slices.DeleteFunc(s.suites(v), func(n uint16) bool { return !so(suiteOf(n)) })
		if len(suites) > 0 {
			return v, suites, nil
		}
	}
	return 0, nil, err
}
