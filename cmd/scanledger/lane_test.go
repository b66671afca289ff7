//go:build failpoint

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/failpoint"
)

// lane is a folder and an address on which the program is killed and started,
// over and over.
type lane struct {
	dir     string
	address string
	options []string
	broker  *testBroker // outside of the program; nil for the embedded one
	site    string
	key     string
	journal journal
}

func newLane(t *testing.T, w way) *lane {
	t.Helper()
	l := &lane{dir: dataFolder(t), address: freeAddress(t), site: testSite(t).URL}
	l.options = []string{
		"--addr", l.address, "--data-dir", l.dir, "--allow-targets", "127.0.0.0/8", "--resolver", nameserver(t), "--ip-limit-per-minute", "0",
		"--embedded-kafka-addr", freeAddress(t), "--embedded-postgres-addr", freeAddress(t), "--embedded-clickhouse-addr", freeAddress(t),
	}
	if w == spooled {
		l.broker = startBroker(t)
		l.options = append(l.options, "--kafka-brokers", l.broker.address)
	}
	if w != fresh { // a first start is to find nothing
		l.key = user(t, l.options, "issafesite", "scanner")
	}
	return l
}

// program is the program as a process of its own.
type program struct {
	cmd   *exec.Cmd
	ended chan struct{}
	said  *safeBuffer
}

// start starts the program; fp is the step at which it is to die, or "".
func (l *lane) start(t *testing.T, fp string) *program {
	t.Helper()
	p := &program{cmd: exec.Command(os.Args[0], append([]string{"serve"}, l.options...)...), ended: make(chan struct{}), said: &safeBuffer{}}
	p.cmd.Env = append(os.Environ(), asProgram+"=1", "FP="+fp)
	p.cmd.Stderr = p.said
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is looked at where it matters
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.kill()
		if t.Failed() {
			t.Logf("the program, killed at %q, said:\n%s", fp, p.said)
		}
	})
	return p
}

func (p *program) kill() {
	_ = p.cmd.Process.Kill() // it may be dead already
	<-p.ended
}

