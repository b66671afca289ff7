package stream

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/scanledger/scanledger/adapters/failpoint"
)

// segmentBytes is when a file is full. Files are deleted as a whole.
const segmentBytes = 8 << 20

// segments is a queue of events in files: lines of a checksum and JSON. The
// newest file is written to, the oldest read. A file of an earlier run is never
// written to, since its last line may be torn.
type segments struct {
	dir   string
	limit int64 // bytes of all files

	waiting atomic.Int64 // bytes written and not done
	mu      sync.Mutex
	closed  bool
	files   []segment  // oldest first
	out     *os.File   // the newest, when it was made by this run and is not full
	full    []*os.File // were written to, and are not synced
	newest  int
	text    []byte     // is written
	wrote   mark       // the end of that
	recent  []recalled // what was written last, so that it need not be read
}

type segment struct {
	number     int
	size, done int64
}

// mark is a place in the oldest file.
type mark struct {
	file string
	end  int64
}

func openSegments(dir string, limit int64) (*segments, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	s := &segments{dir: dir, limit: limit}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		var number int
		if _, err := fmt.Sscanf(entry.Name(), "%d.spool", &number); err != nil || filepath.Base(s.name(number)) != entry.Name() {
			continue
		}
		info, err := entry.Info()
		if err != nil {
			return nil, err
		}
		s.files = append(s.files, segment{number: number, size: info.Size()})
		s.newest = max(s.newest, number)
		s.waiting.Add(info.Size())
	}
	slices.SortFunc(s.files, func(a, b segment) int { return a.number - b.number })
	return s, nil
}

func (s *segments) name(number int) string {
	return filepath.Join(s.dir, fmt.Sprintf("%012d.spool", number))
}

// bytes is how much waits to be sent.
func (s *segments) bytes() int64 { return s.waiting.Load() }

// refuse lets nothing be appended any more; false where that is so already.
func (s *segments) refuse() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.closed
	s.closed = true
	return !before
}

// append writes events, all or none of them.
func (s *segments) append(events []*spooled) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrSpoolClosed
	}
	text, ends := s.text[:0], make([]int, len(events))
	for i, e := range events {
		text = appendLine(text, e)
		ends[i] = len(text)
	}
	s.text = text
	if s.bytes()+int64(len(text)) > s.limit {
		return fmt.Errorf("the spool has reached its %d bytes", s.limit)
	}
	if err := s.write(text); err != nil {
		return err
	}
	s.recall(events, ends)
	return nil
}

// write puts text behind the newest file as a whole or not at all.
func (s *segments) write(text []byte) error {
	if s.out == nil {
		out, err := os.OpenFile(s.name(s.newest+1), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		s.newest++
		s.out, s.files = out, append(s.files, segment{number: s.newest})
	}
	last := &s.files[len(s.files)-1]
	if _, err := s.out.WriteAt(text, last.size); err != nil {
		return errors.Join(err, s.out.Truncate(last.size))
	}
	failpoint.Here(failpoint.SpoolSpilled)
	last.size += int64(len(text))
	s.waiting.Add(int64(len(text)))
	s.wrote = mark{file: s.name(last.number), end: last.size}
	if last.size >= segmentBytes {
		s.full, s.out = append(s.full, s.out), nil
	}
	return nil
}

// sync returns when everything appended so far is on the disk. Who appends does not wait
// for it.
func (s *segments) sync() error {
	s.mu.Lock()
	full, out := s.full, s.out
	s.full = nil
	s.mu.Unlock()
	if out == nil && full == nil {
		return nil
	}
	var faults []error
	for _, file := range full {
		faults = append(faults, file.Sync(), file.Close())
	}
	if out != nil {
		if err := out.Sync(); !errors.Is(err, os.ErrClosed) { // closed where it was taken away
			faults = append(faults, err)
		}
	}
	dir, err := os.Open(s.dir)
	if err == nil {
		err = errors.Join(dir.Sync(), dir.Close())
	}
	failpoint.Here(failpoint.SpoolSynced)
	return errors.Join(append(faults, err)...)
}

// next returns the oldest events, at most n and all of one file, where they
// end, and how many lines between could not be read. A file that has become
// shorter, or is gone, counts as one such line.
func (s *segments) next(n int) (events []*spooled, end mark, unread int, err error) {
	s.mu.Lock()
	if len(s.files) == 0 {
		s.mu.Unlock()
		return nil, mark{}, 0, nil
	}
	first := s.files[0]
	if events, end = s.recalled(first, n); len(events) > 0 {
		s.mu.Unlock()
		return events, end, 0, nil
	}
	s.mu.Unlock()
	end = mark{file: s.name(first.number), end: first.size}
	file, err := os.Open(end.file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, end, 1, nil
	}
	if err != nil {
		return nil, end, 0, err
	}
	defer func() { _ = file.Close() }()
	at := first.done
	lines := bufio.NewReader(io.NewSectionReader(file, at, first.size-at))
	for len(events) < n {
		text, err := lines.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return nil, end, 0, err
		}
		if len(text) == 0 {
			break
		}
		at += int64(len(text))
		if e, ok := parse(text); ok {
			events = append(events, e)
		} else {
			unread++
		}
	}
	if at == first.done {
		return nil, end, 1, nil
	}
	end.end = at
	return events, end, unread, nil
}

// done says that everything before a place was sent. A file that is sent is
// deleted; the one that is written to is emptied, and written to from its beginning.
func (s *segments) done(to mark) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.files) == 0 || s.name(s.files[0].number) != to.file {
		return nil
	}
	first := &s.files[0]
	s.waiting.Add(first.done - to.end)
	first.done = to.end
	if first.done < first.size {
		return nil
	}
	if len(s.files) == 1 && s.out != nil {
		if _, err := os.Stat(to.file); err == nil {
			first.size, first.done, s.recent = 0, 0, nil // what is recalled is of other places
			return s.out.Truncate(0)
		}
		_ = s.out.Close() // somebody has taken the file away: the next event begins another
		s.out = nil
	}
	s.files = s.files[1:]
	err := os.Remove(to.file)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return err
}

// close ends all; what waits stays for the next run.
func (s *segments) close() error {
	s.mu.Lock()
	last := len(s.files) - 1
	var err error
	if s.out != nil {
		if s.full = append(s.full, s.out); s.files[last].size == 0 {
			err = os.Remove(s.name(s.files[last].number))
		}
	}
	s.out, s.files = nil, nil // whoever is sending still has no say in them any more
	s.mu.Unlock()
	return errors.Join(err, s.sync())
}
