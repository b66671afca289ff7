package argon2id

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func hash(t *testing.T, h *Hasher, password string) string {
	t.Helper()
	phc, err := h.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return phc
}

// TestCheck takes every character of a password into account, however long it
// is, and no password for nobody's.
func TestCheck(t *testing.T) {
	h := New()
	long := strings.Repeat("ü", 255)
	of := hash(t, h, long+"a")
	if !strings.HasPrefix(of, "$argon2id$v=19$m=47104,t=1,p=1$") || of == hash(t, h, long+"a") {
		t.Errorf("hash %q", of)
	}
	for password, want := range map[string]bool{long + "a": true, long + "b": false, long: false, long + "a ": false, "": false} {
		if fits, outdated, err := h.Check(t.Context(), of, password); fits != want || outdated || err != nil {
			t.Errorf("%.12q… of %d characters: %t, %t, %v", password, utf8.RuneCountInString(password), fits, outdated, err)
		}
	}
	for _, nobodys := range []string{"", "x", of[:len(of)-1], strings.Replace(of, "argon2id", "argon2i", 1), strings.Replace(of, "v=19", "v=16", 1),
		strings.Replace(of, "m=47104", "m=999999999", 1), strings.Replace(of, "t=1", "t=0", 1), strings.Replace(of, "p=1", "p=0", 1), "$argon2id$v=19$m=1,t=1$$", "$$$$$"} {
		if fits, _, err := h.Check(t.Context(), nobodys, ""); fits || err != nil {
			t.Errorf("%q fits: %v", nobodys, err)
		}
	}
}

// TestOutdated knows a hash that was made with other parameters.
func TestOutdated(t *testing.T) {
	h, former := New(), parameters{memory: 19 * 1024, passes: 2, lanes: 1}
	salt := []byte("0123456789abcdef")
	sum, err := h.sum(t.Context(), former, "correct horse", salt)
	if err != nil {
		t.Fatal(err)
	}
	if fits, outdated, err := h.Check(t.Context(), former.phc(salt, sum), "correct horse"); !fits || !outdated || err != nil {
		t.Errorf("%t, %t, %v", fits, outdated, err)
	}
	if fits, outdated, _ := h.Check(t.Context(), former.phc(salt, sum), "wrong horse"); fits || outdated {
		t.Errorf("a wrong password: %t, %t", fits, outdated)
	}
}

// TestQueue lets no more in than may wait, and those that are let in get their
// turn.
func TestQueue(t *testing.T) {
	h := &Hasher{waiting: make(chan struct{}, 3), working: make(chan struct{}, 1)}
	h.working <- struct{}{} // somebody works
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if _, err := h.Hash(t.Context(), "correct horse"); err != nil {
				t.Errorf("one that waits: %v", err)
			}
		})
	}
	for len(h.waiting) < 3 {
		runtime.Gosched()
	}
	_, _, err := h.Check(t.Context(), "", "correct horse")
	if domain.CodeOf(err) != domain.Unavailable {
		t.Errorf("one too many: %v", err)
	}
	<-h.working
	wg.Wait()
	h.working <- struct{}{}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Hash(ctx, "correct horse"); err == nil {
		t.Error("who has gone is served")
	}
	<-h.working
}

// TestCommon knows the passwords that are tried first.
func TestCommon(t *testing.T) {
	if len(common) != 3000 {
		t.Errorf("%d passwords", len(common))
	}
	for p := range common {
		if len(p) < 8 || p != strings.ToLower(p) {
			t.Errorf("%q can never be found", p)
		}
	}
	h := New()
	for password, want := range map[string]bool{"password": true, "PassWord123": true, "12345678": true, "correct horse battery": false, "secure_password123!": false, "": false} {
		if h.Common(password) != want {
			t.Errorf("%q: %t", password, !want)
		}
	}
}
