package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/adapters/argon2id"
	"github.com/scanledger/scanledger/adapters/geoip"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/adapters/web/redirect"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
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

// judgeLinks looks again at where all links lead, until ctx ends. Of several processes
// one does it.
func (p *platform) judgeLinks(ctx context.Context) error {
	every, err := p.config.linkCheck()
	if err != nil || every == 0 {
		return err
	}
	return p.every(ctx, every, "links are not looked at again", func(ctx context.Context) error {
		return postgres.LeadLinks(ctx, p.pool, func(ctx context.Context) error {
			newest, err := p.judgeEach(ctx)
			bounded, cancel := context.WithTimeout(ctx, every/asksOneTime)
			defer cancel()
			return errors.Join(err, p.askEach(bounded, newest))
		})
	})
}

// judgedTogether is how many links are read at one time, and judgedAtOnce how many
// are looked at.
const judgedTogether, judgedAtOnce = 500, 16

// judgeEach looks at all links once, without asking any site, and returns the number of
// the newest. One that cannot be judged keeps none of the others back, and is the error.
func (p *platform) judgeEach(ctx context.Context) (newest int64, err error) {
	by := commands.Caller{Worker: workerName(), Request: newID().String()}
	var faults []error
	for {
		rows, err := p.reader.LinksAfter(ctx, newest, judgedTogether)
		if err != nil || len(rows) == 0 {
			return newest, errors.Join(append(faults, err)...)
		}
		var mu sync.Mutex
		var judging errgroup.Group
		judging.SetLimit(judgedAtOnce)
		for _, row := range rows {
			judging.Go(func() error {
				if err := p.judgeOne(ctx, by, row, false); err != nil {
					mu.Lock()
					faults = []error{err}
					mu.Unlock()
				}
				return ctx.Err()
			})
		}
		if err := judging.Wait(); err != nil {
			return newest, err
		}
		newest = rows[len(rows)-1].Number
	}
}

// judgeOne looks at a link, and reads its history only if something is new about it.
func (p *platform) judgeOne(ctx context.Context, by commands.Caller, row projections.LinkRow, ask bool) error {
	if p.desk.LinkStands(ctx, row.Details, row.Blocked, ask) {
		return nil
	}
	err := p.desk.JudgeLink(ctx, commands.JudgeLink{By: by, Link: row.ID, Ask: ask})
	if err != nil && domain.CodeOf(err) != domain.NotFound {
		return fmt.Errorf("link %s: %w", row.ID, err)
	}
	return nil
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
