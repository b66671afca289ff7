package web

import (
	"bufio"
	"log/slog"
	"runtime/debug"
	"strings"

	"github.com/gofiber/fiber/v2"
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
