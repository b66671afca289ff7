package memory

import (
	"context"
	"sync"
	"time"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Pictures = (*Pictures)(nil)

// Pictures keeps pictures for a while.
type Pictures struct {
	mu   sync.Mutex
	kept map[string]picture
}

type picture struct {
	sealed []byte
	until  time.Time
}

// Keep implements commands.Pictures.
func (p *Pictures) Keep(_ context.Context, record string, sealed []byte, until time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil {
		p.kept = map[string]picture{}
	}
	p.kept[record] = picture{sealed, until}
	return nil
}

// Picture implements commands.Pictures.
func (p *Pictures) Picture(_ context.Context, record string, now time.Time) ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if one, ok := p.kept[record]; ok && now.Before(one.until) {
		return one.sealed, nil
	}
	return nil, domain.Errorf(domain.NotFound, "there is no picture by this name")
}

// Sweep implements commands.Pictures.
func (p *Pictures) Sweep(_ context.Context, now time.Time, most int) (n int, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for record, one := range p.kept {
		if n < most && !now.Before(one.until) {
			delete(p.kept, record)
			n++
		}
	}
	return n, nil
}
