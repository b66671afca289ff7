package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Share is a folder within a data folder that one of the processes on it has
// for itself.
type Share struct {
	Dir  string
	lock *os.File
}

// maxShares is how many processes are looked for on one data folder.
const maxShares = 1000

// TakeShare takes one of the folders NAME, NAME-2, … that no other process has:
// the first in which somebody who is gone has left something, else the first. It
// is held until Close, or until the process ends. The folder itself may not be
// there yet.
func TakeShare(dataDir, name string) (*Share, error) {
	if err := makeFolder(dataDir); err != nil {
		return nil, err
	}
	var free *Share
	for n := 1; n <= maxShares; n++ {
		dir := filepath.Join(dataDir, name)
		if n > 1 {
			dir = fmt.Sprintf("%s-%d", dir, n)
		}
		_, err := os.Stat(dir + ".lock")
		if isNew := errors.Is(err, os.ErrNotExist); isNew && free != nil {
			return free, nil // nobody has been further
		}
		s, err := takeShare(dir)
		if err != nil {
			return nil, errors.Join(err, free.Close())
		}
		if s == nil {
			continue
		}
		if left, err := os.ReadDir(dir); err == nil && len(left) > 0 {
			return s, free.Close()
		}
		if free == nil {
			free = s
		} else if err := s.Close(); err != nil {
			return nil, errors.Join(err, free.Close())
		}
	}
	if free == nil {
		return nil, fmt.Errorf("%d processes have a folder %s in %s", maxShares, name, dataDir)
	}
	return free, nil
}

// takeShare returns nil for a folder that somebody has.
func takeShare(dir string) (*Share, error) {
	lock, err := os.OpenFile(dir+".lock", os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock of %s: %w", dir, err)
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, lock.Close()
	case err != nil:
		return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), lock.Close())
	}
	return &Share{dir, lock}, nil
}

// Close lets go of the folder. It is nothing for nil.
func (s *Share) Close() error {
	if s == nil {
		return nil
	}
	return s.lock.Close()
}
