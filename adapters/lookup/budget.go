package lookup

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// allowance is how often a registry is asked: burst at once, and then every.
type allowance struct {
	every time.Duration
	burst int
}

// usual is that of registries that publish no limit.
var usual = allowance{500 * time.Millisecond, 20}

// allowances are those of registries with limits of their own, by the end of the
// server's name. They stay below what is published or has been seen.
var allowances = map[string]allowance{
	"lacnic.net":   {10 * time.Second, 5}, // 10 a minute and address
	"registro.br":  {10 * time.Second, 5},
	"denic.de":     {2 * time.Second, 10}, // 1,000 a day and address
	"jprs.jp":      {5 * time.Second, 5},
	"nic.uk":       {time.Second, 5},
	"nominet.uk":   {time.Second, 5},
	"afnic.fr":     {time.Second, 7}, // 7 a second
	"nic.fr":       {time.Second, 7},
	"verisign.com": {500 * time.Millisecond, 10},
}

const (
	budgetPatience = 2 * time.Second  // that a question waits for its turn
	quotaPause     = time.Minute      // where a registry does not say how long
	longestPause   = 15 * time.Minute // that a registry can ask for
	budgetsRoom    = 1024             // registries that are known at one time
)

// budgets keep each registry from being asked too often, by us all together.
type budgets struct {
	now func() time.Time

	mu  sync.Mutex
	all map[string]*budget
}

type budget struct {
	tokens *rate.Limiter
	paused time.Time // the registry itself has asked to be left alone until then
}

func newBudgets(now func() time.Time) *budgets {
	return &budgets{now: now, all: map[string]*budget{}}
}

// limitedError is a question that was not asked, or not answered, for its
// registry has had enough of them.
type limitedError string

func (e limitedError) Error() string { return string(e) }

// take waits for a turn to ask a registry, by its server's host:port, or says why
// there is none.
func (b *budgets) take(ctx context.Context, server string) error {
	wait, err := b.reserve(server)
	if err != nil || wait <= 0 {
		return err
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *budgets) reserve(server string) (time.Duration, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	one, now := b.of(server), b.now()
	if wait := one.paused.Sub(now); wait > 0 {
		return 0, limitedError(fmt.Sprintf("%s has asked to be left alone for another %d s", server, int(wait.Seconds())+1))
	}
	turn := one.tokens.ReserveN(now, 1)
	wait := turn.DelayFrom(now)
	if wait > budgetPatience {
		turn.CancelAt(now)
		return 0, limitedError(fmt.Sprintf("%s is not asked more often than it likes: it is the turn of this question in %d s", server, int(wait.Seconds())+1))
	}
	return wait, nil
}

// of is a registry's budget.
func (b *budgets) of(server string) *budget {
	if one := b.all[server]; one != nil {
		return one
	}
	if len(b.all) >= budgetsRoom {
		for s, one := range b.all {
			if one.tokens.TokensAt(b.now()) >= float64(one.tokens.Burst()) && b.now().After(one.paused) {
				delete(b.all, s) // it is as one that was never asked
			}
		}
	}
	may := allowanceOf(server)
	one := &budget{tokens: rate.NewLimiter(rate.Every(may.every), may.burst)}
	b.all[server] = one
	return one
}

func allowanceOf(server string) allowance {
	host, _, _ := strings.Cut(server, ":")
	for end, may := range allowances {
		if host == end || strings.HasSuffix(host, "."+end) {
			return may
		}
	}
	return usual
}

// pause leaves a registry alone as long as it asks for.
func (b *budgets) pause(server, retryAfter string) error {
	wait := quotaPause
	if seconds, err := strconv.Atoi(strings.TrimSpace(retryAfter)); err == nil && seconds >= 0 {
		wait = time.Duration(min(seconds, int(longestPause.Seconds()))) * time.Second
	} else if at, err := http.ParseTime(retryAfter); err == nil {
		wait = min(max(at.Sub(b.now()), 0), longestPause)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.of(server).paused = b.now().Add(wait)
	return limitedError(fmt.Sprintf("%s says that it was asked too often; it is left alone for %d s", server, int(wait.Seconds())))
}
