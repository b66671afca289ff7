//go:build failpoint

package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"syscall"
	"testing"
	"time"
)

// fleet is several processes of one installation: the first has the engines
// and the relay, the others take commands or run probes.
type fleet struct {
	*lane
	processes []*program
	addresses []string
	arguments [][]string
}

// newFleet starts n processes of each kind on a lane's folder.
func newFleet(t *testing.T, n int) *fleet {
	t.Helper()
	f := &fleet{lane: newLane(t)}
	f.add(t, f.lane.address, []string{"--roles", "relay,project,count"})
	f.enter(t)
	for range n {
		for _, roles := range []string{"api", "scan"} {
			address := freeAddress(t)
			f.add(t, address, []string{"--roles", roles, "--addr", address})
		}
	}
	return f
}

func (f *fleet) add(t *testing.T, address string, more []string) {
	t.Helper()
	f.processes, f.addresses, f.arguments = append(f.processes, nil), append(f.addresses, address), append(f.arguments, more)
	f.restart(t, len(f.processes)-1)
}

// restart starts a process again and waits until it is ready.
func (f *fleet) restart(t *testing.T, i int) {
	t.Helper()
	l := &lane{dir: f.dir, address: f.addresses[i], options: append(slices.Clone(f.options), f.arguments[i]...)}
	f.processes[i] = l.start(t, "")
	if !l.ready(t, f.processes[i]) {
		t.Fatal("a process does not start")
	}
}

// apis are where commands are taken.
func (f *fleet) apis() (list []string) {
	for i, address := range f.addresses {
		if slices.Contains(f.arguments[i], "api") {
			list = append(list, address)
		}
	}
	return list
}

// TestFaultRandomKills kills any process but the one with the engines, one
// after another, while commands come in and probes run.
func TestFaultRandomKills(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	chance := rand.New(rand.NewPCG(uint64(howMany(t, seedSetting, 1)), 13))
	b := f.load(t, 1, uint64(howMany(t, seedSetting, 1)), f.apis()...)
	kills := 4 * howMany(t, seedsSetting, 3) / 3
	for range kills {
		b.more(t, 5+chance.IntN(10))
		i := 1 + chance.IntN(len(f.processes)-1)
		f.processes[i].kill()
		f.restart(t, i)
	}
	b.stop()
	f.report(t, fmt.Sprintf("random kill -9, %d times", kills), time.Now())
}

// TestFaultRollingRestart ends one process after another with SIGTERM while
// commands come in. A client that finds nobody goes to the next address; one
// that was let in gets its answer, and none is refused.
func TestFaultRollingRestart(t *testing.T) {
	t.Parallel()
	f := newFleet(t, 2)
	b := f.load(t, 1, uint64(howMany(t, seedSetting, 1)), f.apis()...)
	for i := 1; i < len(f.processes); i++ {
		b.more(t, 5)
		if err := f.processes[i].cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		select {
		case <-f.processes[i].ended:
		case <-time.After(time.Minute):
			t.Fatal("it does not end")
		}
		if code := f.processes[i].cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("after SIGTERM a process ends with %v", f.processes[i].cmd.ProcessState)
		}
		b.more(t, 3)
		f.restart(t, i)
	}
	b.stop()
	for _, e := range f.journal {
		if !e.acknowledged() && e.status != 0 && (e.what != "cancel" || e.status >= 500) { // a scan may have ended before it was cancelled
			t.Errorf("%s was answered with %d during a restart", e.what, e.status)
		}
	}
	f.unanswered(t)
	f.report(t, "rolling restart", time.Now())
}

// unanswered checks that what got no answer was not done: nobody had taken it.
func (f *fleet) unanswered(t *testing.T) {
	t.Helper()
	db := connect(t, f.options, f.dir)
	n := 0
	for _, e := range f.journal {
		if e.status != 0 {
			continue
		}
		n++
		var done int
		if err := db.QueryRow(t.Context(), "SELECT count(*) FROM events WHERE cause = $1", e.id).Scan(&done); err != nil {
			t.Fatal(err)
		}
		if done > 0 {
			t.Errorf("%s %s was done and got no answer", e.what, e.id)
		}
	}
	fmt.Printf("fault rolling restart: %d commands, %d found nobody\n", len(f.journal), n)
}
