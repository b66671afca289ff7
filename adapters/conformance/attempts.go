package conformance

import (
	"reflect"
	"slices"
	"testing"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// answersDone breaks a request off twice: what each attempt has appended is
// told to the next, by step and in order.
func answersDone(t *testing.T, u AnswersUnderTest) {
	a := attemptAt("r")
	u.begin(t, a)
	done := map[string][]domain.Envelope{}
	done["one"] = mustAppend(t, u.Log, marked(a, "one", 2), marked(a, "one", 1))
	mustAppend(t, u.Log, write(newStream(), 0, ports(1)...)) // somebody else's
	done["two"] = mustAppend(t, u.Log, marked(a, "two", 1))
	u.release(t, a)
	b := attemptAt("r")
	wantDone(t, u.begin(t, b), done)
	done["three"] = mustAppend(t, u.Log, marked(b, "three", 1))
	u.release(t, b)
	wantDone(t, u.begin(t, attemptAt("r")), done)
	u.refused(t, attemptAt("r"), domain.InFlight)
}

func answersTakenOver(t *testing.T, u AnswersUnderTest) {
	a := attemptAt("r")
	u.begin(t, a)
	done := mustAppend(t, u.Log, marked(a, "one", 1))
	u.Shift(t, ttl)
	b := attemptAt("r")
	wantDone(t, u.begin(t, b), map[string][]domain.Envelope{"one": done})
	u.refused(t, attemptAt("r"), domain.InFlight)
	wantCode(t, "keep of the dead", u.Answers.Keep(t.Context(), a, []byte("late")), domain.Lost)
	u.release(t, a)
	u.refused(t, attemptAt("r"), domain.InFlight)
	wantCode(t, "keep of the heir", u.Answers.Keep(t.Context(), b, []byte("answer")), "")
}

// answersSuperseded lets an attempt that was taken over append.
func answersSuperseded(t *testing.T, u AnswersUnderTest) {
	a := attemptAt("r")
	u.begin(t, a)
	u.Shift(t, ttl)
	b := attemptAt("r")
	u.begin(t, b)
	u.noEffect(t, a)
	wantCode(t, "keep", u.Answers.Keep(t.Context(), b, []byte("answer")), "")
	u.noEffect(t, a)
}

// answersTooLate lets an attempt append after it was given up: to a record
// that is gone, and to the one that has taken its place.
func answersTooLate(t *testing.T, u AnswersUnderTest) {
	a := attemptAt("r")
	u.noEffect(t, a)
	u.begin(t, a)
	u.release(t, a)
	u.noEffect(t, a)
	wantDone(t, u.begin(t, attemptAt("r")), nil)
	u.noEffect(t, a)
}

// noEffect expects that an attempt may not append, whatever else the append
// brings.
func (u AnswersUnderTest) noEffect(t *testing.T, a commands.Attempt) {
	t.Helper()
	plain, w := write(newStream(), 0, ports(1)...), marked(a, "late", 1)
	w.Tallies = []commands.Tally{{Name: "late", Add: 1}}
	wantCode(t, "late append", appendOnly(t, u.Log, plain, w), domain.InFlight)
	if n := len(mustRead(t, u.Log, w.Stream, 0)) + len(mustRead(t, u.Log, plain.Stream, 0)); n > 0 {
		t.Errorf("it has left %d events", n)
	}
	check := write(newStream(), 0, ports(1)...)
	check.Tallies = []commands.Tally{{Name: "late", Add: 1, Max: 1}, {Name: "late", Add: -1}}
	wantCode(t, "its tally", appendOnly(t, u.Log, check), "")
}

func answersRefused(t *testing.T, u AnswersUnderTest) {
	a := attemptAt("r")
	u.begin(t, a)
	stale := marked(a, "one", 1)
	stale.After = 7
	wantCode(t, "stale", appendOnly(t, u.Log, stale), domain.Stale)
	u.release(t, a)
	b := attemptAt("r")
	b.Fingerprint = []byte("as if it had never been")
	wantDone(t, u.begin(t, b), nil)
}

// answersAppendedAgain is an append whose first outcome nobody knew.
func answersAppendedAgain(t *testing.T, u AnswersUnderTest) {
	a := attemptAt("r")
	u.begin(t, a)
	w := marked(a, "one", 2)
	first := mustAppend(t, u.Log, w)
	if again := mustAppend(t, u.Log, w); !reflect.DeepEqual(first, again) {
		t.Errorf("appended again\n got %+v\nwant %+v", again, first)
	}
	u.Shift(t, ttl)
	wantDone(t, u.begin(t, attemptAt("r")), map[string][]domain.Envelope{"one": first})
}

// answersRace takes a request over while the attempt before appends: either
// that is refused, or the heir knows of it.
func answersRace(t *testing.T, u AnswersUnderTest) {
	for i := range 20 {
		a, b := attemptAt(string(rune('a'+i))), attemptAt(string(rune('a'+i)))
		u.begin(t, a)
		u.Shift(t, ttl)
		w := marked(a, "one", 1)
		var refusal error
		var known *commands.Once
		atOnce(2, func(who int) {
			if who == 0 {
				refusal = appendOnly(t, u.Log, w)
			} else {
				known = u.begin(t, b)
			}
		})
		if refusal != nil {
			wantCode(t, "append", refusal, domain.InFlight)
		}
		done := slices.ContainsFunc(known.Done["one"], func(e domain.Envelope) bool { return e.ID == w.Events[0].ID })
		if done == (refusal != nil) {
			t.Errorf("the append answers %v, and the heir knows %v", refusal, known.Done)
		}
	}
}
