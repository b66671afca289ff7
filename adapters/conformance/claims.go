package conformance

import (
	"errors"
	"sync/atomic"
	"testing"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

func claiming(s domain.Stream, after int, claims ...commands.Claim) commands.Write {
	w := write(s, after, ports(1)...)
	w.Claims = claims
	return w
}

func claimHeldOnce(t *testing.T, l LogUnderTest) {
	a, b := newStream(), newStream()
	mustAppend(t, l.Log, claiming(a, 0, commands.Claim{Name: "name"}))
	wantHolder(t, l, "name", a)
	wantExisting(t, appendOnly(t, l.Twin, claiming(b, 0, commands.Claim{Name: "name"})), a)
	mustAppend(t, l.Log, claiming(a, 1, commands.Claim{Name: "name"}))
	wantHolder(t, l, "name", a)
	wantExisting(t, appendOnly(t, l.Log, claiming(b, 0, commands.Claim{Name: "own"}), claiming(newStream(), 0, commands.Claim{Name: "own"})), b)
	wantFree(t, l, "own")
}

func optionalClaim(t *testing.T, l LogUnderTest) {
	a, b, c := newStream(), newStream(), newStream()
	optional := commands.Claim{Name: "name", Optional: true}
	mustAppend(t, l.Log, claiming(a, 0, optional))
	wantHolder(t, l, "name", a)
	mustAppend(t, l.Log, claiming(b, 0, optional))
	wantHolder(t, l, "name", a)
	wantExisting(t, appendOnly(t, l.Log, claiming(c, 0, commands.Claim{Name: "name"})), a)
}

func releasedByHolder(t *testing.T, l LogUnderTest) {
	a, b := newStream(), newStream()
	mustAppend(t, l.Log, claiming(a, 0, commands.Claim{Name: "name"}))
	w := write(b, 0, ports(1)...)
	w.Release = []string{"name", "nobody's"}
	mustAppend(t, l.Log, w)
	wantHolder(t, l, "name", a)
	w = write(a, 1, ports(1)...)
	w.Release = []string{"name"}
	mustAppend(t, l.Log, w)
	wantFree(t, l, "name")
	mustAppend(t, l.Log, claiming(b, 1, commands.Claim{Name: "name"}))
	wantHolder(t, l, "name", b)
}

// claimFollowsOrder takes a name and frees it without waiting in between: when
// both are accepted, the name is free.
func claimFollowsOrder(t *testing.T, l LogUnderTest) {
	for range 20 {
		a := newStream()
		take, free := claiming(a, 0, commands.Claim{Name: "name"}), write(a, 1, ports(1)...)
		free.Release = []string{"name"}
		errs := make([]error, 2)
		atOnce(2, func(i int) { errs[i] = appendOnly(t, l.Log, []commands.Write{take, free}[i]) })
		wantCode(t, "take", errs[0], "")
		if errs[1] != nil {
			wantHolder(t, l, "name", a)
			mustAppend(t, l.Log, free)
		}
		wantFree(t, l, "name")
	}
}

func tallyExact(t *testing.T, l LogUnderTest) {
	add := func(n, limit int) error {
		w := write(newStream(), 0, ports(1)...)
		w.Tallies = []commands.Tally{{Name: "tally", Add: n, Max: limit, Full: "no more"}}
		return appendOnly(t, l.Log, w)
	}
	for _, c := range []struct {
		add, limit int
		code       domain.Code
		then       int
	}{
		{2, 3, "", 2},
		{2, 3, domain.Quota, 2},
		{1, 3, "", 3},
		{1, 3, domain.Quota, 3},
		{4, 0, "", 7},
		{1, 3, domain.Quota, 7},
		{-1, 3, "", 6},
		{-9, 3, "", 0},
		{3, 3, "", 3},
	} {
		err := add(c.add, c.limit)
		wantCode(t, "tally", err, c.code)
		if err != nil && err.Error() != "no more" {
			t.Errorf("a full tally says %q", err)
		}
		wantTally(t, l.Log, "tally", c.then)
	}
}

func tallyWithinAppend(t *testing.T, l LogUnderTest) {
	a, b := write(newStream(), 0, ports(1)...), write(newStream(), 0, ports(1)...)
	a.Tallies = []commands.Tally{{Name: "tally", Add: 1, Max: 1}}
	b.Tallies = a.Tallies
	wantCode(t, "two of one", appendOnly(t, l.Log, a, b), domain.Quota)
	wantTally(t, l.Log, "tally", 0)
}

func oneWinsClaim(t *testing.T, l LogUnderTest) {
	const writers = 64
	streams, errs := make([]domain.Stream, writers), make([]error, writers)
	atOnce(writers, func(i int) {
		streams[i] = newStream()
		errs[i] = appendOnly(t, []commands.Log{l.Log, l.Twin}[i%2], claiming(streams[i], 0, commands.Claim{Name: "name"}))
	})
	holder, err := l.Secrets.Claimed(t.Context(), "name")
	if err != nil {
		t.Fatalf("nobody won: %v", err)
	}
	for i, err := range errs {
		if streams[i] == holder {
			wantCode(t, "the winner", err, "")
			continue
		}
		wantExisting(t, err, holder)
		if got := mustRead(t, l.Log, streams[i], 0); len(got) != 0 {
			t.Errorf("a loser left %d events", len(got))
		}
	}
}

func manyFillTally(t *testing.T, l LogUnderTest) {
	const writers, room = 64, 10
	var won atomic.Int32
	atOnce(writers, func(i int) {
		w := write(newStream(), 0, ports(1)...)
		w.Tallies = []commands.Tally{{Name: "tally", Add: 1, Max: room}}
		err := appendOnly(t, []commands.Log{l.Log, l.Twin}[i%2], w)
		if err == nil {
			won.Add(1)
		} else if domain.CodeOf(err) != domain.Quota {
			t.Errorf("append: %v", err)
		}
	})
	if won.Load() != room {
		t.Errorf("%d of %d got in where there is room for %d", won.Load(), writers, room)
	}
	wantTally(t, l.Log, "tally", room)
}

func wantFree(t *testing.T, l LogUnderTest, name string) {
	t.Helper()
	if s, err := l.Secrets.Claimed(t.Context(), name); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("claim %q is held by %q (%v), want it free", name, s, err)
	}
}

func wantHolder(t *testing.T, l LogUnderTest, name string, want domain.Stream) {
	t.Helper()
	if s, err := l.Secrets.Claimed(t.Context(), name); err != nil || s != want {
		t.Errorf("claim %q is held by %q (%v), want %q", name, s, err, want)
	}
}

func wantExisting(t *testing.T, err error, want domain.Stream) {
	t.Helper()
	var e *domain.Error
	if !errors.As(err, &e) || e.Code != domain.Conflict || e.Existing != want {
		t.Errorf("got %v, want a conflict with %s", err, want)
	}
}

// wantTally reads a tally by what it still lets in.
func wantTally(t *testing.T, log commands.Log, name string, want int) {
	t.Helper()
	try := func(add, limit int) error {
		w := write(newStream(), 0, ports(1)...)
		w.Tallies = []commands.Tally{{Name: name, Add: add, Max: limit}}
		return appendOnly(t, log, w)
	}
	if want > 0 {
		if err := try(1, want); domain.CodeOf(err) != domain.Quota {
			t.Errorf("tally %q is below %d: %v", name, want, err)
		}
	}
	if err := try(1, want+1); err != nil {
		t.Errorf("tally %q is above %d: %v", name, want, err)
		return
	}
	if err := try(-1, 0); err != nil {
		t.Errorf("tally %q: %v", name, err)
	}
}
