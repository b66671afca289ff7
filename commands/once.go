package commands

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Answers keeps what was answered to requests that carry an Idempotency-Key,
// a record for each.
type Answers interface {
	// Begin makes an attempt the newest of its record, for as long as lease, and
	// says what is known of the request. The record is forgotten after keep,
	// counted from the newest attempt. It answers a *domain.Error: Reused when
	// the record is of another request, InFlight while another attempt has it.
	Begin(ctx context.Context, a Attempt, lease, keep time.Duration) (*Once, error)
	// Keep puts down the answer, and what the record has beside it to come to
	// the same answer again is gone. It answers Lost when the attempt is not the
	// newest.
	Keep(ctx context.Context, a Attempt, sealed []byte) error
	// Release ends an attempt that has no answer to keep: if nothing was
	// appended, its request has never been, and the attempt will append nothing
	// any more; else the next attempt may begin.
	Release(ctx context.Context, a Attempt) error
	// Sweep removes records whose time is over, most at one time, and returns
	// how many they were.
	Sweep(ctx context.Context, most int) (int, error)
}

// Attempt is one attempt at a request that carries an Idempotency-Key.
type Attempt struct {
	Record      string    // the name of the request's record
	ID          uuid.UUID // only the newest attempt at a request may append
	Owner       uuid.UUID // the account that asks; nil UUID for somebody without one
	Fingerprint []byte    // of what is asked for
	Salt        []byte    // random; all attempts at a request have the first one's
}

// Once is what is known of a request when an attempt at it begins.
type Once struct {
	Attempt
	Done   map[string][]domain.Envelope // what earlier attempts have appended, by step
	Answer []byte                       // sealed; nil while there is none
	// Seed is what secrets are made of that no event holds: the same for every
	// attempt at the request, and known to nobody else. Begin leaves it empty.
	Seed []byte

	mu    sync.Mutex
	steps map[string]int // how often each command was given
}

// Mark is a step of a request. What is appended with it becomes known to later
// attempts in the same transaction.
type Mark struct {
	Record  string // "" for none
	Attempt uuid.UUID
	Step    string
}

// Busy is the refusal of an attempt while another one has the record.
func Busy() *domain.Error {
	return &domain.Error{
		Code: domain.InFlight, Wait: time.Second,
		Message: "A request with this Idempotency-Key is being answered. Ask again in a moment.",
	}
}

// OfAnother is the refusal of an attempt whose record is of another request.
func OfAnother() *domain.Error {
	return domain.Errorf(domain.Reused, "This Idempotency-Key was used for another request: every request needs a key of its own")
}

// act is one command of a request: a step, and what an earlier attempt has
// appended with it.
type act struct {
	Caller
	mark  Mark
	done  []domain.Envelope
	opens bool // its stream has just been named: nobody has written to it
}

// act begins a command. A request that gives the same command several times
// has as many steps.
func (c Caller) act(command string) act {
	if c.Once == nil {
		return act{Caller: c}
	}
	step := c.Once.step(command)
	return act{Caller: c, mark: Mark{Record: c.Once.Record, Attempt: c.Once.ID, Step: step}, done: c.Once.Done[step]}
}

// Before returns what an earlier attempt at the same request has appended by the
// first command of a name, "request_scan": nothing where there was none.
func (c Caller) Before(command string) []domain.Envelope {
	if c.Once == nil {
		return nil
	}
	return c.Once.Done[command+" 1"]
}

func (o *Once) step(command string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.steps == nil {
		o.steps = map[string]int{}
	}
	o.steps[command]++
	return fmt.Sprintf("%s %d", command, o.steps[command])
}

// secret is 32 random bytes that the command shows once and stores nowhere.
// Every attempt at a request has the same ones: an answer that was lost on its
// way can be given again.
func (a act) secret(d Desk) []byte {
	if a.Once == nil || len(a.Once.Seed) == 0 {
		drawn := make([]byte, 32)
		d.Random(drawn)
		return drawn
	}
	made, err := hkdf.Expand(sha256.New, a.Once.Seed, a.mark.Step, 32)
	if err != nil { // 32 bytes can always be had
		panic(err)
	}
	return made
}
