package conformance

import (
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// LogUnderTest is two instances of a log over one store, and what stands
// beside the events.
type LogUnderTest struct {
	Log, Twin commands.Log
	Secrets   commands.Secrets
}

// Log holds a log of record to its promises. open returns one that is empty.
func Log(t *testing.T, open func(t *testing.T) LogUnderTest) {
	for name, property := range map[string]func(*testing.T, LogUnderTest){
		"versions run without a gap":               versionsRun,
		"every field comes back":                   fieldsComeBack,
		"reading begins after a version":           readsAfter,
		"a refused write leaves nothing behind":    refusedLeavesNothing,
		"all writes of one append or none":         allOrNone,
		"a claim is held by one stream":            claimHeldOnce,
		"an optional claim is gone without":        optionalClaim,
		"a claim is released by its holder alone":  releasedByHolder,
		"a claim may be taken and freed in a row":  claimFollowsOrder,
		"a tally is exact":                         tallyExact,
		"one append counts as a whole":             tallyWithinAppend,
		"the same ids again have no effect":        sameAgain,
		"the same append at once has one effect":   sameAtOnce,
		"an event outside the catalog is refused":  outsideCatalog,
		"the end of a scan takes what it said":     scanErased,
		"the end of an account takes its secrets":  accountErased,
		"a refused end takes nothing":              erasureRefused,
		"one of many writers wins each version":    oneWinsEachVersion,
		"one of many writers wins a claim":         oneWinsClaim,
		"many writers fill a tally to its maximum": manyFillTally,
	} {
		t.Run(name, func(t *testing.T) { property(t, open(t)) })
	}
}

func versionsRun(t *testing.T, l LogUnderTest) {
	s := newStream()
	at, position := 0, int64(0)
	for n := 1; n <= 4; n++ {
		appended := mustAppend(t, l.Log, write(s, at, ports(n)...))
		if len(appended) != n {
			t.Fatalf("append of %d events answers %d", n, len(appended))
		}
		at += n
	}
	history := mustRead(t, l.Twin, s, 0)
	if len(history) != at {
		t.Fatalf("read %d events, want %d", len(history), at)
	}
	for i, e := range history {
		if e.Version != i+1 || e.Position <= position {
			t.Errorf("event %d has version %d and position %d after %d", i, e.Version, e.Position, position)
		}
		position = e.Position
	}
}

func fieldsComeBack(t *testing.T, l LogUnderTest) {
	s := newStream()
	w := write(s, 0, Story(s.ID(), w0)...)
	w.Events[1].At = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.FixedZone("", 3600))
	w.Events[1].Trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	w.Events[1].Actor, w.Events[1].Cause = `worker:"ä"`, "line\nline"
	want := append([]domain.Envelope(nil), w.Events...)
	want[1].At = time.Date(2026, 3, 1, 11, 0, 0, 123456000, time.UTC)
	appended := mustAppend(t, l.Log, w)
	for name, got := range map[string][]domain.Envelope{"append": appended, "read": mustRead(t, l.Log, s, 0)} {
		if len(got) != len(want) {
			t.Fatalf("%s answers %d events, want %d", name, len(got), len(want))
		}
		for i, e := range got {
			want[i].Position = appended[i].Position
			if !reflect.DeepEqual(e, want[i]) {
				t.Errorf("%s\n got %+v\nwant %+v", name, e, want[i])
			}
		}
	}
}

func readsAfter(t *testing.T, l LogUnderTest) {
	s := newStream()
	mustAppend(t, l.Log, write(s, 0, ports(3)...))
	for after, want := range map[int]int{-1: 3, 0: 3, 1: 2, 3: 0, 9: 0} {
		if got := mustRead(t, l.Log, s, after); len(got) != want {
			t.Errorf("read after %d: %d events, want %d", after, len(got), want)
		}
	}
	if got := mustRead(t, l.Log, newStream(), 0); len(got) != 0 {
		t.Errorf("an unknown stream has %d events", len(got))
	}
}

func refusedLeavesNothing(t *testing.T, l LogUnderTest) {
	held, full := newStream(), newStream()
	first := write(held, 0, ports(1)...)
	first.Claims = []commands.Claim{{Name: "held"}}
	first.Tallies = []commands.Tally{{Name: "full", Add: 2, Max: 2}}
	mustAppend(t, l.Log, first)
	for name, c := range map[string]struct {
		after int
		claim string
		tally string
		code  domain.Code
	}{
		"stale ahead":  {after: 1, claim: "free", tally: "open", code: domain.Stale},
		"claim taken":  {claim: "held", tally: "open", code: domain.Conflict},
		"tally full":   {claim: "free", tally: "full", code: domain.Quota},
		"stale behind": {after: -1, claim: "free", tally: "open", code: domain.Stale},
	} {
		w := write(full, c.after, ports(2)...)
		w.Claims = []commands.Claim{{Name: "other"}, {Name: c.claim}}
		w.Secrets = []commands.Secret{{Name: "secret", Value: []byte("s")}}
		w.Tallies = []commands.Tally{{Name: "innocent", Add: 1}, {Name: c.tally, Add: 1, Max: 2, Full: "it is full"}}
		wantCode(t, name, appendOnly(t, l.Log, w), c.code)
		if got := mustRead(t, l.Log, full, 0); len(got) != 0 {
			t.Errorf("%s: %d events left behind", name, len(got))
		}
		wantFree(t, l, "other")
		wantFree(t, l, "free")
		if _, err := l.Secrets.Secret(t.Context(), "secret"); domain.CodeOf(err) != domain.NotFound {
			t.Errorf("%s: a secret is left behind: %v", name, err)
		}
		wantTally(t, l.Log, "innocent", 0)
		wantTally(t, l.Log, "open", 0)
		wantTally(t, l.Log, "full", 2)
	}
}

