package commands_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/accesstoken"
	"github.com/scanledger/scanledger/adapters/cron"
	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The accounts of all scenarios.
var (
	ann = uuid.MustParse("aaaaaaaa-0000-4000-8000-000000000000")
	bob = uuid.MustParse("bbbbbbbb-0000-4000-8000-000000000000")
)

var (
	byAnn = commands.Caller{Account: ann, Request: "request-1", Trace: "trace-1"}
	byBob = commands.Caller{Account: bob, Request: "request-2"}
)

// scenario is a desk over memory whose clock and ids repeat. Its accounts are
// ann's and bob's.
type scenario struct {
	t     *testing.T
	desk  commands.Desk
	log   *memory.Log
	inbox *memory.Inbox
	sites targets
	away  engines
	names *directory

	published published

	passwords passwords
	leads     destinations

	mu    sync.Mutex
	now   time.Time
	ids   atomic.Uint32
	draws atomic.Uint32
	mark  int64 // what was in the log before when
	err   error
}

// targets refuses some targets, by their values.
type targets map[string]domain.Code

func (s targets) Check(_ context.Context, t domain.Target) error {
	if code, ok := s[t.Value]; ok {
		return domain.Errorf(code, "%s is refused", t.Value)
	}
	return nil
}

// engines are the tools that are not there; all others are.
type engines map[domain.Tool]bool

func (e engines) Tools(_ context.Context, p domain.Profile) ([]domain.Tool, error) {
	tools := p.Tools()
	switch other := p.Scanner().StandIn(); {
	case !e[tools[0]]:
		return tools, nil
	case other != "":
		return []domain.Tool{other}, nil
	default:
		return nil, domain.Errorf(domain.Unavailable, "%s is not installed", tools[0])
	}
}

// without is an installation that lacks a tool.
func without(tool domain.Scanner) step {
	return func(s *scenario) { s.away[domain.Tool(tool)] = true }
}

// published are TXT records and files, by where they are; what is not there is
// an error of a file, and no record. A text that begins with an exclamation mark
// is a problem.
type published map[string][]string

func (p published) TXT(_ context.Context, name string) ([]string, error) {
	if found := p[name]; len(found) == 0 || !strings.HasPrefix(found[0], "!") {
		return found, nil
	}
	return nil, domain.Errorf(domain.Unavailable, "%s", p[name][0][1:])
}

func (p published) File(_ context.Context, url string) (string, error) {
	if found := p[url]; len(found) > 0 {
		return found[0], nil
	}
	return "", domain.Errorf(domain.NotFound, "the server answers 404")
}

// signer is every scenario's.
var signer = func() *accesstoken.Signer {
	s, err := accesstoken.New([]byte("the key of all scenarios, 32 long"))
	if err != nil {
		panic(err)
	}
	return s
}()

// passwords are hashed without any effort.
type passwords struct {
	checked  atomic.Int32    // how many times a password was compared with a hash
	outdated map[string]bool // hashes with parameters of former days
	full     bool            // whether too many wait
}

func (p *passwords) Hash(_ context.Context, password string) (string, error) {
	if p.full {
		return "", domain.Errorf(domain.Unavailable, "too many wait")
	}
	return fmt.Sprintf("hash of %d characters with the sum %08x", len(password), crc32.ChecksumIEEE([]byte(password))), nil
}

func (p *passwords) Check(ctx context.Context, hash, password string) (fits, outdated bool, err error) {
	p.checked.Add(1)
	of, err := p.Hash(ctx, password)
	return err == nil && strings.TrimPrefix(hash, "old ") == of, p.outdated[hash], err
}

func (p *passwords) Common(password string) bool { return password == "password123" }

// step is part of what has happened before.
type step func(*scenario)

// given sets the scene.
func given(t *testing.T, steps ...step) *scenario {
	t.Helper()
	s := &scenario{t: t, log: memory.NewLog(), sites: targets{}, published: published{}, away: engines{}, names: &directory{records: map[string]domain.LookupRecord{}}, now: time.Date(2026, 5, 31, 23, 0, 0, 0, time.UTC)}
	s.inbox = &memory.Inbox{Now: s.clock}
	s.desk = commands.Desk{
		Log: s.log, Secrets: s.log, Accounts: new(commands.Accounts), Inbox: s.inbox, Targets: s.sites, Proofs: &memory.Reader{Log: s.log}, Findings: &memory.Reader{Log: s.log}, Engines: s.away, Calendar: cron.Calendar{}, Now: s.clock,
		Directory: s.names, Published: s.published, ProofKey: []byte("the key of all proofs"),
		NewID: func() uuid.UUID { return id(s.ids.Add(1)) }, Random: s.random,
		Passwords: &s.passwords, Sessions: new(memory.Sessions), Tokens: signer, Uses: new(memory.Uses), Destinations: &s.leads,
	}
	s.passwords.outdated = map[string]bool{}
	for _, account := range []uuid.UUID{ann, bob} {
		s.registered(account)
	}
	for _, step := range steps {
		step(s)
	}
	return s
}

