package hostile

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// inNamespace says to this binary that it runs in a namespace already.
const inNamespace = "SCANLEDGER_TEST_NAMESPACE"

// InNamespace runs a test in a network namespace of its own, by this binary once
// more. Where none can be made the test fails.
func InNamespace(t *testing.T, play func(t *testing.T)) {
	t.Helper()
	if os.Getenv(inNamespace) != "" {
		play(t)
		return
	}
	again := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=5m")
	again.Env = append(os.Environ(), inNamespace+"=1")
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
	if uid, gid := os.Getuid(), os.Getgid(); uid != 0 {
		again.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		again.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: uid, Size: 1}}
		again.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: gid, HostID: gid, Size: 1}}
		again.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_NET_ADMIN, unix.CAP_NET_RAW, unix.CAP_NET_BIND_SERVICE, unix.CAP_SYS_ADMIN}
	}
	out, err := again.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("in a network namespace: %v", err)
	}
	if !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatal("the test did not run in the namespace")
	}
}

// Machine4 and Machine6 are the public addresses of this machine inside the
// namespace, where it is connected to an Internet.
const (
	Machine4, gateway4 = "5.9.0.2", "5.9.0.1"
	Machine6, gateway6 = "2a01:4f8:1::2", "2a01:4f8:1::1"
)

// Internet is what lies behind the namespace's only way out: another one, that
// takes every address of the world for its own.
type Internet struct {
	t    testing.TB
	work chan func()
}

// NewInternet connects the namespace that the test runs in to an Internet. Its lines have
// no link-local addresses: the kernel would take a second to make them, and from then on
// ask for neighbours before it sends.
func NewInternet(t testing.TB) *Internet {
	t.Helper()
	i := &Internet{t: t, work: make(chan func())}
	t.Cleanup(func() { close(i.work) })
	made := make(chan error, 1)
	go i.live(made)
	if err := <-made; err != nil {
		t.Fatal(err)
	}
	i.do(func() {
		run(t, "link set lo up", fmt.Sprintf("link add inet0 type veth peer name out0 netns %d", os.Getpid()),
			"addr add "+gateway4+"/30 dev inet0", "addr add "+gateway6+"/64 dev inet0 nodad", "link set inet0 addrgenmode none", "link set inet0 up",
			"route add local 0.0.0.0/0 dev lo", "route add "+Machine4+"/32 dev inet0 table local",
			"-6 route add local ::/0 dev lo", "-6 route add "+Machine6+"/128 dev inet0 table local")
	})
	run(t, "link set lo up", "addr add "+Machine4+"/30 dev out0", "addr add "+Machine6+"/64 dev out0 nodad", "link set out0 addrgenmode none", "link set out0 up",
		"route add default via "+gateway4, "-6 route add default via "+gateway6)
	return i
}

// live does the work that belongs to the other namespace, on a thread that is
// never used for anything else.
func (i *Internet) live(made chan<- error) {
	runtime.LockOSThread()
	if unix.Gettid() == os.Getpid() { // where this thread is, all of the process is thought to be
		defer runtime.UnlockOSThread()
		other := make(chan struct{})
		go func() { defer close(other); i.live(made) }()
		<-other
		return
	}
	err := unix.Unshare(unix.CLONE_NEWNET)
	made <- err
	if err != nil {
		return
	}
	for work := range i.work {
		work()
	}
}

func (i *Internet) do(work func()) {
	done := make(chan struct{})
	i.work <- func() { defer close(done); work() }
	<-done
}

// Listen takes TCP connections to a port of one address, or of all where it is
// unspecified.
func (i *Internet) Listen(at netip.AddrPort) (l net.Listener) {
	i.t.Helper()
	var err error
	i.do(func() { l, err = net.Listen("tcp", at.String()) })
	if err != nil {
		i.t.Fatal(err)
	}
	return l
}

// ListenPacket takes datagrams to a port of one address.
func (i *Internet) ListenPacket(at netip.AddrPort) (c net.PacketConn) {
	i.t.Helper()
	var err error
	i.do(func() { c, err = net.ListenPacket("udp", at.String()) })
	if err != nil {
		i.t.Fatal(err)
	}
	return c
}

func run(t testing.TB, commands ...string) {
	for _, c := range commands {
		if out, err := exec.Command("ip", strings.Fields(c)...).CombinedOutput(); err != nil {
			t.Errorf("ip %s: %v: %s", c, err, out)
		}
	}
}