func allOrNone(t *testing.T, l LogUnderTest) {
	a, b, c := newStream(), newStream(), newStream()
	mustAppend(t, l.Log, write(b, 0, ports(1)...))
	wantCode(t, "second write is stale", appendOnly(t, l.Log, write(a, 0, ports(1)...), write(b, 0, ports(1)...)), domain.Stale)
	if got := mustRead(t, l.Log, a, 0); len(got) != 0 {
		t.Errorf("the first write of a refused append left %d events", len(got))
	}
	appended := mustAppend(t, l.Log, write(a, 0, ports(2)...), write(c, 0, ports(1)...))
	if len(appended) != 3 || len(mustRead(t, l.Log, a, 0)) != 2 || len(mustRead(t, l.Log, c, 0)) != 1 {
		t.Errorf("append of two writes answers %+v", appended)
	}
}

func sameAgain(t *testing.T, l LogUnderTest) {
	a, b := newStream(), newStream()
	wa, wb := write(a, 0, ports(3)...), write(b, 0, ports(2)...)
	wa.Claims = []commands.Claim{{Name: "once"}}
	wa.Tallies = []commands.Tally{{Name: "counted", Add: 1, Max: 1}}
	first := mustAppend(t, l.Log, wa, wb)
	mustAppend(t, l.Log, write(a, 3, ports(1)...))
	for _, log := range []commands.Log{l.Log, l.Twin} {
		if again := mustAppend(t, log, wa, wb); !reflect.DeepEqual(again, first) {
			t.Errorf("appended again\n got %+v\nwant %+v", again, first)
		}
	}
	wantTally(t, l.Log, "counted", 1)
	if got := mustRead(t, l.Log, a, 0); len(got) != 4 {
		t.Errorf("stream has %d events, want 4", len(got))
	}
}

func sameAtOnce(t *testing.T, l LogUnderTest) {
	s := newStream()
	w := write(s, 0, ports(3)...)
	w.Tallies = []commands.Tally{{Name: "counted", Add: 1}}
	answers := make([][]domain.Envelope, 16)
	atOnce(len(answers), func(i int) {
		answers[i], _ = []commands.Log{l.Log, l.Twin}[i%2].Append(t.Context(), w)
	})
	for i, a := range answers {
		if len(a) != 3 || !reflect.DeepEqual(a, answers[0]) {
			t.Errorf("answer %d is %+v, the first one %+v", i, a, answers[0])
		}
	}
	wantTally(t, l.Log, "counted", 1)
}

type unknownEvent struct{}

func (unknownEvent) Kind() string { return "never.heard" }

func outsideCatalog(t *testing.T, l LogUnderTest) {
	s := newStream()
	if err := appendOnly(t, l.Log, write(s, 0, ports(1)[0], unknownEvent{})); err == nil {
		t.Error("an event that nobody could read again was appended")
	}
	if got := mustRead(t, l.Log, s, 0); len(got) != 0 {
		t.Errorf("%d events left behind", len(got))
	}
}

// oneWinsEachVersion lets 64 writers, on two instances, each append once to
// one stream, deciding anew whenever they are stale.
func oneWinsEachVersion(t *testing.T, l LogUnderTest) {
	const writers = 64
	s := newStream()
	var mu sync.Mutex
	winner := map[int]uuid.UUID{}
	atOnce(writers, func(i int) {
		log := []commands.Log{l.Log, l.Twin}[i%2]
		for range 10 * writers {
			history, err := log.Read(t.Context(), s, 0)
			if err != nil {
				t.Errorf("read: %v", err)
				return
			}
			w := write(s, len(history), ports(1)...)
			_, err = log.Append(t.Context(), w)
			if err == nil {
				mu.Lock()
				winner[w.After+1] = w.Events[0].ID
				mu.Unlock()
				return
			}
			if domain.CodeOf(err) != domain.Stale {
				t.Errorf("append: %v", err)
				return
			}
		}
	})
	history := mustRead(t, l.Log, s, 0)
	if len(history) != writers {
		t.Fatalf("%d events of %d writers", len(history), writers)
	}
	for i, e := range history {
		if e.Version != i+1 || e.ID != winner[i+1] {
			t.Errorf("version %d holds %s, but %s was told so", i+1, e.ID, winner[i+1])
		}
	}
}
