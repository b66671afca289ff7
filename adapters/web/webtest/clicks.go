package webtest

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web/sevenazzani"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// clicks are what is counted of links, by a clock that does not stand still for
// live counters.
func (s *Server) clicks(log *slog.Logger) sevenazzani.Clicks {
	return sevenazzani.Clicks{
		Links: s, Reader: s.Clicks, Now: s.Now,
		Live: &sevenazzani.LiveClicks{Reader: s.Clicks, Every: 5 * time.Millisecond, Draining: s.Draining, Log: log},
		CSV: func(rows []projections.ClickRow) []byte {
			text, err := json.Marshal(rows)
			must(s.t, err)
			return text
		},
	}
}

// Link makes a link of the account's.
func (s *Server) Link(code string) projections.LinkRef {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.links[code] = projections.LinkRef{Account: s.Account, Link: uuid.NewSHA1(s.Account, []byte(code))}
	return s.links[code]
}

// LinkOf implements sevenazzani.LinkFinder.
func (s *Server) LinkOf(_ context.Context, account uuid.UUID, code string) (uuid.UUID, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l, ok := s.links[code]; ok && l.Account == account {
		return l.Link, nil
	}
	return uuid.Nil, domain.Errorf(domain.NotFound, "Link not found")
}

// Visit has somebody follow a link, now.
func (s *Server) Visit(l projections.LinkRef, click domain.LinkClicked) {
	click.Account = l.Account
	s.Clicks.Store(domain.Envelope{ID: uuid.New(), Stream: domain.NewStream(domain.LinkFamily, l.Link), Owner: l.Account, At: s.Now(), Event: click})
}
