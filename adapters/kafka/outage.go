package kafka

import (
	"log/slog"
	"sync"
	"time"
)

// outage logs trouble with the brokers once, and once more each minute that it
// lasts, and its end.
type outage struct {
	log *slog.Logger

	mu    sync.Mutex
	since time.Time // zero when all is well
	said  time.Time
}

// met notes an error; nil is none.
func (o *outage) met(err error) {
	if err == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	now := time.Now()
	if o.since.IsZero() {
		o.since = now
	}
	if now.Sub(o.said) >= time.Minute {
		o.said = now
		o.log.Warn("kafka is away, trying on", "since", o.since, "error", err)
	}
}

// over notes that the group was joined.
func (o *outage) over() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.since.IsZero() {
		o.log.Info("kafka is back", "away", time.Since(o.since).Round(time.Millisecond))
	}
	o.since = time.Time{}
}
