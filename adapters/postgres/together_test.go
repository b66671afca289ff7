package postgres

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// TestTogether asks while a query is under way: all of that goes into the next
// ones, each question once, and no answer is older than its question.
func TestTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var asked [][]int
		version := 0
		gate := make(chan struct{})
		questions := &together[int, int]{ask: func(_ context.Context, questions []int) (map[int]int, error) {
			mu.Lock()
			asked = append(asked, slices.Sorted(slices.Values(questions)))
			seen := version
			mu.Unlock()
			<-gate
			answers := map[int]int{}
			for _, q := range questions {
				if q != 404 {
					answers[q] = seen
				}
			}
			return answers, nil
		}}
		answers, all := make(map[int]int), new(sync.WaitGroup)
		ask := func(q, label int) {
			all.Go(func() {
				answer, known, err := questions.get(t.Context(), q)
				if err != nil || known != (q != 404) {
					t.Errorf("%d: %v, %v", q, known, err)
				}
				mu.Lock()
				defer mu.Unlock()
				answers[label] = answer
			})
		}
		for q := range askAtOnce { // as many as may be under way, where each is slow
			ask(q, q)
			<-time.After(askSlow + 1)
		}
		version = 1
		for i := range 10 {
			ask(100+i%2, 100+i)
		}
		ask(404, 404)
		synctest.Wait()
		if len(asked) != askAtOnce {
			t.Errorf("%d queries are under way", len(asked))
		}
		close(gate)
		all.Wait()
		if got := asked[askAtOnce:]; len(got) != 1 || !slices.Equal(got[0], []int{100, 101, 404}) {
			t.Errorf("what came meanwhile was asked as %v", got)
		}
		for label, answer := range answers {
			if want := min(label/100, 1); answer != want && label != 404 {
				t.Errorf("%d has the answer of version %d", label, answer)
			}
		}
	})
}

// TestTogetherWaits asks while a quick query is under way: there is no second one
// beside it, and no query has more questions than it may.
func TestTogetherWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []int
		gate := make(chan struct{})
		questions := &together[int, int]{most: 3, ask: func(_ context.Context, questions []int) (map[int]int, error) {
			asked = append(asked, len(questions))
			<-gate
			return nil, nil
		}}
		var all sync.WaitGroup
		for q := range 8 {
			all.Go(func() {
				if _, known, err := questions.get(t.Context(), q); known || err != nil {
					t.Errorf("%d: %v, %v", q, known, err)
				}
			})
			synctest.Wait()
		}
		close(gate)
		all.Wait()
		if !slices.Equal(asked, []int{1, 3, 3, 1}) {
			t.Errorf("asked %v", asked)
		}
	})
}

// TestTogetherApart finds the question that the server refuses.
func TestTogetherApart(t *testing.T) {
	refusal := &pgconn.PgError{Code: "22021"}
	q := &together[int, int]{ask: func(_ context.Context, questions []int) (map[int]int, error) {
		if slices.Contains(questions, 13) {
			return nil, refusal
		}
		return maps.Collect(func(yield func(int, int) bool) {
			for _, n := range questions {
				yield(n, n)
			}
		}), nil
	}}
	waiting := map[int]chan reply[int]{}
	asked := map[int][]chan<- reply[int]{}
	for _, n := range []int{1, 13, 2} {
		waiting[n] = make(chan reply[int], 1)
		asked[n] = []chan<- reply[int]{waiting[n]}
	}
	q.answer(asked)
	for n, c := range waiting {
		if r := <-c; errors.Is(r.err, refusal) != (n == 13) || n != 13 && (r.answer != n || !r.known) {
			t.Errorf("%d: %+v", n, r)
		}
	}
}

// TestTogetherLeaves does not wait for longer than its caller does.
func TestTogetherLeaves(t *testing.T) {
	hung := make(chan struct{})
	q := &together[int, int]{ask: func(context.Context, []int) (map[int]int, error) { <-hung; return nil, nil }}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := q.get(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("answered with %v", err)
	}
	close(hung)
}
