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
	"sync"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/web/webtest"
)

// lane is a folder and an address on which the program is started, hurt, and
// started again.
type lane struct {
	dir     string
	address string
	options []string
	broker  *testBroker // outside of the program; nil for the embedded one
	site    string
	key     string
	target  int                              // what scans that cost are of; 0 before the first
	waits   bool                             // nobody runs the probes
	blind   bool                             // nobody counts in ClickHouse
	within  func(cmd *exec.Cmd, data string) // puts the program where it is to run; may be nil
	keyed   bool                             // each command has an Idempotency-Key
	mu      sync.Mutex
	journal journal
}

// newLane makes the folder's settings; those that are given come last.
func newLane(t *testing.T, more ...string) *lane {
	t.Helper()
	l := &lane{dir: dataFolder(t), address: freeAddress(t), site: testSite(t).URL}
	l.options = append([]string{
		"--addr", l.address, "--data-dir", l.dir, "--allow-targets", "127.0.0.0/8", "--resolver", nameserver(t), "--ip-limit-per-minute", "0",
		"--embedded-kafka-addr", freeAddress(t), "--embedded-postgres-addr", freeAddress(t), "--embedded-clickhouse-addr", freeAddress(t),
	}, more...)
	return l
}

// enter makes the account that asks for everything, and gives it credits.
func (l *lane) enter(t *testing.T) {
	t.Helper()
	const email = "lane@example.com"
	l.key = userAt(t, l.options, email, "issafesite", "scanner")
	answerOf[map[string]any](t, append([]string{"admin", "grant-credits", "--email", email, "--credits", "1000"}, l.options...)...)
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
	if l.within != nil {
		l.within(p.cmd, l.dir)
	}
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

// submit asks for scans, all at once.
func (l *lane) submit(t *testing.T, n int, chance *rand.Rand) {
	t.Helper()
	var all sync.WaitGroup
	for i := range n {
		body := fmt.Sprintf(`{"url": "%s/%d", "depth": "QUICK"}`, l.site, chance.IntN(1000))
		if i == 0 {
			body = fmt.Sprintf(`{"target": "127.9.%d.%d", "domain": "site.example"}`, chance.IntN(256), chance.IntN(256))
		}
		all.Go(func() { l.command("request", "/api/v1/scan", body) })
	}
	all.Wait()
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
var patient = &http.Client{Timeout: 20 * time.Second, CheckRedirect: toldNotToFollow, Transport: webtest.Held(&misfits, &http.Transport{DisableKeepAlives: true})}

func toldNotToFollow(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

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
