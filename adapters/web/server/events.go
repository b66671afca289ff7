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
		return s.live(c, row.Account, id, after)
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

// How often a live stream looks for news, and how long it is silent at most.
const (
	lookEvery = 150 * time.Millisecond
	pingEvery = 15 * time.Second
	streamMax = 2 * time.Hour // then the client connects again and goes on
)

// live sends events as they are appended. Its ids are versions, so that
// Last-Event-ID resumes. Where the scan is over and the client has all of it,
// the answer is 204, after which an EventSource does not come back.
func (s *site) live(c *fiber.Ctx, account, scan uuid.UUID, after int) error {
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
		ctx, cancel := context.WithTimeout(context.Background(), streamMax)
		defer cancel()
		return s.follow(ctx, w, account, scan, after)
	})
	return nil
}

// follow writes until the scan is over, the client is gone or the server drains.
func (s *site) follow(ctx context.Context, w *bufio.Writer, account, scan uuid.UUID, after int) error {
	fmt.Fprint(w, "retry: 1000\n\n")
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	said := time.Now()
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
		if len(history) == 0 && time.Since(said) > pingEvery {
			fmt.Fprint(w, ": still here\n\n")
			said = time.Now()
		}
		if err := w.Flush(); err != nil || ends(history) {
			return err
		}
		select {
		case <-look.C:
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
