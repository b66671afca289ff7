package memory

import (
	"context"
	"sync"
	"time"
)

// Turns give questions their times by what was given before, as the generic cell
// rate algorithm does.
type Turns struct {
	Now func() time.Time

	mu     sync.Mutex
	places map[string]turn
}

// turn is where a place stands.
type turn struct {
	due    time.Time // when all that was given is worked off
	paused time.Time // nothing is given before
}

// Take gives a question to a place its turn: burst may come at once, and from then
// on one every so often. It returns how long it is until then, and gives none where
// that is longer than patience.
func (t *Turns) Take(_ context.Context, place string, every time.Duration, burst int, patience time.Duration) (time.Duration, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, one := t.Now(), t.places[place]
	at := one.due.Add(-every * time.Duration(burst-1))
	if at.Before(one.paused) {
		at = one.paused
	}
	wait := max(at.Sub(now), 0)
	if wait > patience {
		return wait, nil
	}
	if one.due.Before(now) {
		one.due = now
	}
	one.due = one.due.Add(every)
	t.put(place, one)
	return wait, nil
}

// Pause leaves a place alone for a while, or longer where that was said before.
func (t *Turns) Pause(_ context.Context, place string, wait time.Duration) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	one := t.places[place]
	if until := t.Now().Add(wait); one.paused.Before(until) {
		one.paused = until
	}
	t.put(place, one)
	return nil
}

// Sweep forgets places that are as if nothing had been asked of them.
func (t *Turns) Sweep(_ context.Context, most int) (n int, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for place, one := range t.places {
		if now := t.Now(); n < most && !one.due.After(now) && !one.paused.After(now) {
			delete(t.places, place)
			n++
		}
	}
	return n, nil
}

func (t *Turns) put(place string, one turn) {
	if t.places == nil {
		t.places = map[string]turn{}
	}
	t.places[place] = one
}
