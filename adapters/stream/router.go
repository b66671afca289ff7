package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/ThreeDotsLabs/watermill/message/router/middleware"

	"github.com/scanledger/scanledger/domain"
)

// Handler does what follows from one event. It is called again for an event
// that it has handled before, and with none left out in a stream. An error
// means that the event is to be tried again; *UnreadableError that it never
// will be read.
type Handler func(ctx context.Context, e domain.Envelope) error

// Router hands single events to handlers, each in its own consumer group. It
// is for events that start something; read models apply batches.
type Router struct {
	router      *message.Router
	deadLetters message.Publisher
	Retry       middleware.Retry // of an event whose handler failed

	mu     sync.Mutex
	panics map[string]rounds // by topic and partition
}

// NewRouter sends what cannot be read to the dead letters through the publisher.
func NewRouter(deadLetters message.Publisher, log *slog.Logger) (*Router, error) {
	// What watermill calls information is of use to who debugs it.
	logger := watermill.NewSlogLoggerWithLevelMapping(log, map[slog.Level]slog.Level{slog.LevelInfo: slog.LevelDebug})
	router, err := message.NewRouter(message.RouterConfig{CloseTimeout: 10 * time.Second}, logger)
	if err != nil {
		return nil, err
	}
	r := &Router{router: router, deadLetters: deadLetters, panics: map[string]rounds{}, Retry: middleware.Retry{
		MaxRetries: 5, InitialInterval: 100 * time.Millisecond, Multiplier: 2, MaxInterval: 5 * time.Second,
		RandomizationFactor: 0.5, ResetContextOnRetry: true, Logger: logger,
		// What can never be read is not worth another try.
		ShouldRetry: func(p middleware.RetryParams) bool { return !Unreadable(p.Err) },
	}}
	return r, nil
}

// Handle gives a topic's events to a handler. The subscriber is the handler's
// group; name is what the log calls it.
func (r *Router) Handle(name, topic string, from message.Subscriber, handle Handler) {
	h := r.router.AddConsumerHandler(name, topic, from, func(m *message.Message) error {
		e, err := Decode(m)
		if err != nil {
			return err
		}
		return handle(m.Context(), e)
	})
	h.AddMiddleware(
		// Outermost: whatever comes out of here as unreadable has gone through
		// everything below. All other errors go on to the subscriber, which
		// offers the message again: a database that is down buries nothing.
		r.bury,
		// Inside it, or the first failure would be the last. When its tries are
		// used up the error goes on outwards, and the message comes again.
		r.Retry.Middleware,
		// Every failure that is logged by now says which event it is about.
		correlate,
		// Innermost: a panic is an error to all of the above.
		middleware.Recoverer,
	)
}

// correlate says in an error which message it is about.
func correlate(next message.HandlerFunc) message.HandlerFunc {
	return func(m *message.Message) ([]*message.Message, error) {
		produced, err := next(m)
		if err != nil {
			err = fmt.Errorf("%s %s at %s/%s/%s: %w", m.Metadata[ceType], m.UUID,
				m.Metadata[fromTopic], m.Metadata[fromPartition], m.Metadata[fromOffset], err)
		}
		return produced, err
	}
}

// panicRounds is how often a message is offered, and tried each time, before a
// handler that always panics is the message's own fault.
const panicRounds = 5

// bury sends a message that can never be read to the dead letters, and then
// takes it for handled. So it does with one whose handler panics in every round
// that it is offered. The letter is a message of its own: the context of the one
// it holds may have ended.
func (r *Router) bury(next message.HandlerFunc) message.HandlerFunc {
	return func(m *message.Message) ([]*message.Message, error) {
		produced, err := next(m)
		var unreadable *UnreadableError
		if !errors.As(err, &unreadable) {
			if unreadable = r.panicked(m, err); unreadable == nil {
				return produced, err
			}
		}
		if sent := r.deadLetters.Publish(DeadLetters, DeadLetter(m, unreadable)); sent != nil {
			return nil, fmt.Errorf("dead letter: %w", sent)
		}
		return nil, nil
	}
}

// panicked counts the rounds in which a message's handler panicked, and says so
// when they are enough. Any other outcome begins anew.
func (r *Router) panicked(m *message.Message, err error) *UnreadableError {
	at := m.Metadata[fromTopic] + "/" + m.Metadata[fromPartition] // whose messages come one after another
	offset := m.Metadata[fromOffset]
	var p middleware.RecoveredPanicError
	r.mu.Lock()
	defer r.mu.Unlock()
	if !errors.As(err, &p) || m.Context().Err() != nil {
		delete(r.panics, at)
		return nil
	}
	if r.panics[at].offset != offset {
		r.panics[at] = rounds{offset: offset}
	}
	n := r.panics[at].n + 1
	if n < panicRounds {
		r.panics[at] = rounds{offset, n}
		return nil
	}
	delete(r.panics, at)
	return &UnreadableError{Reason: fmt.Sprintf("its handler panics: %v", p.V)}
}

// rounds are how often in a row one message's handler panicked.
type rounds struct {
	offset string
	n      int
}

// Run routes until ctx ends, and returns when every handler has. It may be
// called once, after all handlers were added.
func (r *Router) Run(ctx context.Context) error { return r.router.Run(ctx) }
