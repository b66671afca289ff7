package conformance

import (
	"bytes"
	"errors"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// AnswersUnderTest keeps answers in two places that share their records, as
// two processes do, beside the log whose events they are about.
type AnswersUnderTest struct {
	Answers, Twin commands.Answers
	Log           commands.Log
	// Shift moves the time that the records see, forwards.
	Shift func(t *testing.T, by time.Duration)
}

// Answers holds what keeps the answers of requests to its promises. open
// returns one without records, over an empty log.
func Answers(t *testing.T, open func(t *testing.T) AnswersUnderTest) {
	for name, property := range map[string]func(*testing.T, AnswersUnderTest){
		"a request is in one attempt's hands":                   answersInFlight,
		"an answer is kept":                                     answersKept,
		"a key is for one request":                              answersReused,
		"records do not share anything":                         answersApart,
		"what had no effect has never been":                     answersReleased,
		"what had an effect is found by the next attempt":       answersDone,
		"an attempt that is gone is taken over":                 answersTakenOver,
		"a superseded attempt has no effect":                    answersSuperseded,
		"a released attempt has no effect any more":             answersTooLate,
		"a refused append is no effect":                         answersRefused,
		"the same append again is one effect":                   answersAppendedAgain,
		"secrets of a request are made of one salt":             answersSalt,
		"records are forgotten":                                 answersForgotten,
		"a late attempt is kept as long as any":                 answersKeptAnew,
		"forgotten records are removed, some at a time":         answersSwept,
		"records of a deleted account are gone":                 answersErased,
		"one of many attempts wins":                             answersOneWins,
		"who is taken over while he appends has done it or not": answersRace,
	} {
		t.Run(name, func(t *testing.T) { property(t, open(t)) })
	}
}

// attemptAt is a new attempt at the request that a record is of.
func attemptAt(record string) commands.Attempt {
	id := uuid.New()
	return commands.Attempt{Record: record, ID: id, Owner: owner, Fingerprint: []byte("of " + record), Salt: id[:]}
}

func (u AnswersUnderTest) begin(t *testing.T, a commands.Attempt) *commands.Once {
	t.Helper()
	known, err := u.Answers.Begin(t.Context(), a, ttl, day)
	if err != nil {
		t.Fatalf("begin: %v", err)
	}
	return known
}

// refused expects that an attempt may not begin, in either place.
func (u AnswersUnderTest) refused(t *testing.T, a commands.Attempt, want domain.Code) {
	t.Helper()
	for _, place := range []commands.Answers{u.Answers, u.Twin} {
		known, err := place.Begin(t.Context(), a, ttl, day)
		wantCode(t, "begin", err, want)
		var told *domain.Error
		if errors.As(err, &told) && (told.Wait > 0) != (want == domain.InFlight) {
			t.Errorf("%q is worth coming again in %s", told.Code, told.Wait)
		}
		if known != nil {
			t.Errorf("a refused attempt is told %+v", known)
		}
	}
}

func (u AnswersUnderTest) release(t *testing.T, a commands.Attempt) {
	t.Helper()
	wantCode(t, "release", u.Answers.Release(t.Context(), a), "")
}

// marked is a write of n events to a new stream, a step of an attempt.
func marked(a commands.Attempt, step string, n int) commands.Write {
	w := write(newStream(), 0, ports(n)...)
	w.Mark = commands.Mark{Record: a.Record, Attempt: a.ID, Step: step}
	return w
}

// wantDone expects what an attempt is told of earlier ones.
func wantDone(t *testing.T, known *commands.Once, want map[string][]domain.Envelope) {
	t.Helper()
	if len(known.Done) != len(want) || len(want) > 0 && !reflect.DeepEqual(known.Done, want) {
		t.Errorf("done before\n got %+v\nwant %+v", known.Done, want)
	}
	if known.Answer != nil {
		t.Errorf("there is an answer: %q", known.Answer)
	}
}

func answersErased(t *testing.T, u AnswersUnderTest) {
	account := domain.NewStream(domain.AccountFamily, owner)
	registered := attemptAt("their registration")
	registered.Owner = uuid.Nil // they had no account yet
	u.begin(t, registered)
	w := write(account, 0, domain.AccountRegistered{Account: owner})
	w.Mark = commands.Mark{Record: registered.Record, Attempt: registered.ID, Step: "register"}
	mustAppend(t, u.Log, w)
	wantCode(t, "keep", u.Answers.Keep(t.Context(), registered, []byte("answer")), "")
	theirs, other := attemptAt("theirs"), attemptAt("another's")
	other.Owner = stranger
	for _, a := range []commands.Attempt{theirs, other} {
		u.begin(t, a)
		wantCode(t, "keep", u.Answers.Keep(t.Context(), a, []byte("answer")), "")
	}
	last := write(account, 1, domain.AccountDeleted{Account: owner})
	last.Erase = true
	mustAppend(t, u.Log, last)
	wantDone(t, u.begin(t, attemptAt("theirs")), nil)
	wantDone(t, u.begin(t, attemptAt("their registration")), nil)
	if known := u.begin(t, attemptAt("another's")); known.Answer == nil {
		t.Error("another account's answer is gone too")
	}
}

func answersInFlight(t *testing.T, u AnswersUnderTest) {
	a := attemptAt("r")
	known := u.begin(t, a)
	wantDone(t, known, nil)
	if !reflect.DeepEqual(known.Attempt, a) {
		t.Errorf("the attempt is %+v, want %+v", known.Attempt, a)
	}
	u.refused(t, attemptAt("r"), domain.InFlight)
	u.Shift(t, ttl-time.Minute)
	u.refused(t, attemptAt("r"), domain.InFlight)
}

func answersKept(t *testing.T, u AnswersUnderTest) {
	a := attemptAt("r")
	u.begin(t, a)
	mustAppend(t, u.Log, marked(a, "step", 1))
	sealed := []byte("any \x00\xff bytes")
	wantCode(t, "keep", u.Answers.Keep(t.Context(), a, sealed), "")
	for range 3 {
		for _, place := range []commands.Answers{u.Answers, u.Twin} {
			known, err := place.Begin(t.Context(), attemptAt("r"), ttl, day)
			if err != nil || !bytes.Equal(known.Answer, sealed) || len(known.Done) > 0 || len(known.Salt) > 0 {
				t.Errorf("asked again, it is %+v, %v", known, err)
			}
		}
		u.Shift(t, 2*ttl)
	}
	wantCode(t, "keep another", u.Answers.Keep(t.Context(), a, []byte("another")), domain.Lost)
	u.release(t, a)
	if known := u.begin(t, attemptAt("r")); !bytes.Equal(known.Answer, sealed) {
		t.Errorf("an answer went away or changed: %q", known.Answer)
	}
}

func answersReused(t *testing.T, u AnswersUnderTest) {
	a, other := attemptAt("r"), attemptAt("r")
	other.Fingerprint = []byte("of another request")
	u.begin(t, a)
	u.refused(t, other, domain.Reused)
	u.Shift(t, 2*ttl)
	u.refused(t, other, domain.Reused)
	a = attemptAt("r")
	u.begin(t, a)
	wantCode(t, "keep", u.Answers.Keep(t.Context(), a, []byte("answer")), "")
	u.refused(t, other, domain.Reused)
}

func answersApart(t *testing.T, u AnswersUnderTest) {
	a, b := attemptAt("a"), attemptAt("b")
	u.begin(t, a)
	u.begin(t, b)
	mustAppend(t, u.Log, marked(a, "step", 1))
	wantCode(t, "keep", u.Answers.Keep(t.Context(), a, []byte("a's")), "")
	u.refused(t, attemptAt("b"), domain.InFlight)
	u.release(t, b)
	wantDone(t, u.begin(t, attemptAt("b")), nil)
	if known := u.begin(t, attemptAt("a")); string(known.Answer) != "a's" {
		t.Errorf("a's answer is %q", known.Answer)
	}
}

func answersReleased(t *testing.T, u AnswersUnderTest) {
	a := attemptAt("r")
	u.begin(t, a)
	u.release(t, a)
	u.release(t, a)
	wantCode(t, "keep after the release", u.Answers.Keep(t.Context(), a, []byte("answer")), domain.Lost)
	other := attemptAt("r")
	other.Fingerprint = []byte("of another request")
	wantDone(t, u.begin(t, other), nil)
	u.refused(t, attemptAt("r"), domain.Reused)
}

func answersSalt(t *testing.T, u AnswersUnderTest) {
	a := attemptAt("r")
	u.begin(t, a)
	u.Shift(t, ttl)
	if known := u.begin(t, attemptAt("r")); !bytes.Equal(known.Salt, a.Salt) {
		t.Errorf("the second attempt's salt is %x, the first one's %x", known.Salt, a.Salt)
	}
	u.Shift(t, day)
	b := attemptAt("r")
	if known := u.begin(t, b); !bytes.Equal(known.Salt, b.Salt) {
		t.Errorf("a new record has the salt %x of an old one", known.Salt)
	}
}

func answersForgotten(t *testing.T, u AnswersUnderTest) {
	a := attemptAt("r")
	u.begin(t, a)
	mustAppend(t, u.Log, marked(a, "one", 1))
	wantCode(t, "keep", u.Answers.Keep(t.Context(), a, []byte("answer")), "")
	u.Shift(t, day-time.Minute)
	if known := u.begin(t, attemptAt("r")); string(known.Answer) != "answer" {
		t.Errorf("a minute before its time the answer is %q", known.Answer)
	}
	u.Shift(t, time.Minute)
	b := attemptAt("r")
	b.Fingerprint = []byte("of another request")
	wantDone(t, u.begin(t, b), nil)
	u.noEffect(t, a)
	wantCode(t, "keep", u.Answers.Keep(t.Context(), b, []byte("answer")), "")
}

// answersKeptAnew takes a request over just before its record is forgotten.
func answersKeptAnew(t *testing.T, u AnswersUnderTest) {
	u.begin(t, attemptAt("r"))
	u.Shift(t, day-time.Minute)
	a := attemptAt("r")
	u.begin(t, a)
	wantCode(t, "keep", u.Answers.Keep(t.Context(), a, []byte("answer")), "")
	u.Shift(t, day-time.Minute)
	if known := u.begin(t, attemptAt("r")); string(known.Answer) != "answer" {
		t.Errorf("the answer is %q", known.Answer)
	}
}

func answersSwept(t *testing.T, u AnswersUnderTest) {
	for _, r := range []string{"a", "b", "c"} {
		u.begin(t, attemptAt(r))
	}
	u.Shift(t, day/2)
	u.begin(t, attemptAt("young"))
	sweep := func(most, want int) {
		t.Helper()
		if n, err := u.Answers.Sweep(t.Context(), most); err != nil || n != want {
			t.Errorf("swept %d, %v, want %d", n, err, want)
		}
	}
	sweep(10, 0)
	u.Shift(t, day/2)
	sweep(2, 2)
	sweep(2, 1)
	sweep(2, 0)
	u.refused(t, func() commands.Attempt {
		a := attemptAt("young")
		a.Fingerprint = []byte("other")
		return a
	}(), domain.Reused)
}

// answersOneWins begins the same request 64 times at once, in two places.
func answersOneWins(t *testing.T, u AnswersUnderTest) {
	var mu sync.Mutex
	var won []commands.Attempt
	atOnce(64, func(i int) {
		a := attemptAt("r")
		_, err := []commands.Answers{u.Answers, u.Twin}[i%2].Begin(t.Context(), a, ttl, day)
		if err != nil {
			wantCode(t, "begin", err, domain.InFlight)
			return
		}
		mu.Lock()
		won = append(won, a)
		mu.Unlock()
	})
	if len(won) != 1 {
		t.Fatalf("%d of 64 attempts have the request", len(won))
	}
	mustAppend(t, u.Log, marked(won[0], "one", 1))
}
