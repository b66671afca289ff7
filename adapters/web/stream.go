package web

import (
	"bufio"
	"context"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// Stream answers with what write writes, as it is written. It runs outside of
// every handler, so that a panic there would end the process. HEAD gets no
// stream: fasthttp would end it with a line that belongs to no answer.
func Stream(c *fiber.Ctx, log *slog.Logger, what string, write func(w *bufio.Writer) error) {
	if c.Method() == fiber.MethodHead {
		return
	}
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer func() {
			if p := recover(); p != nil {
				log.Error("stream panicked", "stream", what, "panic", p, "stack", string(debug.Stack()))
			}
		}()
		if err := write(w); err != nil {
			log.Info("stream broke off", "stream", what, "error", err)
		}
	})
}

// WantsEvents says whether a live stream is asked for.
func WantsEvents(c *fiber.Ctx) bool {
	return strings.Contains(c.Get(fiber.HeaderAccept), "text/event-stream")
}

// EventStream says that the answer is a stream of events, which nobody on the way
// may gather.
func EventStream(c *fiber.Ctx) {
	c.Set(fiber.HeaderContentType, "text/event-stream; charset=utf-8")
	c.Set("X-Accel-Buffering", "no")
}

// StreamMax is how long a stream lasts at most; then the client connects again and goes on.
const StreamMax = 2 * time.Hour

// stillTime bounds how long it is looked whether credentials still hold.
const stillTime = time.Second

// StillSees says whether credentials still hold, and see what is an account's: a stream
// goes on long after it was let in. While that cannot be found out, they do.
func StillSees(keys Keys, credentials string, account uuid.UUID) bool {
	ctx, cancel := context.WithTimeout(context.Background(), stillTime)
	defer cancel()
	grant, err := keys.GrantOf(ctx, credentials)
	if err != nil {
		code := domain.CodeOf(err)
		return code != domain.Unauthorized && code != domain.BadKey
	}
	by := commands.Caller{Account: grant.Account}
	if by.Sees(account) {
		return true
	}
	by.Team, err = keys.TeamOf(ctx, grant)
	return err != nil || by.Sees(account)
}
