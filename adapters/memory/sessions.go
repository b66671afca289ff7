package memory

import (
	"bytes"
	"context"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Sessions = (*Sessions)(nil)

// Sessions keeps sessions and their refresh tokens.
type Sessions struct {
	mu       sync.Mutex
	sessions map[uuid.UUID]commands.Session
	tokens   map[string]*token // by their hashes
}

// token is a refresh token and what became of it.
type token struct {
	session   uuid.UUID
	spentAt   time.Time // zero until it is spent
	salt      []byte
	successor string
}

// Open implements commands.Sessions.
func (s *Sessions) Open(_ context.Context, session commands.Session, hash []byte, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions == nil {
		s.sessions, s.tokens = map[uuid.UUID]commands.Session{}, map[string]*token{}
	}
	for id, other := range s.sessions {
		if other.Account == session.Account && !now.Before(other.Ends) {
			s.end(id)
		}
	}
	if _, there := s.sessions[session.ID]; !there {
		s.sessions[session.ID], s.tokens[string(hash)] = session, &token{session: session.ID}
	}
	return nil
}

// end forgets a session and its tokens.
func (s *Sessions) end(id uuid.UUID) {
	delete(s.sessions, id)
	maps.DeleteFunc(s.tokens, func(_ string, t *token) bool { return t.session == id })
}

// Session implements commands.Sessions.
func (s *Sessions) Session(_ context.Context, id uuid.UUID) (commands.Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	session, ok := s.sessions[id]
	if !ok {
		return session, noSession()
	}
	return session, nil
}

// Rotate implements commands.Sessions.
func (s *Sessions) Rotate(_ context.Context, r commands.Rotation) (commands.Session, []byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.tokens[string(r.Token)]
	if !ok || !r.At.Before(s.sessions[t.session].Ends) {
		return commands.Session{}, nil, noSession()
	}
	session := s.sessions[t.session]
	switch {
	case t.spentAt.IsZero():
		t.spentAt, t.salt, t.successor = r.At, r.Salt, string(r.Successor)
		s.tokens[t.successor] = &token{session: t.session}
	case !bytes.Equal(t.salt, r.Salt), !s.tokens[t.successor].spentAt.IsZero():
		s.end(t.session)
		return commands.Session{}, nil, noSession()
	}
	return session, t.salt, nil
}

func noSession() error { return domain.Errorf(domain.NotFound, "the session is over") }
