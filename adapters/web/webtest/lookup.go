package webtest

import (
	"context"

	"github.com/scanledger/scanledger/domain"
)

// Record makes the directory answer for a subject, by its normal form, from now on:
// before that it knows nothing of it.
func (s *Server) Record(subject string, r domain.LookupRecord) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.records == nil {
		s.records = map[string]domain.LookupRecord{}
	}
	s.records[subject] = r
}

// LookUp implements commands.Directory.
func (s *Server) LookUp(_ context.Context, q domain.LookupQuestion) (domain.LookupRecord, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if code, ok := s.refuse[q.Subject.Name]; ok {
		return domain.LookupRecord{}, domain.Errorf(code, "%s is refused", q.Subject.Name)
	}
	if r, known := s.records[q.Subject.Name]; known {
		return r, nil
	}
	return domain.LookupRecord{Parts: []domain.LookupPart{{Part: "whois", Outcome: domain.PartNone, Reason: "nobody knows it", At: s.now}}}, nil
}
