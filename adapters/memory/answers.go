package memory

import (
	"bytes"
	"context"
	"time"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Answers = (*Answers)(nil)

// Answers keeps its records in a log, so that appending and marking are one.
type Answers struct {
	Log *Log
	Now func() time.Time
}

// record is what is kept of one request.
type record struct {
	commands.Attempt // the newest, with the salt of the first
	leased, until    time.Time
	steps            map[string][]domain.Stored
	answer           []byte
}

// Begin implements commands.Answers.
func (a *Answers) Begin(_ context.Context, attempt commands.Attempt, lease, keep time.Duration) (*commands.Once, error) {
	l, now := a.Log, a.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.answers[attempt.Record]
	switch {
	case r == nil, !now.Before(r.until):
		r = &record{Attempt: attempt, steps: map[string][]domain.Stored{}}
		l.answers[attempt.Record] = r
	case !bytes.Equal(r.Fingerprint, attempt.Fingerprint):
		return nil, commands.OfAnother()
	case r.answer != nil:
		return &commands.Once{Attempt: r.Attempt, Answer: bytes.Clone(r.answer)}, nil
	case now.Before(r.leased):
		return nil, commands.Busy()
	}
	r.ID, r.leased, r.until = attempt.ID, now.Add(lease), now.Add(keep)
	once := &commands.Once{Attempt: r.Attempt, Done: map[string][]domain.Envelope{}}
	for step, stored := range r.steps {
		done, err := decode(stored)
		if err != nil {
			return nil, err
		}
		once.Done[step] = done
	}
	return once, nil
}

// Keep implements commands.Answers.
func (a *Answers) Keep(_ context.Context, attempt commands.Attempt, sealed []byte) error {
	a.Log.mu.Lock()
	defer a.Log.mu.Unlock()
	r := a.Log.answers[attempt.Record]
	if r == nil || r.ID != attempt.ID || r.answer != nil {
		return domain.Errorf(domain.Lost, "another attempt has the record")
	}
	r.answer, r.Salt = bytes.Clone(sealed), nil
	return nil
}

// Release implements commands.Answers.
func (a *Answers) Release(_ context.Context, attempt commands.Attempt) error {
	a.Log.mu.Lock()
	defer a.Log.mu.Unlock()
	r := a.Log.answers[attempt.Record]
	switch {
	case r == nil || r.ID != attempt.ID || r.answer != nil:
	case len(r.steps) == 0:
		delete(a.Log.answers, attempt.Record)
	default:
		r.leased = a.Now()
	}
	return nil
}

// Sweep implements commands.Answers.
func (a *Answers) Sweep(_ context.Context, most int) (swept int, err error) {
	a.Log.mu.Lock()
	defer a.Log.mu.Unlock()
	for name, r := range a.Log.answers {
		if swept < most && !a.Now().Before(r.until) {
			delete(a.Log.answers, name)
			swept++
		}
	}
	return swept, nil
}
