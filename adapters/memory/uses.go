package memory

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
)

var _ commands.Uses = (*Uses)(nil)

// Uses remembers when keys were last used.
type Uses struct {
	mu   sync.Mutex
	last map[uuid.UUID]map[uuid.UUID]time.Time // by account and key
}

// Used implements commands.Uses.
func (u *Uses) Used(_ context.Context, account, key uuid.UUID, at time.Time) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.last == nil {
		u.last = map[uuid.UUID]map[uuid.UUID]time.Time{}
	}
	if u.last[account] == nil {
		u.last[account] = map[uuid.UUID]time.Time{}
	}
	if before, ok := u.last[account][key]; !ok || at.Sub(before) >= time.Minute {
		u.last[account][key] = at
	}
	return nil
}

// LastUses implements commands.Uses.
func (u *Uses) LastUses(_ context.Context, account uuid.UUID) (map[uuid.UUID]time.Time, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	last := map[uuid.UUID]time.Time{}
	for key, at := range u.last[account] {
		last[key] = at
	}
	return last, nil
}
