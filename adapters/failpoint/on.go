//go:build failpoint

package failpoint

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// setting is where the process learns at which step it is to die.
const setting = "FP"

// plan is the step to die at, and how often it is passed before.
type plan struct {
	step Step // last for none
	left atomic.Int64
}

var planned = sync.OnceValue(func() *plan {
	p, err := parse(os.Getenv(setting))
	if err != nil {
		panic(err)
	}
	return p
})

// parse reads STEP:N. A name that is not on the list would never be reached.
func parse(text string) (*plan, error) {
	p := &plan{step: last}
	if text == "" {
		return p, nil
	}
	name, times, _ := strings.Cut(text, ":")
	n, err := strconv.Atoi(times)
	i := slices.IndexFunc(Steps[:], func(s struct{ Name, Says string }) bool { return s.Name == name })
	if err != nil || n < 1 || i < 0 {
		return nil, fmt.Errorf("%s=%s: not STEP:N with a step of the list and N from 1", setting, text)
	}
	p.step = Step(i)
	p.left.Store(int64(n))
	return p, nil
}

// Here marks a step. It does not return when the process is to die there.
func Here(s Step) {
	if p := planned(); p.step != s || p.left.Add(-1) != 0 {
		return
	}
	fmt.Fprintf(os.Stderr, "failpoint %s\n", s)
	_ = syscall.Kill(syscall.Getpid(), syscall.SIGKILL)
	select {} // until the signal is there
}

// Armed says whether the process is to die at a step. It is for the few places
// that exist only between two statements that otherwise go out as one.
func Armed(s Step) bool { return planned().step == s }
