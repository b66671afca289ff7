package scanners_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// TestFile reads a file again when it has changed and not before, also one that
// cannot be understood, and keeps what it held.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	reads, wrong := 0, errors.New("wrong")
	f := &scanners.File[string]{Path: path, Read: func(raw []byte, _ time.Time) (string, error) {
		if reads++; len(raw) == 3 {
			return "", wrong
		}
		return string(raw), nil
	}}
	for n, step := range []struct {
		write, want string
		fault       error
		reads       int
	}{
		{"a", "a", nil, 1}, {"", "a", nil, 1}, {"bad", "a", wrong, 2}, {"", "a", wrong, 2}, {"good", "good", nil, 3}, {"", "good", nil, 3},
	} {
		if step.write != "" {
			write(step.write)
		}
		got, err := f.Get()
		if got != step.want || !errors.Is(err, step.fault) || reads != step.reads {
			t.Errorf("step %d: %q, %v after %d reads; want %+v", n, got, err, reads, step)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Get(); got != "good" || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without the file: %q, %v", got, err)
	}
}
