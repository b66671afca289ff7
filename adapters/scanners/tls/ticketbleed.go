package tls

import (
	"bytes"
	"context"
	"crypto/rand"
)

// ticketbleed resumes a session by its ticket with a session id of 31 bytes
// (CVE-2016-9244). Who takes every id for one of 32 bytes sends ours back with
// one byte of its memory behind it: no more is needed to see it. A server that
// resumes rightly sends back the 31 bytes, and one that does not an id of its own.
func ticketbleed(ctx context.Context, s *survey) ([]string, error) {
	sess, err := s.session(ctx, func(suite) bool { return true })
	if err != nil {
		return nil, err
	}
	sess.Close()
	if len(sess.ticket) == 0 {
		return nil, nil
	}
	id := make([]byte, 31)
	rand.Read(id) // never fails
	r, err := s.try(ctx, hello{version: sess.version, suites: []uint16{sess.suite}, groups: groupsFor(sess.version),
		session: id, ticket: sess.ticket})
	if unheard(err) {
		return nil, err
	}
	if err == nil && len(r.session) > len(id) && bytes.HasPrefix(r.session, id) {
		return []string{"ticketbleed"}, nil
	}
	return nil, nil
}
