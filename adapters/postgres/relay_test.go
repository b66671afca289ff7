package postgres

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// patience is when a test gives up on what has to happen.
const patience = 30 * time.Second

// wire takes what relays publish.
type wire struct {
	mu     sync.Mutex
	events []domain.Stored
	more   chan struct{} // gets a token after each batch
	refuse error         // answered to the next batch, which is taken none the less
}

func newWire() *wire { return &wire{more: make(chan struct{}, 1)} }

func (w *wire) publish(_ context.Context, batch []domain.Stored) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, batch...)
	err := w.refuse
	w.refuse = nil
	select {
	case w.more <- struct{}{}:
	default:
	}
	return err
}

func (w *wire) ids() []uuid.UUID {
	w.mu.Lock()
	defer w.mu.Unlock()
	ids := make([]uuid.UUID, len(w.events))
	for i, e := range w.events {
		ids[i] = e.ID
	}
	return ids
}

// await waits until all of ids have come over the wire.
func (w *wire) await(t *testing.T, ids ...uuid.UUID) {
	t.Helper()
	deadline := time.After(patience)
	for {
		have := w.ids()
		if !slices.ContainsFunc(ids, func(id uuid.UUID) bool { return !slices.Contains(have, id) }) {
			return
		}
		select {
		case <-w.more:
		case <-deadline:
			t.Fatalf("%d of %d events came", len(have), len(ids))
		}
	}
}

// disorder names the streams of which an event came before the one that it
// follows; repetitions are none.
func (w *wire) disorder() (streams []domain.Stream) {
	w.mu.Lock()
	defer w.mu.Unlock()
	newest := map[domain.Stream]int{}
	for _, e := range w.events {
		if e.Version > newest[e.Stream]+1 {
			streams = append(streams, e.Stream)
		}
		newest[e.Stream] = max(newest[e.Stream], e.Version)
	}
	return streams
}

