//go:build failpoint

package main

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/failpoint"
)

// kill runs the program until it dies at the step, starts it again, and checks
// that all is as if it had not died.
func (l *lane) kill(t *testing.T, r death) figures {
	chance := rand.New(rand.NewPCG(r.seed, uint64(r.step)+1000))
	if r.way == spooled {
		l.broker.kill()
	}
	l.journal, l.keyed = nil, slices.Contains(resent, r.step)
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
	if l.keyed {
		l.repeat(t)
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
		if r.step == failpoint.ClickKept {
			l.read(http.MethodGet, "/s/killed")
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

// pay asks for a scan that costs a credit, and cancels it at once by chance or
// where that is wanted: then the credit comes back, or is spent where the scan
// has begun.
func (l *lane) pay(chance *rand.Rand, cancel bool) {
	if l.target == 0 {
		value := fmt.Sprintf(`{"target_value": "127.7.%d.%d", "name": "paid"}`, chance.IntN(256), chance.IntN(256))
		l.target = l.send("target", l.address, "/secably/api/v1/targets/", value).number
	}
	if l.target == 0 { // it died over that
		return
	}
	e := l.command("request", "/secably/api/v1/scans/create/",
		fmt.Sprintf(`{"target_id": %d, "scanner_type": "nmap", "scan_config": {"scan_type": "full", "port_range": "1-50"}}`, l.target))
	if e.acknowledged() && (cancel || chance.IntN(2) == 0) {
		l.command("cancel", fmt.Sprintf("/secably/api/v1/scans/%d/cancel/", e.number), "")
	}
}

// work gives the program what it is to die over: scans, reads, one scan
// cancelled, one repeated.
func (l *lane) work(t *testing.T, p *program, r death, chance *rand.Rand) {
	if slices.Contains(charging, r.step) {
		l.pay(chance, r.step == failpoint.InboxDropped)
	}
	if r.step == failpoint.ClickKept { // the link is there already after the first run
		l.send("shorten", l.address, "/shrinkit/api/shorten/", `{"url": "https://127.9.9.9/", "custom_code": "killed"}`)
	}
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
