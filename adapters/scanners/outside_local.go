package scanners

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

var _ Outside = (*Local)(nil)

// What a tool that is a program here may take, beside the time of its probe.
const (
	localMemory = 1 << 30  // bytes that it has for itself
	localDisk   = 32 << 20 // bytes of files in its home
	mostSaid    = 16 << 20 // bytes of its standard output
	mostReport  = 16 << 20 // bytes of its report
	mostLine    = 64 << 10 // bytes of one line of them
)

// Local is a tool that is a program here. It runs in a room of its own that
// shares our network, with arguments that no shell sees, and is killed with all that
// it started at the end of Follow, when it says or takes too much, and at once when
// the context ends.
type Local struct {
	Path string
	Args []string // the report's place among them is ReportFile
	// Line takes each line of its standard output, as it comes. An error ends the run. Nil
	// for nobody.
	Line func(to *Sight, line string) error
	// Report reads what the tool writes to ReportFile, as it comes. A report that breaks off is
	// its error: io.ErrUnexpectedEOF. Nil where there is none.
	Report func(to *Sight, r io.Reader) error
	// Errors says that its standard error is for Line too, as some tell their progress there.
	Errors bool
}

// ReportFile is the path of a Local's report for its arguments: a pipe, so that
// nothing of it lies on a disk.
const ReportFile = "/dev/fd/3"

// Stop implements Outside. Follow leaves nothing behind.
func (*Local) Stop(context.Context) error { return nil }

// Follow implements Outside.
func (l *Local) Follow(ctx context.Context, to *Sight) (err error) {
	room, err := NewRoom(OurNetwork)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, room.Close()) }()
	own, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	child := Child{Path: l.Path, Args: l.Args, Memory: localMemory, Disk: localDisk}
	said, saying, err := room.Pipe()
	if err != nil {
		return err
	}
	report, reporting, err := room.Pipe()
	if err != nil {
		return errors.Join(err, said.Close(), saying.Close())
	}
	child.Output, child.Errors, child.Files = saying, l.Errors, []*os.File{reporting}
	process, err := room.Start(own, child)
	saying.Close()
	reporting.Close()
	if err != nil {
		return errors.Join(err, said.Close(), report.Close())
	}
	var readers sync.WaitGroup
	var lines, document error
	readers.Go(func() {
		lines = read(Bounded(said, mostSaid), stop, func(r io.Reader) error { return l.lines(to, r) })
	})
	readers.Go(func() {
		document = read(Bounded(report, mostReport), stop, func(r io.Reader) error { return l.report(to, r) })
	})
	<-process.Done
	for _, pipe := range []*os.File{said, report} { // what has left the group still holds them
		pipe.SetReadDeadline(time.Now().Add(goodbye)) // one that is closed has been read
	}
	readers.Wait()
	return verdict(ctx, own, process.Err(), lines, document)
}

// verdict is why a run has ended, the first cause first.
func verdict(ctx, own context.Context, ended, lines, document error) error {
	switch cause := context.Cause(own); {
	case ctx.Err() != nil:
		return ctx.Err()
	case cause != nil:
		return cause
	case ended != nil:
		return ended
	default:
		return errors.Join(lines, document)
	}
}

// read has a reader read a pipe to its end. A child that has too much to tell is
// stopped, and so is one that nobody understands.
func read(pipe io.ReadCloser, stop context.CancelCauseFunc, by func(io.Reader) error) error {
	defer pipe.Close()
	err := by(pipe)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("its report breaks off: %w", err)
	case err != nil:
		stop(err)
		return err
	}
	if _, rest := io.Copy(io.Discard, pipe); rest != nil {
		stop(rest)
		return rest
	}
	return err
}

func (l *Local) lines(to *Sight, r io.Reader) error {
	if l.Line == nil {
		return nil
	}
	s := bufio.NewScanner(r)
	s.Buffer(nil, mostLine)
	for s.Scan() {
		if err := l.Line(to, s.Text()); err != nil {
			return err
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return ErrFlood
	}
	return s.Err()
}

func (l *Local) report(to *Sight, r io.Reader) error {
	if l.Report == nil {
		return nil
	}
	return l.Report(to, r)
}

// Bounded is a reader of which no more than so many bytes are read: then it is
// ErrFlood.
func Bounded(r io.ReadCloser, most int) io.ReadCloser { return &bounded{r, most} }

type bounded struct {
	io.ReadCloser
	left int
}

// Read implements io.Reader.
func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, ErrFlood
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}
