//go:build failpoint

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// smallDisk makes this program a server on a small disk: it is started in
// namespaces of its own, mounts a tmpfs over the folder that is named here, and
// goes on as scanledger.
const smallDisk = "SCANLEDGER_TEST_SMALL_DISK"

// diskSize is what a new folder of all three engines needs, and some more.
const diskSize = 256 << 20

// init runs in the namespaces, before anything opens a file.
func init() {
	folder := os.Getenv(smallDisk)
	if folder == "" {
		return
	}
	os.Unsetenv(smallDisk)
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%d,mode=755", diskSize)); err != nil {
		panic(err)
	}
}

// onSmallDisk puts a program into the namespaces: all users stay who they are,
// where there are several.
func onSmallDisk(cmd *exec.Cmd, data string) {
	users := 1
	if os.Geteuid() == 0 {
		users = 65536
	}
	uid, gid := os.Geteuid(), os.Getegid()
	cmd.Env = append(cmd.Env, smallDisk+"="+filepath.Dir(data))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:                 syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings:                []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: users}},
		GidMappings:                []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: users}},
		GidMappingsEnableSetgroups: uid == 0,
		AmbientCaps:                []uintptr{21}, // CAP_SYS_ADMIN, for the mount
	}
}

// TestFaultDiskFull fills the disk under all three engines, and empties it
// again. Commands are refused in the meantime; nothing is lost, and nobody has
// to mend anything.
func TestFaultDiskFull(t *testing.T) {
	t.Parallel()
	l := newLane(t)
	l.within = onSmallDisk
	p := l.start(t, "")
	if !l.ready(t, p) {
		t.Fatal("it does not start")
	}
	// The disk can be seen only through the process that has mounted it.
	inside := filepath.Join("/proc", fmt.Sprint(p.cmd.Process.Pid), "root", filepath.Dir(l.dir))
	l.dir = filepath.Join(inside, "data")
	l.options = append(l.options, "--data-dir", l.dir)
	l.enter(t)
	chance := rand.New(rand.NewPCG(uint64(howMany(t, seedSetting, 1)), 11))
	l.submit(t, 2, chance)
	b := l.load(t, 4, uint64(howMany(t, seedSetting, 1)))
	for range max(1, howMany(t, seedsSetting, 3)/3) {
		b.more(t, 50)
		before := len(l.refused())
		filler := filepath.Join(inside, "filler")
		fill(t, filler)
		until(t, 2*time.Minute, func() (bool, string) {
			fill(t, filler) // what the engines have given back
			return len(l.refused()) >= before+40, fmt.Sprintf("%d commands were refused", len(l.refused())-before)
		})
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		back := time.Now()
		until(t, time.Minute, func() (bool, string) { return l.isReady(), "it does not recover" })
		fmt.Printf("fault disk full: takes commands again after %.1fs\n", time.Since(back).Seconds())
	}
	since := time.Now()
	b.more(t, 50)
	b.stop()
	l.report(t, "disk full", since)
}

// fill writes to a file until there is no room.
func fill(t *testing.T, name string) {
	t.Helper()
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return // there is not even room for a name
	}
	defer f.Close()
	for _, size := range []int{1 << 20, 1 << 12, 1} {
		block := make([]byte, size)
		for err = nil; err == nil; {
			_, err = f.Write(block)
		}
	}
}
