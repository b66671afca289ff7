package speed

import (
	"context"
	"math"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/domain"
)

const (
	choosing    = 2 * time.Second // for all servers
	askedAtOnce = 32
	askedTimes  = 3 // of which the first makes the connection, and does not count
)

// best is the listed server that answers soonest. A single one is it unasked: how it
// fails, its own test says.
func (c *Client) best(ctx context.Context) (Server, error) {
	listed := c.Servers[1:]
	if len(listed) == 1 {
		return listed[0], nil
	}
	bounded, cancel := context.WithTimeout(ctx, choosing)
	defer cancel()
	times := make([]float64, len(listed))
	var group errgroup.Group
	group.SetLimit(askedAtOnce)
	for i, s := range listed {
		group.Go(func() error {
			times[i] = soonest(bounded, s)
			return nil
		})
	}
	_ = group.Wait() // who does not answer is not chosen
	n := least(times)
	if n < 0 {
		return Server{}, domain.Errorf(domain.Unavailable, "None of the %d test servers answers as it should: name one, or %s for this installation's own", len(listed), Own)
	}
	return listed[n], nil
}

// soonest is the shortest round trip to a server in milliseconds; NaN for one that
// does not answer.
func soonest(ctx context.Context, s Server) float64 {
	line, end := lineTo(s)
	defer end()
	shortest := math.Inf(1)
	for n := range askedTimes {
		ms, err := line.ping(ctx)
		if err != nil {
			return math.NaN()
		}
		if n > 0 {
			shortest = min(shortest, ms)
		}
	}
	return shortest
}

// least is where the least of times is; -1 where all are NaN.
func least(times []float64) int {
	at := -1
	for i, ms := range times {
		if !math.IsNaN(ms) && (at < 0 || ms < times[at]) {
			at = i
		}
	}
	return at
}
