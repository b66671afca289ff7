package server

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// eventAnswer is an event as the history shows it.
type eventAnswer struct {
	ID      uuid.UUID    `json:"id"`
	Type    string       `json:"type"`
	Version int          `json:"version"`
	At      string       `json:"at"`
	Actor   string       `json:"actor"`
	Cause   string       `json:"cause"`
	Payload domain.Event `json:"payload"`
}

func answerOf(e domain.Envelope) eventAnswer {
	return eventAnswer{
		ID: e.ID, Type: e.Event.Kind(), Version: e.Version, At: e.At.Format(time.RFC3339Nano),
		Actor: e.Actor, Cause: e.Cause, Payload: e.Event,
	}
}

// events answers GET /api/v1/scan/{id}/events: the scan's history, oldest
// first, or the same as a live stream that ends when the scan does.
func (s *site) events(c *fiber.Ctx, by commands.Caller) error {
	id, err := web.PathID(c, "Scan not found")
	if err != nil {
		return err
	}
	after, err := web.QueryInt(c, "after", 0, 0, 1<<30)
	if err != nil {
		return err
	}
	row, err := s.seen(c, by, id)
	if err != nil {
		return err
	}
	if web.WantsEvents(c) {
		credentials, err := web.Bearer(c)
		if err != nil {
			return err
		}
		return s.live(c, row.Account, id, after, func() bool { return web.StillSees(s.Gate.Keys, credentials, row.Account) })
	}
	history, err := s.Reader.History(c.UserContext(), row.Account, id, after)
	if err != nil {
		return err
	}
	answers := make([]eventAnswer, len(history))
	for i, e := range history {
		answers[i] = answerOf(e)
	}
	return c.JSON(fiber.Map{"events": answers})
}

// lookEvery is how often a live stream looks for news.
const lookEvery = 150 * time.Millisecond

// live sends events as they are appended, to whom sees lets look still. Its ids are
// versions, so that Last-Event-ID resumes. Where the scan is over and the client has
// all of it, the answer is 204, after which an EventSource does not come back.
func (s *site) live(c *fiber.Ctx, account, scan uuid.UUID, after int, sees func() bool) error {
	if last := c.Get("Last-Event-ID"); last != "" {
		if n, err := strconv.Atoi(last); err == nil && n >= 0 {
			after = n
		}
	}
	row, err := s.Reader.Scan(c.UserContext(), account, scan)
	if err != nil {
		return err
	}
	if after = min(after, row.Version); row.State.Over() && after == row.Version {
		c.Status(fiber.StatusNoContent)
		return nil
	}
	web.EventStream(c)
	s.stream(c, "events", func(w *bufio.Writer) error {
		ctx, cancel := context.WithTimeout(context.Background(), web.StreamMax)
		defer cancel()
		return s.follow(ctx, w, account, scan, after, sees)
	})
	return nil
}

// follow writes until the scan is over, the client is gone or may look no longer, or
// the server drains.
func (s *site) follow(ctx context.Context, w *bufio.Writer, account, scan uuid.UUID, after int, sees func() bool) error {
	fmt.Fprint(w, "retry: 1000\n\n")
	look, ping := time.NewTicker(lookEvery), time.NewTicker(s.Silence)
	defer look.Stop()
	defer ping.Stop()
	for {
		history, err := s.Reader.History(ctx, account, scan, after)
		if err != nil {
			return err
		}
		for _, e := range history {
			data, err := json.Marshal(answerOf(e))
			if err != nil {
				return err
			}
			fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", e.Version, e.Event.Kind(), data)
			after = e.Version
		}
		if err := w.Flush(); err != nil || ends(history) {
			return err
		}
		select {
		case <-look.C:
		case <-ping.C:
			if !sees() {
				return nil
			}
			fmt.Fprint(w, ": still here\n\n")
		case <-s.Draining:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ends says whether the scan is over with these events.
func ends(history []domain.Envelope) bool {
	if len(history) == 0 {
		return false
	}
	return domain.Final(history[len(history)-1].Event)
}
