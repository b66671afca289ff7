package scanners

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// maxFile bounds a file of the operator, in bytes.
const maxFile = 256 << 20

// File is a file of the operator that is read again when it has changed. It
// is safe for concurrent use.
type File[T any] struct {
	Path string
	Read func(raw []byte, modified time.Time) (T, error)

	mu       sync.Mutex
	modified time.Time
	size     int64
	value    T
	fault    error // of what was read last
}

// Get returns what the file holds now; with an error, what it held when it
// could be read last. What is no list is not read again before it has changed.
func (f *File[T]) Get() (T, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.Path)
	if err != nil {
		return f.value, err
	}
	if info.ModTime().Equal(f.modified) && info.Size() == f.size {
		return f.value, f.fault
	}
	raw, err := readFile(f.Path)
	if err != nil {
		return f.value, err
	}
	f.modified, f.size, f.fault = info.ModTime(), info.Size(), nil
	value, err := f.Read(raw, info.ModTime())
	if err != nil {
		f.fault = fmt.Errorf("%s: %w", f.Path, err)
		return f.value, f.fault
	}
	f.value = value
	return value, nil
}

func readFile(path string) ([]byte, error) {
	from, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer from.Close()
	raw, err := io.ReadAll(io.LimitReader(from, maxFile+1))
	if err == nil && len(raw) > maxFile {
		err = fmt.Errorf("%s is longer than %d bytes", path, maxFile)
	}
	return raw, err
}
