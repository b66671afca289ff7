package webtest

import (
	"context"

	"github.com/scanledger/scanledger/domain"
)

// Publish puts TXT records, or a file, where a proof of ownership is looked for.
func (s *Server) Publish(where string, texts ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.published == nil {
		s.published = map[string][]string{}
	}
	s.published[where] = texts
}

// TXT implements commands.Published.
func (s *Server) TXT(_ context.Context, name string) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.published[name], nil
}

// File implements commands.Published.
func (s *Server) File(_ context.Context, url string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if texts := s.published[url]; len(texts) > 0 {
		return texts[0], nil
	}
	return "", domain.Errorf(domain.NotFound, "the server answers 404")
}
