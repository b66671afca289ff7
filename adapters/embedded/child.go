package embedded

import (
	"os"
	"os/exec"
	"runtime"
)

// child is a process that was started and is waited for.
type child struct {
	process *os.Process
	exited  chan struct{} // closed when it has ended, after err is set
	err     error
}

// startChild starts cmd and waits for it on one thread that lives as long as
// the child does: the signal that a child gets at its parent's death is sent
// at the death of the thread that started it.
func startChild(cmd *exec.Cmd) (*child, error) {
	c := &child{exited: make(chan struct{})}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		c.process = cmd.Process
		started <- err
		if err == nil {
			c.err = cmd.Wait()
			close(c.exited)
		}
	}()
	return c, <-started
}
