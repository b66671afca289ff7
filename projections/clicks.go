package projections

import (
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Clicks are the visits to short links: one row for each.
var Clicks = Rows{
	Name: "clicks", Kind: domain.LinkClicked{}.Kind(),
	Columns: []string{
		"event_id", "at", "account", "link", "code", "visitor", "agent", "via", "rule", "fallback",
		"referrer", "country", "language", "browser", "system", "device",
	},
	Account: func(e domain.Envelope) uuid.UUID {
		c, _ := e.Event.(domain.LinkClicked)
		return c.Account
	},
	Values: func(e domain.Envelope) []any {
		c, _ := e.Event.(domain.LinkClicked)
		return []any{
			e.ID, e.At, c.Account, e.Stream.ID(), c.Code, c.Visitor, string(c.Agent), string(c.Via), c.Rule, c.Fallback,
			c.Referrer, c.Country, c.Language, c.Browser, c.System, c.Device,
		}
	},
}
