package webtest

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/adapters/qr"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// codes draw what the program draws. Their events are among Generated.
func (s *Server) codes() *commands.Codes {
	return &commands.Codes{
		Printer: qr.Printer{}, Logos: s, Links: &s.Desk, Pictures: new(memory.Pictures), Emit: s.generated,
		Key: []byte("the key of codes"), Now: s.Now, NewID: uuid.New, Random: s.Desk.Random,
	}
}

func (s *Server) generated(e domain.Envelope) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made = append(s.made, e)
	return nil
}

// Generated are the events of codes, oldest first.
func (s *Server) Generated() []domain.Envelope {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]domain.Envelope{}, s.made...)
}

// Logo implements commands.Logos: there is none.
func (s *Server) Logo(context.Context, string) ([]byte, error) {
	return nil, domain.Errorf(domain.Invalid, "style.logo could not be fetched")
}
