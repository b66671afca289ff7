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
}

// Get returns what the file holds now; with an error, what it held when it
// could be read last.
func (f *File[T]) Get() (T, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.Path)
	if err != nil {
		return f.value, err
	}
	if info.ModTime().Equal(f.modified) && info.Size() == f.size {
		return f.value, nil
	}
	raw, err := readFile(f.Path)
	if err != nil {
		return f.value, err
	}
	value, err := f.Read(raw, info.ModTime())
	if err != nil {
		return f.value, fmt.Errorf("%s: %w", f.Path, err)
	}
	f.value, f.modified, f.size = value, info.ModTime(), info.Size()
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
