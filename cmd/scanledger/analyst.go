package main

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/embedded"
	"github.com/scanledger/scanledger/adapters/render"
	"github.com/scanledger/scanledger/adapters/web/sevenazzani"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// analyst reads what is counted for clients, from whatever ClickHouse there is when
// they ask: that of another process may come, go and come elsewhere.
type analyst struct {
	engines *engines
	dataDir string

	mu  sync.Mutex
	db  *clickhouse.DB
	url string // of another process' engine that db was opened with
}

// open is the ClickHouse that there is now.
func (a *analyst) open() (*clickhouse.DB, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	url := ""
	if a.engines.clickhouse == nil && a.engines.ClickHouse.URL == "" {
		theirs, err := embedded.Published(a.dataDir)
		if url = theirs.ClickHouse.URL; err != nil || url == "" {
			return nil, domain.Errorf(domain.Unavailable, "There are no analytics: nothing that counts is running")
		}
	}
	if a.db != nil && url == a.url {
		return a.db, nil
	}
	if a.db != nil {
		a.db.Close()
		a.db = nil
	}
	var err error
	if a.url = url; url == "" {
		a.db, err = a.engines.analytics()
	} else {
		a.db, err = clickhouse.Open(clickhouse.Options{URL: url})
	}
	return a.db, err
}

// Close closes the connections.
func (a *analyst) Close() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.db == nil {
		return nil
	}
	return a.db.Close()
}

// ClickStats implements projections.ClickReader.
func (a *analyst) ClickStats(ctx context.Context, q projections.ClickQuery) (projections.ClickStats, error) {
	db, err := a.open()
	if err != nil {
		return projections.ClickStats{}, err
	}
	return db.ClickStats(ctx, q)
}

// ClickTotals implements projections.ClickReader.
func (a *analyst) ClickTotals(ctx context.Context, links ...projections.LinkRef) (map[uuid.UUID]projections.ClickTotals, error) {
	db, err := a.open()
	if err != nil {
		return nil, err
	}
	return db.ClickTotals(ctx, links...)
}

// ClickRows implements projections.ClickReader.
func (a *analyst) ClickRows(ctx context.Context, p projections.ClickPage) ([]projections.ClickRow, error) {
	db, err := a.open()
	if err != nil {
		return nil, err
	}
	return db.ClickRows(ctx, p)
}

// Usage implements projections.UsageReader.
func (a *analyst) Usage(ctx context.Context, q projections.UsageQuery) (page []projections.UsageRow, total int, err error) {
	db, err := a.open()
	if err != nil {
		return nil, 0, err
	}
	return db.Usage(ctx, q)
}

// silence is how long a live stream says nothing at most.
const silence = 15 * time.Second

// clickStats are what the API tells of clicks.
func (p *platform) clickStats(draining <-chan struct{}) sevenazzani.Clicks {
	return sevenazzani.Clicks{
		Reader: p.analyst, CSV: render.ClicksCSV, Now: now,
		Live: &sevenazzani.LiveClicks{
			Reader: p.analyst, Every: time.Second, Silence: silence, Keys: p.desk, Draining: draining, Log: p.log,
		},
	}
}
