// Package embedded runs the three engines of the one-machine default inside or
// beneath this process: a Kafka broker, a private Postgres server, and
// ClickHouse as a library. Each has one function that starts it; the code
// above the adapters reaches them by address, as it would real servers.
package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// ErrOwned says that another process runs the engines of this data folder:
// stop it, or reach its engines by the addresses that Published returns.
var ErrOwned = errors.New("another process owns the data folder")

// lockPatience outlasts a Published that is looking at the lock just now.
const lockPatience = 250 * time.Millisecond

// Owner holds a data folder. While it is open no other process can own it;
// the system lets go of it when the process dies, however it dies.
type Owner struct {
	dir  string
	lock *os.File
}

// Own makes this process the owner of dataDir, which is created if it is not
// there. The error is ErrOwned when another process, or another Owner in this
// one, holds it.
func Own(dataDir string) (*Owner, error) {
	if err := makeFolder(dataDir); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(filepath.Join(dataDir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of the data folder: %w", err)
	}
	for deadline := time.Now().Add(lockPatience); ; time.Sleep(lockPatience / 25) {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(deadline) {
			break
		}
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		err = ErrOwned
	}
	if err == nil {
		err = os.RemoveAll(enginesFile(dataDir))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("own %s: %w", dataDir, err), lock.Close())
	}
	return &Owner{dir: dataDir, lock: lock}, nil
}

// Close takes back what was published and lets go of the folder.
func (o *Owner) Close() error {
	return errors.Join(os.RemoveAll(enginesFile(o.dir)), o.lock.Close())
}

// owned reports whether some process owns dataDir.
func owned(dataDir string) (bool, error) {
	lock, err := os.Open(filepath.Join(dataDir, "lock"))
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at the lock of the data folder: %w", err)
	}
	defer lock.Close()
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return true, nil
	}
	return false, err
}

// makeFolder creates a data folder that nobody else can list. Root's can be
// passed through, because root's Postgres runs as somebody else.
func makeFolder(dir string) error {
	if _, err := os.Stat(dir); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	mode := os.FileMode(0o700)
	if os.Geteuid() == 0 {
		mode = 0o711
	}
	if err := os.Mkdir(dir, mode); err != nil && !errors.Is(err, os.ErrExist) {
		return fmt.Errorf("make the data folder: %w", err)
	}
	return os.Chmod(dir, mode)
}
