package webtest

import (
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
		Reader: s.Clicks, Now: s.Now,
		Live: &sevenazzani.LiveClicks{
			Reader: s.Clicks, Every: 5 * time.Millisecond, Silence: 20 * time.Millisecond, Keys: &s.Desk, Draining: s.Draining, Log: log,
		},
		CSV: func(rows []projections.ClickRow) []byte {
			text, err := json.Marshal(rows)
			must(s.t, err)
			return text
		},
	}
}

// LinkRef is the account's link by its id.
func (s *Server) LinkRef(id string) projections.LinkRef {
	return projections.LinkRef{Account: s.Account, Link: uuid.MustParse(id)}
}

// Visit has somebody follow a link, now.
func (s *Server) Visit(l projections.LinkRef, click domain.LinkClicked) {
	click.Account = l.Account
	s.Clicks.Store(domain.Envelope{ID: uuid.New(), Stream: domain.NewStream(domain.LinkFamily, l.Link), Owner: l.Account, At: s.Now(), Event: click})
}