// startRelay runs a relay until the returned function, or the end of the test.
func startRelay(t *testing.T, r *Relay) (stop func()) {
	t.Helper()
	r.Log = slog.New(slog.DiscardHandler)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("relay ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func mustAppend(t testing.TB, log *Log, writes ...commands.Write) []domain.Envelope {
	t.Helper()
	appended, err := log.Append(t.Context(), writes...)
	if err != nil {
		t.Fatal(err)
	}
	return appended
}

func idsOf(events []domain.Envelope) []uuid.UUID {
	ids := make([]uuid.UUID, len(events))
	for i, e := range events {
		ids[i] = e.ID
	}
	return ids
}

// await polls a condition.
func await(t *testing.T, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !met(); rest(t.Context(), 2*time.Millisecond, nil) {
		if time.Now().After(deadline) {
			t.Fatalf("%s did not come about", what)
		}
	}
}

// TestRelaysTakeTurns starts two relays: one sends, and when it goes the other
// takes over from where it was.
func TestRelaysTakeTurns(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	log := openLog(t, pool)
	wires := []*wire{newWire(), newWire()}
	relays := []*Relay{{Pool: pool, Publish: wires[0].publish}, {Pool: pool, Publish: wires[1].publish}}
	stop := []func(){startRelay(t, relays[0]), startRelay(t, relays[1])}
	first := idsOf(mustAppend(t, log, newWrite(newScanStream(), 0, 3)))
	leader := -1
	await(t, "a leader", func() bool {
		leader = slices.IndexFunc(wires, func(w *wire) bool { return len(w.ids()) == 3 })
		waiting, _, err := relays[0].Lag(t.Context())
		return leader >= 0 && waiting == 0 && err == nil
	})
	stop[leader]()
	second := idsOf(mustAppend(t, log, newWrite(newScanStream(), 0, 3)))
	wires[1-leader].await(t, second...)
	if got := wires[1-leader].ids(); !slices.Equal(got, second) {
		t.Errorf("the second relay sent %v, want %v and nothing of %v", got, second, first)
	}
}

// TestRelayRepeats sends a batch again that was refused.
func TestRelayRepeats(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	ids := idsOf(mustAppend(t, openLog(t, pool), newWrite(newScanStream(), 0, 3)))
	w := newWire()
	w.refuse = errors.New("the broker is away")
	startRelay(t, &Relay{Pool: pool, Publish: w.publish, Batch: 2})
	w.await(t, ids...)
	if got, want := w.ids(), slices.Concat(ids[:2], ids); !slices.Equal(got, want) {
		t.Errorf("sent %v\nwant %v", got, want)
	}
}

// TestRelayCrash takes the relay's connection away when a batch is sent and
// the cursor is still before it: the batch is sent again, and none after it is
// left out.
func TestRelayCrash(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	ids := idsOf(mustAppend(t, openLog(t, pool), newWrite(newScanStream(), 0, 3)))
	w := newWire()
	crash := sync.OnceFunc(func() {
		_, err := pool.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`)
		if err != nil {
			t.Error(err)
		}
	})
	startRelay(t, &Relay{Pool: pool, Batch: 2, Publish: func(ctx context.Context, batch []domain.Stored) error {
		err := w.publish(ctx, batch)
		crash()
		return err
	}})
	w.await(t, ids...)
	if got, want := w.ids(), slices.Concat(ids[:2], ids); !slices.Equal(got, want) {
		t.Errorf("sent %v\nwant %v", got, want)
	}
}

// TestRelaySendsWhatIsStored compares what is sent with what was appended.
func TestRelaySendsWhatIsStored(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	write := newWrite(newScanStream(), 0, 2)
	write.Events[1].Trace, write.Events[1].Cause = "trace", "cause"
	appended := mustAppend(t, openLog(t, pool), write)
	w := newWire()
	startRelay(t, &Relay{Pool: pool, Publish: w.publish})
	w.await(t, idsOf(appended)...)
	for i, got := range w.events {
		schema, payload, _ := domain.Encode(appended[i].Event)
		if got.Type != "port.found" || got.Schema != schema || string(got.Payload) != string(payload) {
			t.Errorf("sent %+v %s", got, got.Payload)
		}
		want := appended[i]
		want.Event = nil
		if got.Envelope != want {
			t.Errorf("sent\n got %+v\nwant %+v", got.Envelope, want)
		}
	}
}

// TestLag counts what waits, before there ever was a relay and after.
func TestLag(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	log := openLog(t, pool)
	w := newWire()
	r := &Relay{Pool: pool, Publish: w.publish}
	lag := func() int {
		n, oldest, err := r.Lag(t.Context())
		if err != nil || (n > 0) != (oldest > 0) {
			t.Errorf("lag %d, %s, %v", n, oldest, err)
		}
		return n
	}
	if n := lag(); n != 0 {
		t.Errorf("lag of an empty log is %d", n)
	}
	mustAppend(t, log, newWrite(newScanStream(), 0, 3))
	if n := lag(); n != 3 {
		t.Errorf("lag before the first relay is %d, want 3", n)
	}
	stop := startRelay(t, r)
	await(t, "no lag", func() bool { return lag() == 0 })
	stop()
	mustAppend(t, log, newWrite(newScanStream(), 0, 2))
	if n := lag(); n != 2 {
		t.Errorf("lag is %d, want 2", n)
	}
}

// TestRelayReadsAhead relays more than a batch, of which one is not
// acknowledged: it comes again, and nothing that was read meanwhile comes
// before it or is left out.
func TestRelayReadsAhead(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	log, w := openLog(t, pool), newWire()
	var want []uuid.UUID
	for range 3 {
		want = append(want, idsOf(mustAppend(t, log, newWrite(newScanStream(), 0, 9)))...)
	}
	const batch, refused = 4, 3
	published := 0
	startRelay(t, &Relay{Pool: pool, Batch: batch, Publish: func(ctx context.Context, events []domain.Stored) error {
		if published++; published == refused {
			w.mu.Lock()
			w.refuse = errors.New("not acknowledged")
			w.mu.Unlock()
		}
		return w.publish(ctx, events)
	}})
	w.await(t, want...)
	again := slices.Concat(want[:refused*batch], want[(refused-1)*batch:])
	await(t, "the last batch", func() bool { return len(w.ids()) >= len(again) })
	if got := w.ids(); !slices.Equal(got, again) {
		t.Errorf("%d events came, in another order than %d", len(got), len(again))
	}
}
