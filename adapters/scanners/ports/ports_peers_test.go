//go:build peers && linux

package ports

import (
	"context"
	"encoding/xml"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/conformance/peers"
)

const peerRounds = 5 // for the medians of times

// inNamespace says to this binary that it runs in a namespace already.
const inNamespace = "PORTS_TEST_NAMESPACE"

// runAsRootInNamespace is hostile.InNamespace with mounts and processes of its own
// too: whatever was started ends with it. Servers drop privileges and nmap
// sends raw packets, so it has to be the machine's root. What the test prints
// is printed as it comes.
func runAsRootInNamespace(t *testing.T, play func(t *testing.T)) {
	if os.Getenv(inNamespace) != "" {
		play(t)
		return
	}
	if os.Getuid() != 0 {
		t.Fatal("this test is root's: it starts servers as a system does, and nmap's raw scan")
	}
	again := exec.Command(os.Args[0], "-test.run="+onlyTest(t.Name()), "-test.v", "-test.timeout=30m")
	again.Env = append(os.Environ(), inNamespace+"=1")
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	again.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS}
	if err := again.Run(); err != nil {
		t.Fatalf("in a namespace: %v", err)
	}
}

// onlyTest is what -test.run takes for one test or subtest.
func onlyTest(name string) string { return "^" + strings.ReplaceAll(name, "/", "$/^") + "$" }

// whyPorts is empty: there is no reason to find less or later than nmap.
var whyPorts = map[string]string{}

// TestPeersPortsLoopback is all ports of the loopback address.
func TestPeersPortsLoopback(t *testing.T) {
	runAsRootInNamespace(t, func(t *testing.T) {
		if out, err := exec.Command("ip", "link", "set", "lo", "up").CombinedOutput(); err != nil {
			t.Fatalf("ip: %v: %s", err, out)
		}
		for range 20 {
			serve(t, greets("x"))
		}
		table := peers.New(t, "nmap -sS -T4", whyPorts)
		ours, theirs := race(t, table, "loopback", "127.0.0.1", seq(65535), "-sS", "-T4")
		table.Ratio("ports/loopback", ours, theirs, "s", 0, 1)
	})
}

// TestPeersPortsPath is all ports of a host 20 ms away, with 0.5 % lost each
// way, beside an nmap that was told how to hurry.
func TestPeersPortsPath(t *testing.T) {
	runAsRootInNamespace(t, func(t *testing.T) {
		e := &target{delay: 20 * time.Millisecond, loss: 0.005, port: fiftyOpen(closed)}
		e.begin(t)
		table := peers.New(t, "nmap -sS -T5 --min-rate 50000 --max-retries 2", whyPorts)
		ours, theirs := race(t, table, "20 ms, 0.5 % lost each way", targetAddr, seq(65535), "-sS", "-T5", "--min-rate", "50000", "--max-retries", "2")
		table.Ratio("ports/20ms", ours, theirs, "s", 0, 0.6)
	})
}

// TestPeersPortsBottleneck: a line of 20,000 packets a second needs 3.28 s for
// all ports; whoever hurries more loses them.
func TestPeersPortsBottleneck(t *testing.T) {
	runAsRootInNamespace(t, func(t *testing.T) {
		e := &target{delay: 20 * time.Millisecond, perSecond: 20000, queue: 1000, port: fiftyOpen(closed)}
		e.begin(t)
		table := peers.New(t, "the line itself, 20,000 packets a second", whyPorts)
		var took []time.Duration
		for range peerRounds {
			found, d := sweepOpen(t, targetAddr, seq(65535))
			took = append(took, d)
			table.Row("open ports", fmt.Sprint(len(found)), "50")
		}
		table.Ratio("ports/bottleneck", median(took), 65535.0/20000, "s", 0, 1.05)
	})
}