func (p *program) dead() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// ready waits until the program takes commands; false when it has died before.
func (l *lane) ready(t *testing.T, p *program) bool {
	t.Helper()
	until(t, time.Minute, func() (bool, string) {
		if p.dead() {
			return true, ""
		}
		response, err := http.Get("http://" + l.address + "/readyz")
		if err != nil {
			return false, err.Error()
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK, response.Status
	})
	return !p.dead()
}

// kill runs the program until it dies at the step, starts it again, and checks
// that all is as if it had not died.
func (l *lane) kill(t *testing.T, r death) figures {
	chance := rand.New(rand.NewPCG(r.seed, uint64(r.step)+1000))
	if r.way == spooled {
		l.broker.kill()
	}
	l.journal = nil
	p := l.start(t, fmt.Sprintf("%s:%d", r.step, r.nth))
	if r.way != fresh && l.ready(t, p) {
		l.work(t, p, r, chance)
	}
	l.awaitDeath(t, p, r)
	if r.way == spooled {
		l.broker.kill() // a broker that has not seen a member die would wait for it
		l.broker.start()
	}
	restarted := time.Now()
	p = l.start(t, "")
	if !l.ready(t, p) {
		t.Fatal("it does not start again")
	}
	if r.way == fresh {
		l.key = user(t, l.options, "issafesite", "scanner")
		l.submit(t, 2, chance)
	}
	l.settle(t)
	f := l.audit(t)
	f.recovery = time.Since(restarted)
	l.end(t, p, chance)
	if !t.Failed() {
		say(r, f)
	}
	return f
}

// awaitDeath keeps the program busy until it is dead, and looks what of.
func (l *lane) awaitDeath(t *testing.T, p *program, r death) {
	t.Helper()
	spoken := false
	until(t, 45*time.Second, func() (bool, string) {
		if r.way == spooled && r.step == failpoint.SpoolSent && !spoken && l.spooledFiles(t) > 0 {
			spoken = true
			l.broker.start()
		}
		if !p.dead() && r.way != fresh {
			l.read(http.MethodGet, "/api/v1/scan")
		}
		return p.dead(), "the step was not reached"
	})
	status := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if line := "failpoint " + r.step.String(); status.Signal() != syscall.SIGKILL || !strings.Contains(p.said.String(), line) {
		t.Fatalf("it ended with %v and did not die at %s", p.cmd.ProcessState, r.step)
	}
}

func (l *lane) spooledFiles(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(l.dir, "spool", "*.spool"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

// end stops the program in an orderly way, or kills it between two runs.
func (l *lane) end(t *testing.T, p *program, chance *rand.Rand) {
	t.Helper()
	if chance.IntN(2) == 0 {
		p.kill()
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		t.Fatal("it does not end after SIGTERM")
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("after SIGTERM it ends with %v", p.cmd.ProcessState)
	}
}

// work gives the program what it is to die over: scans, reads, one scan
// cancelled, one repeated.
func (l *lane) work(t *testing.T, p *program, r death, chance *rand.Rand) {
	l.submit(t, 3+chance.IntN(2), chance)
	for range 3 {
		l.read(http.MethodGet, "/api/v1/scan?limit=5")
	}
	scans := l.journal.scans()
	if len(scans) == 0 || p.dead() {
		return
	}
	l.read(http.MethodGet, "/api/v1/scan/"+scans[0])
	l.command("retest", "/api/v1/scan/"+scans[chance.IntN(len(scans))]+"/retest", "")
	l.command("cancel", "/api/v1/scan/"+scans[len(scans)-1]+"/cancel", "")
	if r.way == drained {
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
	}
}

// submit asks for scans, all at once.
func (l *lane) submit(t *testing.T, n int, chance *rand.Rand) {
	t.Helper()
	var all sync.WaitGroup
	entries := make(chan entry, n)
	for i := range n {
		body := fmt.Sprintf(`{"url": "%s/%d", "depth": "QUICK"}`, l.site, chance.IntN(1000))
		if i == 0 {
			body = fmt.Sprintf(`{"target": "127.0.0.1", "domain": "site-%d.example"}`, chance.IntN(1_000_000))
		}
		all.Go(func() { entries <- l.send("request", "/api/v1/scan", body) })
	}
	all.Wait()
	close(entries)
	for e := range entries {
		l.journal = append(l.journal, e)
	}
}

// read asks for something; a program that dies over it owes no answer.
func (l *lane) read(method, path string) {
	request, err := http.NewRequestWithContext(context.Background(), method, "http://"+l.address+path, nil)
	if err != nil {
		return
	}
	request.Header.Set("Authorization", "Bearer "+l.key)
	if response, err := patient.Do(request); err == nil {
		io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
}

// patient gives up on a program that neither answers nor dies.
var patient = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// safeBuffer is written by one goroutine and read by another.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// sum adds up what the runs of all lanes say.
type sum struct {
	mu         sync.Mutex
	planned    int
	kills      int
	sum        figures
	recoveries []time.Duration
}

func (s *sum) add(f figures) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kills++
	s.sum.acknowledged += f.acknowledged
	s.sum.events += f.events
	s.sum.absorbed += f.absorbed
	s.recoveries = append(s.recoveries, f.recovery)
}

func (s *sum) String() string {
	slices.Sort(s.recoveries)
	at := func(share float64) float64 {
		if len(s.recoveries) == 0 {
			return 0
		}
		return s.recoveries[int(share*float64(len(s.recoveries)-1))].Seconds()
	}
	return fmt.Sprintf("fault kills %d of %d: acknowledged %d events %d absorbed %d recovery p50 %.1fs p95 %.1fs max %.1fs",
		s.kills, s.planned, s.sum.acknowledged, s.sum.events, s.sum.absorbed, at(0.5), at(0.95), at(1))
}