// registered opens an account, with a key of its own to seal with.
func (s *scenario) registered(account uuid.UUID) {
	s.t.Helper()
	stream := domain.NewStream(domain.AccountFamily, account)
	w := commands.Write{Stream: stream, Owner: account, Secrets: []commands.Secret{
		{Name: "vault:" + account.String(), Owner: account, Value: bytes.Repeat(account[:2], 16)},
		{Name: "password:" + account.String(), Owner: account, Value: []byte("hash")},
	}, Events: []domain.Envelope{{
		ID: uuid.New(), Stream: stream, Version: 1, Owner: account, At: s.clock(), Event: domain.AccountRegistered{Account: account},
	}}}
	if _, err := s.log.Append(s.t.Context(), w); err != nil {
		s.t.Fatal(err)
	}
}

// id is the nth id that a scenario's desk draws.
func id(n uint32) (u uuid.UUID) {
	binary.BigEndian.PutUint32(u[12:], n)
	return u
}

func (s *scenario) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// random counts, so that no two draws are alike.
func (s *scenario) random(b []byte) {
	for i := range b {
		b[i] = byte(i)
	}
	binary.BigEndian.PutUint32(b, s.draws.Add(1)+0x7fff0000)
}

// happened appends events to a stream, as the log has them from before.
func happened(stream domain.Stream, events ...domain.Event) step {
	return func(s *scenario) {
		s.t.Helper()
		history, err := s.log.Read(s.t.Context(), stream, 0)
		if err != nil {
			s.t.Fatal(err)
		}
		w := commands.Write{Stream: stream, Owner: ann, After: len(history)}
		for i, e := range events {
			w.Events = append(w.Events, domain.Envelope{ID: uuid.New(), Stream: stream, Version: w.After + i + 1, Owner: ann, At: s.clock(), Event: e})
		}
		if _, err := s.log.Append(s.t.Context(), w); err != nil {
			s.t.Fatal(err)
		}
	}
}

// did gives a command that succeeds.
func did(command func(*scenario) error) step {
	return func(s *scenario) {
		s.t.Helper()
		if err := command(s); err != nil {
			s.t.Fatalf("given: %v", err)
		}
	}
}

// later moves the clock.
func later(d time.Duration) step {
	return func(s *scenario) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now = s.now.Add(d)
	}
}

// when gives the command that is tested.
func (s *scenario) when(command func(*scenario) error) *scenario {
	s.t.Helper()
	s.mark = int64(len(s.log.Stored(0)))
	s.err = command(s)
	return s
}

// then expects success, and exactly these events.
func (s *scenario) then(want ...domain.Event) {
	s.t.Helper()
	if s.err != nil {
		s.t.Errorf("refused: %v", s.err)
	}
	s.appended(want...)
}

// refused expects an error of this code, and that nothing was appended.
func (s *scenario) refused(code domain.Code) {
	s.t.Helper()
	if domain.CodeOf(s.err) != code {
		s.t.Errorf("got %v, want %q", s.err, code)
	}
	s.appended()
}

// unknown expects commands about something to be refused in the same words where it is
// unknown, another's, or gone by one of some events.
func unknown(t *testing.T, stream domain.Stream, known step, gone []domain.Event, says string, about func(by commands.Caller) map[string]func(*scenario) error) {
	t.Helper()
	states := map[string][]step{"unknown": nil, "another's": {known}}
	for _, e := range gone {
		states[e.Kind()] = []step{known, happened(stream, e)}
	}
	for name, steps := range states {
		by := byAnn
		if name == "another's" {
			by = byBob
		}
		for what, command := range about(by) {
			s := given(t, steps...).when(command)
			if s.refused(domain.NotFound); s.err.Error() != says {
				t.Errorf("%s one that is %s: %v", what, name, s.err)
			}
		}
	}
}

func (s *scenario) appended(want ...domain.Event) {
	s.t.Helper()
	var got []domain.Event
	for _, stored := range s.log.Stored(s.mark) {
		e, err := stored.Read()
		if err != nil {
			s.t.Fatal(err)
		}
		got = append(got, e)
	}
	if len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		s.t.Errorf("appended\n got %+v\nwant %+v", got, want)
	}
}

func mustURL(s string) domain.Target {
	t, err := domain.ParseURL(s)
	if err != nil {
		panic(err)
	}
	return t
}
