package ports

import "sync"

// budget is a number of things that several sweeps share. Each takes half of
// what is left, so that one that comes later is not left without.
type budget struct {
	mu    sync.Mutex
	taken int
	most  func() int
}

func newBudget(most func() int) *budget { return &budget{most: most} }

// take returns how many one may have: least at least, most at most.
func (b *budget) take(least, most int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(max((b.most()-b.taken)/2, least), most)
	b.taken += n
	return n
}

// give returns n of what was taken.
func (b *budget) give(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken -= n
}
