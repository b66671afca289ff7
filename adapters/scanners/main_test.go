package scanners

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// TestMain makes the test's own authority the system's only root, and looks
// for goroutines that tests leave behind.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "roots")
	if err == nil {
		err = trustTestAuthority(filepath.Join(dir, "roots.pem"))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) {
		os.RemoveAll(dir)
		os.Exit(code)
	}))
}
