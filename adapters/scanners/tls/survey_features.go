package tls

import (
	"context"
	"errors"
)

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
