package memory

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var _ projections.ClickReader = (*Clicks)(nil)

// Clicks counts visits to links out of all that there were.
type Clicks struct {
	mu     sync.Mutex
	events []domain.Envelope
	until  time.Time
	away   bool
}

// Store adds visits, which may come again.
func (c *Clicks) Store(visits ...domain.Envelope) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events = append(c.events, visits...)
}

// Counted says up to when all are there.
func (c *Clicks) Counted(until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.until = until
}

// Leave makes it answer nothing any more.
func (c *Clicks) Leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.away = true
}

func (c *Clicks) read() ([]domain.Envelope, time.Time, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.away {
		return nil, time.Time{}, domain.Errorf(domain.Unavailable, "The analytics are away. Try again in a moment.")
	}
	return slices.Clone(c.events), c.until, nil
}

// ClickStats implements projections.ClickReader.
func (c *Clicks) ClickStats(_ context.Context, q projections.ClickQuery) (projections.ClickStats, error) {
	events, until, err := c.read()
	if err != nil {
		return projections.ClickStats{}, err
	}
	s := projections.CountClicks(events, q)
	s.Until = until
	return s, nil
}

// ClickTotals implements projections.ClickReader.
func (c *Clicks) ClickTotals(_ context.Context, links ...projections.LinkRef) (map[uuid.UUID]projections.ClickTotals, error) {
	events, _, err := c.read()
	all := map[uuid.UUID]projections.ClickTotals{}
	for _, l := range links {
		visits := projections.VisitsOf(events, l)
		if len(visits) == 0 {
			continue
		}
		end := visits[len(visits)-1].At.Add(projections.Quarter)
		all[l.Link] = projections.CountClicks(visits, projections.ClickQuery{LinkRef: l, To: end, Zone: time.UTC}).ClickTotals
	}
	return all, err
}

// ClickRows implements projections.ClickReader.
func (c *Clicks) ClickRows(_ context.Context, p projections.ClickPage) (list []projections.ClickRow, err error) {
	events, _, err := c.read()
	for _, e := range projections.VisitsOf(events, p.LinkRef) {
		k, _ := e.Event.(domain.LinkClicked)
		r := projections.ClickRow{
			ID: e.ID, At: e.At.Truncate(time.Millisecond), Visitor: k.Visitor, Agent: string(k.Agent), Via: string(k.Via), Rule: k.Rule, Fallback: k.Fallback,
			Referrer: k.Referrer, Country: k.Country, Language: k.Language, Browser: k.Browser, System: k.System, Device: k.Device,
		}
		behind := cmp.Or(r.At.Compare(p.After), cmp.Compare(r.ID.String(), p.ID.String())) > 0
		if !r.At.Before(p.From) && r.At.Before(p.To) && behind && len(list) < p.Limit {
			list = append(list, r)
		}
	}
	return list, err
}
