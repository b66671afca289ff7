package lookup

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
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
)

// Turns give questions to registries their times, for all processes together.
type Turns interface {
	// Take gives a question to a registry its turn: burst may come at once, and from
	// then on one every so often. It returns how long it is until then, and gives
	// none where that is longer than patience.
	Take(ctx context.Context, registry string, every time.Duration, burst int, patience time.Duration) (wait time.Duration, err error)
	// Pause leaves a registry alone for a while, or longer where that was said before.
	Pause(ctx context.Context, registry string, wait time.Duration) error
}

// budgets keep each registry from being asked too often, by us all together.
type budgets struct {
	now   func() time.Time
	turns Turns
}

// limitedError is a question that was not asked, or not answered, for its
// registry has had enough of them.
type limitedError string

func (e limitedError) Error() string { return string(e) }

// take waits for a turn to ask a registry, by its server's host:port, or says why
// there is none.
func (b budgets) take(ctx context.Context, server string) error {
	may := allowanceOf(server)
	wait, err := b.turns.Take(ctx, server, may.every, may.burst, budgetPatience)
	switch {
	case err != nil:
		return err
	case wait > budgetPatience:
		return limitedError(fmt.Sprintf("%s is not asked more often than it likes: it is the turn of this question in %d s", server, int(wait.Seconds())+1))
	case wait <= 0:
		return nil
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
func (b budgets) pause(ctx context.Context, server, retryAfter string) error {
	wait := quotaPause
	if seconds, err := strconv.Atoi(strings.TrimSpace(retryAfter)); err == nil && seconds >= 0 {
		wait = time.Duration(min(seconds, int(longestPause.Seconds()))) * time.Second
	} else if at, err := http.ParseTime(retryAfter); err == nil {
		wait = min(max(at.Sub(b.now()), 0), longestPause)
	}
	said := limitedError(fmt.Sprintf("%s says that it was asked too often; it is left alone for %d s", server, int(wait.Seconds())))
	if err := b.turns.Pause(ctx, server, wait); err != nil {
		return limitedError(fmt.Sprintf("%s, were it known everywhere: %s", said, err))
	}
	return said
}
