package web

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

const (
	keyHeader      = "Idempotency-Key"
	replayedHeader = "Idempotent-Replayed" // "true" on an answer that was given before
)

const (
	keepAnswers = 24 * time.Hour
	// attemptTime is how long an attempt has its record: longer than a request
	// and the release after it may take, so that only the attempt of a process
	// that is gone, or as good as gone, is taken over.
	attemptTime = requestTime + 3*releaseTime
	releaseTime = 2 * time.Second
)

// once answers a POST with an Idempotency-Key as it was answered before, or
// lets it in to h as the one attempt that may have an effect. Other methods
// have no effect that a key could guard: they ignore it.
//
// What is refused before it is let in (no key for the API, a rate limit, a key
// that is none) has no record. What h refuses leaves none either, so that the
// same key may be used again:
//
//   - 400 and 404: the client is to mend its request, and may send another;
//   - 409 and 429 of the domain, such as a running scan or a full month: with
//     time the same request is accepted;
//   - 5xx: the outcome may be unknown. Nothing is appended any more after the
//     release, and what was appended until then is found by the next attempt.
//
// Any other answer is kept: a 2xx always.
func (g *Gate) once(c *fiber.Ctx, by commands.Caller, h Handler) error {
	key, err := readKey(c)
	if err != nil {
		return err
	}
	if key == "" {
		return h(c, by)
	}
	l, err := g.lockOf(by.Account, ClientAddress(c), key)
	if err != nil {
		return err
	}
	attempt := commands.Attempt{
		Record: l.record, ID: g.NewID(), Owner: by.Account, Salt: make([]byte, 32),
		Fingerprint: l.fingerprint(c.Method(), c.Path(), string(c.Request().URI().QueryString()), string(Body(c))),
	}
	g.Random(attempt.Salt)
	known, err := g.Answers.Begin(c.UserContext(), attempt, attemptTime, keepAnswers)
	if err != nil {
		if code := domain.CodeOf(err); code != domain.InFlight && code != domain.Reused {
			g.release(c, attempt) // it may have begun all the same
		}
		return err
	}
	if known.Answer != nil {
		return g.again(c, l, known)
	}
	return g.attempt(c, by, h, l, known)
}

// readKey is the request's Idempotency-Key; "" for none.
func readKey(c *fiber.Ctx) (string, error) {
	sent := c.Request().Header.PeekAll(keyHeader)
	if c.Method() != fiber.MethodPost || len(sent) == 0 {
		return "", nil
	}
	key := string(sent[0])
	strange := func(r rune) bool { return r < ' ' || r > '~' }
	if len(sent) > 1 || key == "" || len(key) > 255 || slices.ContainsFunc([]rune(key), strange) {
		return "", domain.Errorf(domain.Invalid, "%s must be sent once, with 1 to 255 printable ASCII characters", keyHeader)
	}
	return key, nil
}

// attempt lets the request in, and keeps its answer. A process that ends
// between the effect and that leaves the effect on record: the next attempt's
// commands come to the same answer.
func (g *Gate) attempt(c *fiber.Ctx, by commands.Caller, h Handler, l lock, known *commands.Once) error {
	answered := false
	defer func() { // also where h panics
		if !answered {
			g.release(c, known.Attempt)
		}
	}()
	var err error
	if known.Seed, err = l.seed(known.Salt); err != nil {
		return err
	}
	by.Once = known
	before := headersOf(c)
	if err := h(c, by); err != nil || c.Response().StatusCode() >= fiber.StatusBadRequest {
		return err
	}
	answered = true
	if err := g.keep(c, l, known.Attempt, before); err != nil {
		g.Log.Warn("an answer is not kept; it will be made again from its events", "request", RequestID(c), "error", err)
	}
	if len(known.Done) > 0 {
		c.Set(replayedHeader, "true")
	}
	return nil
}

// keep puts the answer down, with the headers that h has set: those of before
// belong to this request and not to its answer. A stream is read to its end.
func (g *Gate) keep(c *fiber.Ctx, l lock, attempt commands.Attempt, before map[string][]string) error {
	a := kept{Status: c.Response().StatusCode(), Header: headersOf(c), Body: c.Response().Body()}
	maps.DeleteFunc(a.Header, func(name string, values []string) bool {
		return name == fiber.HeaderContentLength || name == fiber.HeaderConnection || slices.Equal(before[name], values)
	})
	sealed, err := l.seal(a, g.Random)
	if err != nil {
		return err
	}
	ctx, cancel := afterwards(c)
	defer cancel()
	return g.Answers.Keep(ctx, attempt, sealed)
}

// release gives the record back. Where that fails its time runs out.
func (g *Gate) release(c *fiber.Ctx, attempt commands.Attempt) {
	ctx, cancel := afterwards(c)
	defer cancel()
	if err := g.Answers.Release(ctx, attempt); err != nil {
		g.Log.Warn("an Idempotency-Key stays taken for a while", "request", RequestID(c), "error", err)
	}
}

// afterwards is time to tidy up after a request, also when its own is over.
func afterwards(c *fiber.Ctx) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(c.UserContext()), releaseTime)
}

// again gives an answer that was given before.
func (g *Gate) again(c *fiber.Ctx, l lock, known *commands.Once) error {
	a, err := l.open(known.Answer)
	if err != nil {
		return err
	}
	for name, values := range a.Header {
		c.Response().Header.Del(name)
		for _, v := range values {
			c.Response().Header.Add(name, v)
		}
	}
	c.Set(replayedHeader, "true")
	return c.Status(a.Status).Send(a.Body)
}

// headersOf are the headers of the answer as it stands.
func headersOf(c *fiber.Ctx) map[string][]string {
	all := map[string][]string{}
	c.Response().Header.VisitAll(func(name, value []byte) {
		all[string(name)] = append(all[string(name)], string(value))
	})
	return all
}
