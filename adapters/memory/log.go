// Package memory keeps every port in maps, for unit tests: the same rules as
// the real adapters, which the suites of adapters/conformance hold it to.
// Everything in it is safe for concurrent use.
package memory

import (
	"bytes"
	"context"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var (
	_ commands.Log     = (*Log)(nil)
	_ commands.Secrets = (*Log)(nil)
)

// Log is the log of record, with the secrets and claims that stand beside it.
type Log struct {
	mu      sync.Mutex
	events  []domain.Stored // in the order of their positions, which begin at 1
	streams map[domain.Stream][]domain.Stored
	known   map[uuid.UUID]int64 // positions by the event's id
	claims  map[string]domain.Stream
	tallies map[string]int
	secrets map[string]commands.Secret
	answers map[string]*record
}

// NewLog returns an empty log.
func NewLog() *Log {
	return &Log{
		streams: map[domain.Stream][]domain.Stored{}, known: map[uuid.UUID]int64{},
		claims: map[string]domain.Stream{}, tallies: map[string]int{}, secrets: map[string]commands.Secret{},
		answers: map[string]*record{},
	}
}

// Read implements commands.Log.
func (l *Log) Read(_ context.Context, s domain.Stream, after int) ([]domain.Envelope, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	stored := l.streams[s]
	return decode(stored[min(max(after, 0), len(stored)):])
}

// Stored returns the events after a position as a relay would send them.
func (l *Log) Stored(after int64) []domain.Stored {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]domain.Stored(nil), l.events[min(after, int64(len(l.events))):]...)
}

// Append implements commands.Log.
func (l *Log) Append(_ context.Context, writes ...commands.Write) ([]domain.Envelope, error) {
	encoded, err := encode(writes)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.appendedBefore(writes) {
		return l.answer(writes), nil
	}
	if err := l.refusal(writes); err != nil {
		return nil, err
	}
	for i, w := range writes {
		l.accept(w, encoded[i])
	}
	return l.answer(writes), nil
}

func (l *Log) appendedBefore(writes []commands.Write) bool {
	for _, w := range writes {
		for _, e := range w.Events {
			if l.known[e.ID] > 0 {
				return true
			}
		}
	}
	return false
}

// answer is what the log has of the events of writes.
func (l *Log) answer(writes []commands.Write) []domain.Envelope {
	var out []domain.Envelope
	for _, w := range writes {
		for _, e := range w.Events {
			stored := l.events[l.known[e.ID]-1].Envelope
			stored.Event = e.Event
			out = append(out, stored)
		}
	}
	return out
}

// refusal is why the writes cannot be appended, nil if they can.
func (l *Log) refusal(writes []commands.Write) error {
	fits := commands.Fits{Holders: l.claims, Counts: l.tallies}
	for _, w := range writes {
		if r := l.answers[w.Mark.Record]; w.Mark.Record != "" && (r == nil || r.ID != w.Mark.Attempt) {
			return commands.Busy()
		}
		if err := fits.Refusal(w, len(l.streams[w.Stream])); err != nil {
			return err
		}
	}
	return nil
}

func (l *Log) accept(w commands.Write, events []domain.Stored) {
	if w.Erase {
		l.erase(w)
	}
	for _, s := range events {
		s.Position = int64(len(l.events)) + 1
		l.events, l.known[s.ID] = append(l.events, s), s.Position
		l.streams[w.Stream] = append(l.streams[w.Stream], s)
		if r := l.answers[w.Mark.Record]; r != nil {
			if r.Owner == uuid.Nil {
				r.Owner = w.Owner
			}
			r.steps[w.Mark.Step] = append(r.steps[w.Mark.Step], s)
		}
	}
	for _, name := range w.Release {
		if l.claims[name] == w.Stream {
			delete(l.claims, name)
		}
	}
	for _, c := range w.Claims {
		if _, taken := l.claims[c.Name]; !taken {
			l.claims[c.Name] = w.Stream
		}
	}
	for _, t := range w.Tallies {
		l.tallies[t.Name] = max(l.tallies[t.Name]+t.Add, 0)
	}
	for _, s := range w.Secrets {
		l.secrets[s.Name] = s
	}
	for _, name := range w.Forget {
		delete(l.secrets, name)
	}
}

// erase takes away what does not outlive the end of a stream.
func (l *Log) erase(w commands.Write) {
	for i, s := range l.streams[w.Stream] {
		if domain.Erasable(w.Stream, s.Type, s.Schema) {
			l.streams[w.Stream][i].Payload, l.events[s.Position-1].Payload = nil, nil
		}
	}
	maps.DeleteFunc(l.claims, func(_ string, holder domain.Stream) bool { return holder == w.Stream })
	delete(l.tallies, domain.LinkTally(w.Stream.ID()))
	if w.Stream.Family() == domain.AccountFamily {
		maps.DeleteFunc(l.secrets, func(_ string, s commands.Secret) bool { return s.Owner == w.Owner })
		maps.DeleteFunc(l.answers, func(_ string, r *record) bool { return r.Owner == w.Owner })
	}
}

// erased says whether a stream is.
func (l *Log) erased(s domain.Stream) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.streams[s])
	return n > 0 && domain.Erases(l.streams[s][n-1].Type)
}

// Secret implements commands.Secrets.
func (l *Log) Secret(_ context.Context, name string) (commands.Secret, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.secrets[name]
	if !ok {
		return s, domain.Errorf(domain.NotFound, "there is no such secret")
	}
	s.Value = append([]byte(nil), s.Value...)
	return s, nil
}

// Claimed implements commands.Secrets.
func (l *Log) Claimed(_ context.Context, name string) (domain.Stream, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.claims[name]
	if !ok {
		return "", domain.Errorf(domain.NotFound, "nobody holds this claim")
	}
	return s, nil
}

// Tallied implements commands.Secrets.
func (l *Log) Tallied(_ context.Context, name string) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tallies[name], nil
}

// Look implements commands.Secrets.
func (l *Log) Look(_ context.Context, at commands.Look) (commands.Seen, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	seen := commands.Seen{Secret: l.secrets[at.Secret], Holder: l.claims[at.Claim], Version: len(l.streams[at.Stream])}
	seen.Secret.Value = bytes.Clone(seen.Secret.Value)
	return seen, nil
}

// Replace implements commands.Secrets.
func (l *Log) Replace(_ context.Context, old commands.Secret, value []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	s, ok := l.secrets[old.Name]
	if !ok || !bytes.Equal(s.Value, old.Value) {
		return domain.Errorf(domain.Stale, "the secret is another by now")
	}
	s.Value = bytes.Clone(value)
	l.secrets[old.Name] = s
	return nil
}

// encode writes events down as bytes, so that what is read is what a real log
// would give back.
func encode(writes []commands.Write) ([][]domain.Stored, error) {
	out := make([][]domain.Stored, len(writes))
	for i, w := range writes {
		for _, e := range w.Events {
			schema, payload, err := domain.Encode(e.Event)
			if err != nil {
				return nil, err
			}
			s := domain.Stored{Envelope: e, Type: e.Event.Kind(), Schema: schema, Payload: payload}
			s.At, s.Event = e.At.UTC().Truncate(time.Microsecond), nil
			out[i] = append(out[i], s)
		}
	}
	return out, nil
}

func decode(stored []domain.Stored) ([]domain.Envelope, error) {
	out := make([]domain.Envelope, len(stored))
	for i, s := range stored {
		event, err := s.Read()
		if err != nil {
			return nil, err
		}
		out[i], out[i].Event = s.Envelope, event
	}
	return out, nil
}
