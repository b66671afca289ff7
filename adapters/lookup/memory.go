package lookup

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// memoryRoom is how many answers are remembered at one time.
const memoryRoom = 512

// memory asks each question once at a time, and remembers answers for a while.
type memory[T any] struct {
	now    func() time.Time
	flight singleflight.Group

	mu    sync.Mutex
	known map[string]remembered[T]
}

type remembered[T any] struct {
	value T
	until time.Time
}

// get is the answer to a question: one that is remembered, or that somebody is
// being given, or ask's. Ask says whether it may be remembered. It goes on when
// the one who came first goes away: others may wait. A panic of ask is an error.
func (m *memory[T]) get(ctx context.Context, key string, ask func(context.Context) (value T, keep bool, err error)) (T, error) {
	var none T
	if value, met := m.recall(key); met {
		return value, nil
	}
	told := m.flight.DoChan(key, func() (answer any, err error) {
		defer func() {
			if p := recover(); p != nil { // whoever answers may say anything, and nobody else is to pay for it
				err = fmt.Errorf("look-up of %s: panic: %v", key, p)
			}
		}()
		if value, met := m.recall(key); met { // it came while this one was on its way here
			return value, nil
		}
		bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookupTime)
		defer cancel()
		value, keep, err := ask(bounded)
		if err == nil && keep {
			m.keep(key, value)
		}
		return value, err
	})
	select {
	case <-ctx.Done():
		return none, ctx.Err()
	case r := <-told:
		value, _ := r.Val.(T)
		return value, r.Err
	}
}

func (m *memory[T]) recall(key string) (value T, met bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, met := m.known[key]
	if met && m.now().Before(r.until) {
		return r.value, true
	}
	return value, false
}

// keep remembers an answer. Where there is no room for it what is over goes, and
// else all.
func (m *memory[T]) keep(key string, value T) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.known) >= memoryRoom {
		for k, r := range m.known {
			if !m.now().Before(r.until) {
				delete(m.known, k)
			}
		}
		if len(m.known) >= memoryRoom {
			clear(m.known)
		}
	}
	if m.known == nil {
		m.known = map[string]remembered[T]{}
	}
	m.known[key] = remembered[T]{value, m.now().Add(rememberFor)}
}

// highPort says whether a port is one that any program may open.
func highPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n >= 1024
}
