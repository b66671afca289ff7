package conformance

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// SessionsUnderTest keeps sessions in two places that share them, as two
// processes do.
type SessionsUnderTest struct{ Sessions, Twin commands.Sessions }

// Sessions holds what keeps sessions to its promises. open returns one that is
// empty.
func Sessions(t *testing.T, open func(t *testing.T) SessionsUnderTest) {
	for name, property := range map[string]func(*testing.T, SessionsUnderTest){
		"a session comes back":                    sessionComesBack,
		"a token gives one successor at a time":   sessionRotates,
		"a token used again ends its session":     sessionReused,
		"what is done is done again to no effect": sessionRepeated,
		"of many who spend a token one does":      sessionAtOnce,
		"a session that is over gives nothing":    sessionOver,
		"sessions do not end each other":          sessionsApart,
	} {
		t.Run(name, func(t *testing.T) { property(t, open(t)) })
	}
}

const month = 30 * day

// opened opens a session of owner's with the refresh token "token 0" of a name.
func (s SessionsUnderTest) opened(t *testing.T, name string) commands.Session {
	t.Helper()
	session := commands.Session{ID: uuid.New(), Account: owner, Epoch: "epoch", Ends: began.Add(month)}
	if err := s.Sessions.Open(t.Context(), session, token(name, 0), began); err != nil {
		t.Fatal(err)
	}
	return session
}

// token is the hash of the nth refresh token of a session.
func token(name string, n int) []byte {
	return append([]byte(name), 0, byte(n))
}

// rotation spends the nth token for the next one, after a time.
func rotation(name string, n int, after time.Duration) commands.Rotation {
	return commands.Rotation{
		Token: token(name, n), Successor: token(name, n+1), Salt: []byte(name), At: began.Add(after),
	}
}

func (s SessionsUnderTest) wantRotated(t *testing.T, when string, r commands.Rotation, session commands.Session, salt string) {
	t.Helper()
	got, gotSalt, err := s.Twin.Rotate(t.Context(), r)
	if err != nil || got.ID != session.ID || got.Account != session.Account || got.Epoch != session.Epoch || !got.Ends.Equal(session.Ends) || string(gotSalt) != salt {
		t.Errorf("%s: %+v with salt %q, %v", when, got, gotSalt, err)
	}
}

// stolen is the same token in other hands.
func stolen(r commands.Rotation) commands.Rotation {
	r.Salt = []byte("another")
	return r
}

func (s SessionsUnderTest) wantOver(t *testing.T, when string, r commands.Rotation) {
	t.Helper()
	got, salt, err := s.Sessions.Rotate(t.Context(), r)
	wantCode(t, when, err, domain.NotFound)
	if got != (commands.Session{}) || salt != nil {
		t.Errorf("%s: it still tells %+v, %q", when, got, salt)
	}
}

func sessionComesBack(t *testing.T, s SessionsUnderTest) {
	want := s.opened(t, "a")
	got, err := s.Twin.Session(t.Context(), want.ID)
	if got.Ends = got.Ends.UTC(); err != nil || got != want {
		t.Errorf("session\n got %+v, %v\nwant %+v", got, err, want)
	}
	_, err = s.Sessions.Session(t.Context(), uuid.New())
	wantCode(t, "an unknown session", err, domain.NotFound)
	s.wantOver(t, "an unknown token", rotation("b", 0, 0))
}

func sessionRotates(t *testing.T, s SessionsUnderTest) {
	session := s.opened(t, "a")
	for n := range 20 {
		s.wantRotated(t, "in turn", rotation("a", n, time.Duration(n)*day), session, "a")
	}
	if _, err := s.Sessions.Session(t.Context(), session.ID); err != nil {
		t.Errorf("the session has ended: %v", err)
	}
}

func sessionReused(t *testing.T, s SessionsUnderTest) {
	for name, again := range map[string]commands.Rotation{
		"at once":                       stolen(rotation("at once", 1, 0)),
		"long after":                    stolen(rotation("long after", 1, day)),
		"when the successor is spent":   rotation("when the successor is spent", 0, time.Second),
		"the one before, after a while": rotation("the one before, after a while", 0, day),
	} {
		session := s.opened(t, name)
		s.wantRotated(t, name, rotation(name, 0, 0), session, name)
		s.wantRotated(t, name, rotation(name, 1, 0), session, name)
		s.wantOver(t, name, again)
		s.wantOver(t, name+", and then the newest", rotation(name, 2, day))
		_, err := s.Twin.Session(t.Context(), session.ID)
		wantCode(t, name+": the session", err, domain.NotFound)
	}
}

