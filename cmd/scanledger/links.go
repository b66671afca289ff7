package main

import (
	"context"
	"net/url"
	"time"

	"github.com/scanledger/scanledger/adapters/argon2id"
	"github.com/scanledger/scanledger/adapters/geoip"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/adapters/web/redirect"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// linksFresh is how long a process leads visitors by what it knows of a link that
// another process may have changed.
const linksFresh = time.Second

// telling is the log, and tells those who know links of what this process appends.
type telling struct {
	commands.Log
	known *redirect.Known
}

// Append implements commands.Log.
func (t telling) Append(ctx context.Context, writes ...commands.Write) ([]domain.Envelope, error) {
	appended, err := t.Log.Append(ctx, writes...)
	for _, w := range writes {
		t.known.Forget(w.Stream) // also where nobody knows whether it was appended
	}
	return appended, err
}

// ownHosts are the hosts, with their ports, that links must not lead back to.
func ownHosts(c Config) []string {
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" {
		return nil
	}
	return []string{u.Host}
}

// visitors leads those who follow links.
func (p *platform) visitors(k keys, limits web.Limits, clicked func(domain.Envelope) error) (*redirect.Redirect, error) {
	r := &redirect.Redirect{
		Links: p.known, Uses: postgres.NewLinkUses(p.pool).Take, Secrets: p.secrets, Passwords: argon2id.New(), Limits: limits,
		AddressName: k.addressName, VisitorName: k.visitorName, Clicked: clicked, CookieKey: k.links, Now: now, NewID: newID, Log: p.log,
	}
	if p.config.GeoIP == "" {
		return r, nil
	}
	countries, err := geoip.Open(p.config.GeoIP, p.log)
	if err != nil {
		return nil, fault("GEOIP", "%v", err)
	}
	r.Country = countries.Country
	return r, nil
}
