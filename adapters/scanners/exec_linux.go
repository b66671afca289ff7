package scanners

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// account is as whom children run; nil as ourselves.
type account struct{ as *syscall.Credential }

// chooseAccount: an ordinary user's children run as that user, root's as nobody.
func chooseAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	found, err := user.Lookup("nobody")
	if err != nil {
		return account{}, fmt.Errorf("root runs no child as root, and there is no other user: %w", err)
	}
	uid, _ := strconv.ParseUint(found.Uid, 10, 32) // numbers, on every Unix
	gid, _ := strconv.ParseUint(found.Gid, 10, 32)
	return account{&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// name is for people.
func (a account) name() string {
	if a.as == nil {
		return "this user"
	}
	return "nobody"
}

func (a account) own(path string) error {
	if a.as == nil {
		return nil
	}
	return os.Chown(path, int(a.as.Uid), int(a.as.Gid))
}

func (a account) ownFile(f *os.File) error {
	if a.as == nil {
		return nil
	}
	return f.Chown(int(a.as.Uid), int(a.as.Gid))
}

func (a account) prepare(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL, Credential: a.as}
}

// ownNetwork makes a network with nothing but a loopback address. It is nil
// where the system does not let us.
func ownNetwork() (network *os.File, err error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good: the thread ends with this goroutine
		if err = unix.Unshare(unix.CLONE_NEWNET); err != nil {
			err = nil // a container without the right to: the guard's proxy has to do
			return
		}
		if err = raiseLoopback(); err == nil {
			network, err = os.Open("/proc/thread-self/ns/net")
		}
	}()
	<-done
	return network, err
}

func raiseLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	lo, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	lo.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, lo)
}

func joinNetwork(network *os.File) error {
	return unix.Setns(int(network.Fd()), unix.CLONE_NEWNET)
}

func killGroup(group int) { syscall.Kill(-group, syscall.SIGKILL) }

// memoryOf is what a group of processes has for itself, in bytes, without what
// they share with each other and with files.
func memoryOf(group int) (sum int64) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	for _, path := range stats {
		if g, err := groupOf(path); err == nil && g == group {
			sum += ownMemory(filepath.Dir(path))
		}
	}
	return sum
}

// groupOf reads a process's group; its name, in parentheses, may have anything in it.
func groupOf(stat string) (int, error) {
	text, err := os.ReadFile(stat)
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 3 {
		return 0, errors.New("no group")
	}
	return strconv.Atoi(fields[2])
}

// ownMemory is 0 for a process that has just ended.
func ownMemory(process string) int64 {
	text, err := os.ReadFile(filepath.Join(process, "statm"))
	if err != nil {
		return 0
	}
	var size, resident, shared int64
	if _, err := fmt.Sscan(string(text), &size, &resident, &shared); err != nil {
		return 0
	}
	return max(resident-shared, 0) * int64(os.Getpagesize())
}
