package postgres

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// together answers many questions of one kind with few queries: those that come
// while a query is under way go into the next one together, as fewer and larger
// queries cost the server less. No answer is older than its question. It is safe
// for concurrent use.
type together[Q comparable, A any] struct {
	// ask answers questions; what is not among the answers has none.
	ask  func(ctx context.Context, questions []Q) (map[Q]A, error)
	most int // questions in one query; askTogether when 0

	mu      sync.Mutex
	waiting map[Q][]chan<- reply[A]
	asking  int
	began   time.Time // the newest query
}

type reply[A any] struct {
	answer A
	known  bool
	err    error
}

const (
	askAtOnce   = 4  // queries of one kind that are under way at most
	askTogether = 64 // questions in one
	askTime     = 10 * time.Second
	askSlow     = 20 * time.Millisecond // what a query takes before the next one does not wait for it
)

// get answers one question; known is false where there is no answer.
func (t *together[Q, A]) get(ctx context.Context, question Q) (answer A, known bool, err error) {
	mine := make(chan reply[A], 1)
	t.mu.Lock()
	if t.waiting == nil {
		t.waiting = map[Q][]chan<- reply[A]{}
	}
	t.waiting[question] = append(t.waiting[question], mine)
	if t.asking == 0 || t.asking < askAtOnce && time.Since(t.began) > askSlow {
		t.asking++
		t.began = time.Now()
		go t.askAll()
	}
	t.mu.Unlock()
	select {
	case r := <-mine:
		return r.answer, r.known, r.err
	case <-ctx.Done():
		return answer, false, ctx.Err()
	}
}

// askAll asks until nobody waits.
func (t *together[Q, A]) askAll() {
	for asked := t.take(); asked != nil; asked = t.take() {
		t.answer(asked)
	}
}

// take takes what waits; nil ends the one who asks.
func (t *together[Q, A]) take() map[Q][]chan<- reply[A] {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.waiting) == 0 {
		t.asking--
		return nil
	}
	t.began = time.Now()
	most := cmp.Or(t.most, askTogether)
	if len(t.waiting) <= most {
		all := t.waiting
		t.waiting = nil
		return all
	}
	some := make(map[Q][]chan<- reply[A], most)
	for question, who := range t.waiting {
		if len(some) == most {
			break
		}
		some[question] = who
		delete(t.waiting, question)
	}
	return some
}

// answer asks and tells everybody. A question that the server refuses is the
// fault of one: each is then asked alone.
func (t *together[Q, A]) answer(asked map[Q][]chan<- reply[A]) {
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	questions := make([]Q, 0, len(asked))
	for question := range asked {
		questions = append(questions, question)
	}
	answers, err := t.ask(ctx, questions)
	if isServerError(err) && !isRetryable(err) && len(asked) > 1 {
		for question, who := range asked {
			t.answer(map[Q][]chan<- reply[A]{question: who})
		}
		return
	}
	for question, who := range asked {
		answer, known := answers[question]
		for _, one := range who {
			one <- reply[A]{answer, known, err}
		}
	}
}

// asking begins a batch of questions whose plans are made once, and by indexes.
// Left to itself the server finds that a plan for these few names would be
// cheaper than one for any, and makes one each time: that takes longer than the
// answer. A plan that is kept has to hold for a table that was small when it was
// made.
func asking() *pgx.Batch {
	b := &pgx.Batch{}
	b.Queue("SELECT set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)")
	return b
}
