package embedded

import (
	"os"
	"path/filepath"
	"testing"
)

// TestShares: each process has a folder of its own, and what one of them has left
// is the next one's.
func TestShares(t *testing.T) {
	dir := t.TempDir()
	take := func(want string) *Share {
		t.Helper()
		s, err := TakeShare(dir, "spool")
		if err != nil {
			t.Fatal(err)
		}
		if got := filepath.Base(s.Dir); got != want {
			t.Errorf("took %s, want %s", got, want)
		}
		return s
	}
	leave := func(s *Share) {
		t.Helper()
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	first, second, third := take("spool"), take("spool-2"), take("spool-3")
	leave(second)
	again := take("spool-2")
	if err := os.MkdirAll(third.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(third.Dir, "left"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	leave(first)
	leave(again)
	leave(third)
	third = take("spool-3") // something is left there
	first, second = take("spool"), take("spool-2")
	for _, s := range []*Share{first, second, third} {
		leave(s)
	}
}
