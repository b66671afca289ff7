package crawl

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

// bot is the name that robots.txt may call us by.
const bot = "scanledger"

// slots is how many requests are under way at a time, whoever is asked; where a
// pause is asked for it is one.
const slots = 2

// pace asks politely. It is safe for concurrent use once robots.txt is read.
type pace struct {
	fetch  scanners.Fetcher
	home   *url.URL
	robots site.Robots
	closed string        // why nothing of the home may be asked for; "" where something may
	pause  time.Duration // between two requests of the home

	free chan struct{}
	mu   sync.Mutex
	next time.Time // when the home may be asked again
}

func newPace(fetch scanners.Fetcher, home *url.URL) *pace {
	return &pace{fetch: fetch, home: home, free: make(chan struct{}, slots)}
}

// atOnce is how many pages are asked for at a time.
func (p *pace) atOnce() int { return cap(p.free) }

// obey reads what the site asks of crawlers. One that cannot say so is left
// alone (RFC 9309, 2.3.1.4). The pause is cut to the longest that is waited.
func (p *pace) obey(file site.RobotsFile, longest time.Duration) {
	switch {
	case file.Status == 0:
		p.closed = "robots.txt cannot be had, and so nobody may crawl: " + file.Failure
	case file.Status >= 500 || file.Status == 429:
		p.closed = fmt.Sprintf("robots.txt answers with the status %d, and so nobody may crawl", file.Status)
	}
	p.robots = site.ParseRobots(file.Content)
	if p.pause = min(p.robots.Delay(bot), longest); p.pause > 0 {
		p.free = make(chan struct{}, 1)
	}
}

// refusal says why a URL may not be asked for; "" for one that may.
func (p *pace) refusal(u *url.URL) string {
	if u.Scheme != p.home.Scheme || u.Host != p.home.Host {
		return ""
	}
	if p.closed != "" {
		return p.closed
	}
	if line := p.robots.Disallows(u, bot); line > 0 {
		return fmt.Sprintf("line %d of robots.txt keeps crawlers from it", line)
	}
	return ""
}

// ask is a scanners.Fetcher that keeps to robots.txt and to the pace.
func (p *pace) ask(ctx context.Context, r scanners.Request) (*scanners.Answer, error) {
	if why := p.refusal(r.URL); why != "" {
		return nil, domain.Errorf(domain.Forbidden, "%s", why)
	}
	select {
	case p.free <- struct{}{}:
		defer func() { <-p.free }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err := p.wait(ctx, r.URL); err != nil {
		return nil, err
	}
	return p.fetch(ctx, r)
}

// wait lets the pause pass that the site asks for.
func (p *pace) wait(ctx context.Context, u *url.URL) error {
	if p.pause == 0 || u.Host != p.home.Host {
		return nil
	}
	p.mu.Lock()
	at := time.Now()
	if at.Before(p.next) {
		at = p.next
	}
	p.next = at.Add(p.pause)
	p.mu.Unlock()
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
