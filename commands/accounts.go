package commands

import (
	"context"
	"errors"
	"sync"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Accounts keeps the states of accounts between commands: of a long history is
// read only what has been added. It also lets those who write to one account's
// stream take turns, for of all who write at once only one would get on. It
// holds for one process and is no more than a help: others may write meanwhile,
// and then a decision is made anew. The zero value is ready; nil keeps nothing
// and lets all write at once. It is safe for concurrent use.
type Accounts struct {
	mu    sync.Mutex
	known map[uuid.UUID]*domain.Account // never changed while they are in here
	opens map[string]opening            // by the name of a key's secret
	turns map[uuid.UUID]*turn
}

// opening is what a key's secret said when it was last seen.
type opening struct {
	value []byte
	grant KeyGrant
}

// turn is whose it is to write to an account.
type turn struct {
	taken   chan struct{} // has room for one
	waiting int           // those who have it or want it
}

// keptAccounts is how many states are kept, and as many keys; beyond it any one
// is forgotten for each that is new.
const keptAccounts = 4096

// last is an account as it was last seen, empty when it was not.
func (k *Accounts) last(id uuid.UUID) *domain.Account {
	if k == nil {
		return newAccount()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if a, ok := k.known[id]; ok {
		return a
	}
	return newAccount()
}

// keep notes a state, unless a newer one is known.
func (k *Accounts) keep(a *domain.Account) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if old, ok := k.known[a.ID]; ok && old.Version >= a.Version {
		return
	}
	if k.known == nil {
		k.known = map[uuid.UUID]*domain.Account{}
	}
	makeRoom(k.known)
	k.known[a.ID] = a
}

// opened is what a key opened when it was last seen, nothing when it was not.
func (k *Accounts) opened(name string) opening {
	if k == nil {
		return opening{}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.opens[name]
}

// open notes what a key opens.
func (k *Accounts) open(name string, o opening) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.opens == nil {
		k.opens = map[string]opening{}
	}
	makeRoom(k.opens)
	k.opens[name] = o
}

// makeRoom forgets any one where there are as many as are kept.
func makeRoom[K comparable, V any](kept map[K]V) {
	if len(kept) < keptAccounts {
		return
	}
	for k := range kept {
		delete(kept, k)
		return
	}
}

// turn waits until nobody else in this process writes to an account. The
// caller calls done when it has written.
func (k *Accounts) turn(ctx context.Context, id uuid.UUID) (done func(), err error) {
	if k == nil {
		return func() {}, nil
	}
	t := k.join(id)
	select {
	case t.taken <- struct{}{}:
		return func() {
			<-t.taken
			k.leave(id, t)
		}, nil
	case <-ctx.Done():
		k.leave(id, t)
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return nil, domain.Errorf(domain.Unavailable, "Others write to the account, and none of them gets on. Try again in a moment.")
		}
		return nil, ctx.Err()
	}
}

func (k *Accounts) join(id uuid.UUID) *turn {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.turns == nil {
		k.turns = map[uuid.UUID]*turn{}
	}
	t, ok := k.turns[id]
	if !ok {
		t = &turn{taken: make(chan struct{}, 1)}
		k.turns[id] = t
	}
	t.waiting++
	return t
}

func (k *Accounts) leave(id uuid.UUID, t *turn) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if t.waiting--; t.waiting == 0 {
		delete(k.turns, id)
	}
}

// standing is the caller's account as it stood at some moment since the request
// has come.
func (d Desk) standing(ctx context.Context, by Caller) (*domain.Account, error) {
	if by.Standing != nil {
		return by.Standing, nil
	}
	return d.account(ctx, by.Account)
}

// accountAt is account as of a version at least that has been seen of it.
func (d Desk) accountAt(ctx context.Context, id uuid.UUID, version int) (*domain.Account, error) {
	if a := d.Accounts.last(id); a.Version >= version && a.Exists() {
		return a, nil
	}
	return d.account(ctx, id)
}

// account loads an account; NotFound when there is none. It is for reading:
// others have the same state.
func (d Desk) account(ctx context.Context, id uuid.UUID) (*domain.Account, error) {
	a := d.Accounts.last(id)
	news, err := d.Log.Read(ctx, accountStream(id), a.Version)
	if err != nil {
		return nil, err
	}
	if len(news) > 0 {
		a = domain.Fold(a.Clone(), news)
		d.Accounts.keep(a)
	}
	if !a.Exists() {
		return nil, domain.Errorf(domain.NotFound, "there is no account %s", id)
	}
	return a, nil
}