func sessionRepeated(t *testing.T, s SessionsUnderTest) {
	session := s.opened(t, "a")
	open := func() {
		t.Helper()
		again := session
		again.Ends = session.Ends.Add(day)
		if err := s.Twin.Open(t.Context(), again, token("a", 0), began); err != nil {
			t.Fatal(err)
		}
	}
	open()
	s.wantRotated(t, "first", rotation("a", 0, 0), session, "a")
	open()
	s.wantRotated(t, "the same rotation, long after", rotation("a", 0, day), session, "a")
	s.wantRotated(t, "the successor", rotation("a", 1, day), session, "a")
	s.wantOver(t, "the same rotation, once the successor is spent", rotation("a", 0, day))
}

func sessionAtOnce(t *testing.T, s SessionsUnderTest) {
	s.opened(t, "a")
	const clients = 50
	salts, errs := make([][]byte, clients), make([]error, clients)
	atOnce(clients, func(i int) {
		r := commands.Rotation{Token: token("a", 0), Successor: []byte{byte(i)}, Salt: []byte{byte(i)}, At: began}
		_, salts[i], errs[i] = []commands.Sessions{s.Sessions, s.Twin}[i%2].Rotate(t.Context(), r)
	})
	won := -1
	for i, err := range errs {
		switch {
		case err != nil:
			wantCode(t, "one who is late", err, domain.NotFound)
		case won >= 0 || !bytes.Equal(salts[i], []byte{byte(i)}):
			t.Errorf("client %d got %v too", i, salts[i])
		default:
			won = i
		}
	}
	if won < 0 {
		t.Fatal("nobody spent the token")
	}
	s.wantOver(t, "what the one got whose token others had", commands.Rotation{Token: []byte{byte(won)}, Successor: token("a", 9), Salt: []byte("a"), At: began})
}

func sessionOver(t *testing.T, s SessionsUnderTest) {
	first := s.opened(t, "a")
	s.wantOver(t, "when its time is over", rotation("a", 0, month))
	s.wantRotated(t, "just before", rotation("a", 0, month-time.Millisecond), first, "a")
	next := commands.Session{ID: uuid.New(), Account: owner, Epoch: "epoch", Ends: began.Add(2 * month)}
	if err := s.Sessions.Open(t.Context(), next, token("b", 0), began.Add(month)); err != nil {
		t.Fatal(err)
	}
	_, err := s.Twin.Session(t.Context(), first.ID)
	wantCode(t, "a session that is over, once there is another", err, domain.NotFound)
}

func sessionsApart(t *testing.T, s SessionsUnderTest) {
	a, b := s.opened(t, "a"), s.opened(t, "b")
	s.wantRotated(t, "a", rotation("a", 0, 0), a, "a")
	s.wantOver(t, "a, used again", stolen(rotation("a", 0, day)))
	s.wantRotated(t, "b", rotation("b", 0, day), b, "b")
	if _, err := s.Sessions.Session(t.Context(), b.ID); err != nil {
		t.Errorf("b has ended with a: %v", err)
	}
}

// UsesUnderTest remembers uses in two places that share them.
type UsesUnderTest struct{ Uses, Twin commands.Uses }

// Uses holds what remembers the use of keys to its promises. open returns one
// that knows nothing.
func Uses(t *testing.T, open func(t *testing.T) UsesUnderTest) {
	u, key, other := open(t), uuid.New(), uuid.New()
	for _, step := range []struct {
		by   commands.Uses
		at   time.Duration
		then time.Duration
	}{
		{u.Uses, 0, 0}, {u.Uses, 59 * time.Second, 0}, {u.Twin, 59 * time.Second, 0}, {u.Twin, time.Minute, time.Minute}, {u.Uses, 90 * time.Second, time.Minute}, {u.Uses, day, day},
	} {
		if err := step.by.Used(t.Context(), owner, key, began.Add(step.at)); err != nil {
			t.Fatal(err)
		}
		last, err := u.Twin.LastUses(t.Context(), owner)
		if err != nil || len(last) != 1 || !last[key].Equal(began.Add(step.then)) {
			t.Errorf("used after %s: last uses %v, %v, want %s", step.at, last, err, began.Add(step.then))
		}
	}
	if err := u.Uses.Used(t.Context(), stranger, other, began); err != nil {
		t.Fatal(err)
	}
	for account, want := range map[uuid.UUID]int{owner: 1, stranger: 1, uuid.New(): 0} {
		if last, err := u.Uses.LastUses(t.Context(), account); err != nil || len(last) != want {
			t.Errorf("%s has last uses %v, %v", account, last, err)
		}
	}
}