// TestPeersPortsHosts compares the open ports that are found on hosts that
// lie far away, lose packets, drop them, or forbid them.
func TestPeersPortsHosts(t *testing.T) {
	many := func(others ...state) func(uint16) state {
		return func(port uint16) state {
			if port%37 == 7 {
				return open
			}
			return others[int(port)%len(others)]
		}
	}
	for name, host := range map[string]target{
		"near":                                {delay: time.Millisecond, port: many(closed)},
		"100 ms away":                         {delay: 100 * time.Millisecond, port: many(closed)},
		"100 ms away, 2 % lost each way":      {delay: 100 * time.Millisecond, loss: 0.02, port: many(closed)},
		"10 ms away, 5 % lost each way":       {delay: 10 * time.Millisecond, loss: 0.05, port: many(closed)},
		"all others dropped":                  {delay: 10 * time.Millisecond, port: many(silent)},
		"all others dropped, 2 % lost":        {delay: 10 * time.Millisecond, loss: 0.02, port: many(silent)},
		"half dropped, half closed":           {delay: 10 * time.Millisecond, loss: 0.01, port: many(silent, closed)},
		"half forbidden, half dropped":        {delay: 10 * time.Millisecond, port: many(silent, barred)},
		"a line of 2,000 packets a second":    {delay: 20 * time.Millisecond, perSecond: 2000, queue: 50, port: many(closed)},
		"everything dropped but what is open": {delay: 50 * time.Millisecond, loss: 0.01, port: many(silent)},
	} {
		t.Run(strings.NewReplacer(" ", "_", ",", "", "%", "percent").Replace(name), func(t *testing.T) {
			runAsRootInNamespace(t, func(t *testing.T) {
				host.begin(t)
				table := peers.New(t, "nmap -sS -T4", whyPorts)
				found, took := sweepOpen(t, targetAddr, seq(2000))
				theirs, peerTook := nmapOpen(t, targetAddr, "1-2000", "-sS", "-T4")
				missed := slices.DeleteFunc(theirs, func(port uint16) bool { return slices.Contains(found, port) })
				table.Better(name+": open ports", len(missed) == 0, len(found), len(theirs)+len(missed))
				table.Better(name+": all that are open", len(found) == 54, len(found), 54)
				fmt.Printf("ports/%s ratio %.2f (ours %.2f, peer %.2f, unit s)\n", name, took.Seconds()/peerTook.Seconds(), took.Seconds(), peerTook.Seconds())
			})
		})
	}
}

// race lets both scan in turns, and returns the medians of their times in
// seconds; it compares what they found.
func race(t *testing.T, table *peers.Table, what, addr string, ports []uint16, options ...string) (ours, theirs float64) {
	t.Helper()
	var x, y []time.Duration
	for range peerRounds {
		found, took := sweepOpen(t, addr, ports)
		peerFound, peerTook := nmapOpen(t, addr, "1-65535", options...)
		x, y = append(x, took), append(y, peerTook)
		missed := slices.DeleteFunc(slices.Clone(peerFound), func(port uint16) bool { return slices.Contains(found, port) })
		table.Better(what+": open ports", len(missed) == 0, len(found), len(peerFound))
	}
	return median(x), median(y)
}

// sweepOpen is the open ports in order.
func sweepOpen(t *testing.T, addr string, ports []uint16) ([]uint16, time.Duration) {
	t.Helper()
	begin := time.Now()
	w, err := newWire(netip.MustParseAddr(addr))
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	s := newSweep(w, time.Now, ports)
	var found []uint16
	s.found = func(port uint16) { found = append(found, port) }
	if err := s.run(context.Background()); err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found, time.Since(begin)
}

func nmapOpen(t *testing.T, addr, ports string, options ...string) ([]uint16, time.Duration) {
	t.Helper()
	begin := time.Now()
	out, err := exec.Command("nmap", append(options, "--privileged", "-n", "-Pn", "-p", ports, "-oX", "-", addr)...).Output()
	if err != nil {
		t.Fatalf("nmap: %v: %s", err, out)
	}
	took := time.Since(begin)
	var report struct {
		Ports []struct {
			ID    uint16 `xml:"portid,attr"`
			State struct {
				State string `xml:"state,attr"`
			} `xml:"state"`
		} `xml:"host>ports>port"`
	}
	if err := xml.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	var found []uint16
	for _, p := range report.Ports {
		if p.State.State == "open" {
			found = append(found, p.ID)
		}
	}
	slices.Sort(found)
	return found, took
}
