package stream_test

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// feed is a subscriber that offers each message until it is acknowledged.
type feed struct{ messages []*message.Message }

func (f feed) Subscribe(ctx context.Context, _ string) (<-chan *message.Message, error) {
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		for _, m := range f.messages {
			for acked := false; !acked; {
				offered := m.Copy()
				offered.SetContext(ctx)
				select {
				case out <- offered:
				case <-ctx.Done():
					return
				}
				select {
				case <-offered.Acked():
					acked = true
				case <-offered.Nacked():
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return out, nil
}

func (feed) Close() error { return nil }

// grave keeps what is published.
type grave struct {
	mu    sync.Mutex
	full  error
	dead  []*message.Message
	topic string
}

func (g *grave) Publish(topic string, msgs ...*message.Message) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.full != nil {
		err := g.full
		g.full = nil
		return err
	}
	g.topic, g.dead = topic, append(g.dead, msgs...)
	return nil
}

func (*grave) Close() error { return nil }

// routed runs messages through a router until the handler has seen the last
// of them, whose actor is "last".
func routed(t *testing.T, g *grave, handle stream.Handler, messages ...*message.Message) {
	t.Helper()
	r, err := stream.NewRouter(g, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	r.Retry.InitialInterval, r.Retry.MaxInterval, r.Retry.MaxRetries = time.Microsecond, time.Microsecond, 2
	last := full()
	last.Actor = "last"
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	over := errors.New("over")
	ctx, end := context.WithCancelCause(ctx)
	from := feed{append(messages, encode(t, last))}
	r.Handle("test", "topic", from, func(ctx context.Context, e domain.Envelope) error {
		if e.Actor == "last" {
			end(over)
			return nil
		}
		return handle(ctx, e)
	})
	if err := r.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if context.Cause(ctx) != over {
		t.Fatal("the messages did not get through")
	}
}

func TestPoisonGoesToTheDeadLettersAndTheRestIsHandled(t *testing.T) {
	poison := encode(t, full())
	poison.Payload = []byte("{\x00")
	maps.Copy(poison.Metadata, message.Metadata{"_topic": stream.Scans, "_partition": "3", "_offset": "99", "_key": "k"})
	var handled []domain.Envelope
	g := &grave{full: errors.New("the broker is away")} // at first
	routed(t, g, func(_ context.Context, e domain.Envelope) error {
		handled = append(handled, e)
		return nil
	}, poison, encode(t, full()))
	if len(handled) != 1 {
		t.Errorf("%d events were handled, want 1", len(handled))
	}
	if len(g.dead) != 1 || g.topic != stream.DeadLetters {
		t.Fatalf("%d dead letters in %q, want 1", len(g.dead), g.topic)
	}
	letter := g.dead[0]
	if string(letter.Payload) != string(poison.Payload) || letter.Metadata["reason"] == "" {
		t.Errorf("letter %q says %q", letter.Payload, letter.Metadata["reason"])
	}
	want := maps.Clone(poison.Metadata)
	maps.Copy(want, message.Metadata{"topic": stream.Scans, "partition": "3", "offset": "99", "reason": letter.Metadata["reason"]})
	if !maps.Equal(letter.Metadata, want) {
		t.Errorf("headers %v\nwant    %v", letter.Metadata, want)
	}
}

func TestPassingTroubleBuriesNothing(t *testing.T) {
	for name, trouble := range map[string]func(context.Context) error{
		"database":      func(context.Context) error { return domain.Errorf(domain.Unavailable, "postgres is away") },
		"unknown error": func(context.Context) error { return errors.New("hm") },
		"deadline":      func(context.Context) error { return context.DeadlineExceeded },
		"cancelled":     func(context.Context) error { return context.Canceled },
		"panic":         func(context.Context) error { panic("a fault") },
	} {
		t.Run(name, func(t *testing.T) {
			g, calls := &grave{}, 0
			routed(t, g, func(ctx context.Context, _ domain.Envelope) error {
				if calls++; calls < 8 { // more than the router's own tries
					return trouble(ctx)
				}
				return nil
			}, encode(t, full()))
			if len(g.dead) != 0 {
				t.Errorf("buried with reason %q", g.dead[0].Metadata["reason"])
			}
			if calls != 8 {
				t.Errorf("tried %d times, want 8", calls)
			}
		})
	}
}

func TestUnreadableIsNotTriedAgain(t *testing.T) {
	g, calls := &grave{}, 0
	routed(t, g, func(context.Context, domain.Envelope) error {
		calls++
		return &stream.UnreadableError{Reason: "its content makes no sense"}
	}, encode(t, full()))
	if calls != 1 || len(g.dead) != 1 {
		t.Errorf("tried %d times, %d dead letters; want 1 and 1", calls, len(g.dead))
	}
}

func TestWhatAlwaysPanicsIsBuried(t *testing.T) {
	healthy, calls := encode(t, full()), 0
	poison := encode(t, full())
	poison.Metadata["ce_id"] = "00000000-0000-4000-8000-000000000001"
	maps.Copy(poison.Metadata, message.Metadata{"_topic": stream.Scans, "_partition": "3", "_offset": "99"})
	g, handled := &grave{}, 0
	routed(t, g, func(_ context.Context, e domain.Envelope) error {
		if e.ID.String() == poison.Metadata["ce_id"] {
			calls++
			panic("a fault for good")
		}
		handled++
		return nil
	}, poison, healthy)
	if len(g.dead) != 1 || handled != 1 || !strings.Contains(g.dead[0].Metadata["reason"], "a fault for good") || calls < 10 {
		t.Errorf("%d dead letters after %d calls, %d handled: %+v", len(g.dead), calls, handled, g.dead)
	}
}
