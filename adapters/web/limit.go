package web

import (
	"math"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/domain"
)

// limitReached is a rate limit, with the seconds until it opens again.
type limitReached struct {
	told    *domain.Error
	seconds int
}

// Error implements error.
func (l *limitReached) Error() string { return l.told.Message }

// Unwrap gives the domain error to errors.As.
func (l *limitReached) Unwrap() error { return l.told }

// count counts a request in the minute that is open now, and says on the
// answer where the limit stands. A limit of 0 is none.
func (g *Gate) count(c *fiber.Ctx, name string, limit int) error {
	if limit == 0 {
		return nil
	}
	used, reset, err := g.Limits.Take(c.UserContext(), name, time.Minute)
	if err != nil {
		return err
	}
	seconds := max(int(math.Ceil(reset.Sub(g.Now()).Seconds())), 1)
	c.Set("RateLimit-Limit", itoa(limit))
	c.Set("RateLimit-Remaining", itoa(max(limit-used, 0)))
	c.Set("RateLimit-Reset", itoa(seconds))
	if used > limit {
		return &limitReached{domain.Errorf(domain.TooMany, "Rate limit exceeded: %d requests per minute. Try again in %d s.", limit, seconds), seconds}
	}
	return nil
}
