package scanners

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// program is where a program is: at the path that is set, else on PATH by the
// first of its names that is there.
func program(path string, names ...string) (string, error) {
	if path != "" {
		names = []string{path}
	}
	for _, name := range names {
		if found, err := exec.LookPath(name); err == nil {
			return found, nil
		}
	}
	return "", errors.New("not installed")
}

// Why a child was killed that took too much.
var (
	ErrMemory = errors.New("it took more memory than it may have")
	ErrDisk   = errors.New("it wrote more to the disk than it may")
)

// goodbye is how long what a dead child started may take to go too.
const goodbye = 2 * time.Second

// Network is which network the children of a room have.
type Network int

// The networks.
const (
	// OwnNetwork has nothing in it but what Listen opens, where the system lets us
	// make one (Linux, as root); else it is ours.
	OwnNetwork Network = iota
	// OurNetwork is for children that reach the target themselves, at an address
	// that the guard has checked and that they are given instead of a name.
	OurNetwork
)

// Room is where child processes of one probe run: they have a home folder of
// its own, none of our environment, and none of root's rights, for as root they
// run as nobody.
type Room struct {
	Home    string // their working directory and their place for temporary files
	account account
	network *os.File // nil when they share ours
}

// NewRoom makes a room. The caller closes it when all of its children have ended.
func NewRoom(n Network) (*Room, error) {
	a, err := chooseAccount()
	if err != nil {
		return nil, err
	}
	home, err := os.MkdirTemp("", "scanledger-child-")
	if err != nil {
		return nil, err
	}
	r := &Room{Home: home, account: a}
	if err := a.own(home); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	if n == OurNetwork {
		return r, nil
	}
	if r.network, err = ownNetwork(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Pipe is a pipe whose write end the room's children may open by the name that
// it has for them, /dev/fd/3 if it is the first of a child's Files. The caller
// closes both ends.
func (r *Room) Pipe() (read, write *os.File, err error) {
	if read, write, err = os.Pipe(); err != nil {
		return nil, nil, err
	}
	if err := r.account.ownFile(write); err != nil {
		return nil, nil, errors.Join(err, read.Close(), write.Close())
	}
	return read, write, nil
}

// Listen opens a free TCP port of the loopback address that the room's
// children can reach.
func (r *Room) Listen() (l net.Listener, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err = r.enter(); err == nil {
			l, err = net.Listen("tcp4", "127.0.0.1:0")
		}
	}()
	<-done
	return l, err
}

// enter moves the calling goroutine, which ends in it, into the room's network.
func (r *Room) enter() error {
	runtime.LockOSThread() // for good: a thread of another network ends with its goroutine
	if r.network == nil {
		return nil
	}
	return joinNetwork(r.network)
}

// Close removes the home folder.
func (r *Room) Close() error {
	if r.network != nil {
		r.network.Close()
	}
	var err error
	for range 20 { // what was killed a moment ago may still write
		if err = os.RemoveAll(r.Home); err == nil {
			return nil
		}
		time.Sleep(goodbye / 20)
	}
	return err
}

// Child is a program and its arguments, which no shell sees.
type Child struct {
	Path   string
	Args   []string
	Output *os.File   // its standard output; nil for what Said tells, as its standard error is
	Errors bool       // whether its standard error goes to Output too
	Files  []*os.File // its descriptors from 3 on; the caller closes its own
	Memory int64      // bytes that it and all that it starts may have for themselves; 0 for any number
	Disk   int64      // bytes that it may leave in its home; 0 for any number
}

// Process is a child that was started. It is killed, with all that it started,
// when the context of Start ends, when it takes too much memory or disk, and when this
// program dies (on Linux).
type Process struct {
	Done chan struct{} // closed when it has ended
	cmd  *exec.Cmd
	said tail
	why  error
	err  error
}

// Start starts a child in the room.
func (r *Room) Start(ctx context.Context, c Child) (*Process, error) {
	p := &Process{Done: make(chan struct{}), cmd: exec.Command(c.Path, c.Args...)}
	p.cmd.Dir = r.Home
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.Home, "TMPDIR=" + r.Home, "LC_ALL=C.UTF-8", "TZ=UTC"}
	p.cmd.ExtraFiles = c.Files
	p.cmd.Stdout, p.cmd.Stderr = &p.said, &p.said
	if c.Output != nil {
		p.cmd.Stdout = c.Output
	}
	if c.Output != nil && c.Errors {
		p.cmd.Stderr = c.Output
	}
	p.cmd.WaitDelay = goodbye
	r.account.prepare(p.cmd)
	started := make(chan error)
	ended := make(chan error, 1)
	go func() {
		// On one thread that lives as long as the child does: the signal that it
		// gets at its parent's death is sent at the death of the starting thread.
		err := r.enter()
		if err == nil {
			err = p.cmd.Start()
		}
		started <- err
		if err == nil {
			ended <- p.cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return nil, err
	}
	go p.watch(ctx, c, ended)
	return p, nil
}

// watch waits for the child's end, or brings it about.
func (p *Process) watch(ctx context.Context, c Child, ended <-chan error) {
	defer close(p.Done)
	group := p.cmd.Process.Pid
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	over := ctx.Done()
	for {
		select {
		case p.err = <-ended:
			killGroup(group)
			return
		case <-over:
			over = nil
			if p.why == nil {
				p.why = ctx.Err()
			}
			killGroup(group)
		case <-tick.C:
			if p.why != nil {
				continue
			}
			if p.why = c.tooMuch(group, p.cmd.Dir); p.why != nil {
				killGroup(group)
			}
		}
	}
}

// tooMuch is why a child that takes too much is to be killed; nil for one that
// does not.
func (c Child) tooMuch(group int, home string) error {
	switch {
	case c.Memory > 0 && memoryOf(group) > c.Memory:
		return ErrMemory
	case c.Disk > 0 && sizeOf(home) > c.Disk:
		return ErrDisk
	default:
		return nil
	}
}

// sizeOf is how many bytes the files below a folder have. What goes away while it
// looks has none.
func sizeOf(dir string) (sum int64) {
	filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			sum += info.Size()
		}
		return nil
	})
	return sum
}

// Err says, once Done is closed, why the child ended: with ErrMemory or ErrDisk, with
// the error of the context, or with its own exit and the last that it said. It is nil
// when it ended well.
func (p *Process) Err() error {
	switch {
	case p.why != nil:
		return p.why
	case p.err == nil:
		return nil
	default:
		return fmt.Errorf("%w: %s", p.err, p.said.last())
	}
}

// Said is, once Done is closed, the last that the child said.
func (p *Process) Said() string { return string(p.said.kept) }

// tail keeps the last of what is written to it.
type tail struct{ kept []byte }

const tailSize = 4 << 10

// Write implements io.Writer. It is called by one goroutine: standard output
// and error are one writer.
func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - tailSize; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(p), nil
}

// last is the last line that says something.
func (t *tail) last() string {
	lines := strings.Split(strings.TrimSpace(string(t.kept)), "\n")
	return lines[len(lines)-1]
}
