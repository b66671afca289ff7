package list_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/memory"
	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/hostile"
	"github.com/scanledger/scanledger/adapters/scanners/list"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// What a worker may cost, whatever it is told: beyond what it needs without a
// target, and beyond the limit of a probe.
const (
	mostMemory = 300 << 20
	mostLate   = 5 * time.Second
	probeLimit = 2 * time.Second
)

// hunt is what the worker's process is told, and told is what it answers.
type hunt struct {
	Resolver string
	Targets  map[string]aim // by name
}

type aim struct {
	URL   string
	Tools []domain.Tool
}

type told struct {
	Before, Most int64 // bytes that were resident before the first probe, and at most
	Probes       map[string][]probe
}

type probe struct {
	Tool    domain.Tool
	Outcome domain.Outcome
	Reason  string
	Took    time.Duration // from the scanner's start to its end; 0 where it did not start
}

// hunting tells this binary that it is the worker's process. hunted is a part of a
// target's name, which alone is looked at then, by all scanners; "all" has all of
// them looked at by all, which takes minutes.
const (
	hunting = "SCANLEDGER_TEST_HUNT"
	hunted  = "SCANLEDGER_TEST_HOSTILE"
)

// aimedAt are the scanners that look at a target: content, which reads most, and
// two that take turns.
func aimedAt(x hostile.Target, n int) []domain.Tool {
	tools := domain.Deep.Tools()
	if os.Getenv(hunted) != "" {
		return tools
	}
	others := slices.DeleteFunc(tools, func(t domain.Tool) bool { return t == domain.Content || x.TLS && t == domain.TLS })
	picked := []domain.Tool{domain.Content, others[n%len(others)], others[(n+3)%len(others)]}
	if x.TLS {
		picked[1] = domain.TLS
	}
	return picked
}

// TestHostileTargets has a worker in a process of its own run scanners on servers
// that never end, as many at one time as the program runs. Every probe ends in time
// and says how, and the process stays small.
func TestHostileTargets(t *testing.T) {
	if text := os.Getenv(hunting); text != "" {
		var h hunt
		if err := json.Unmarshal([]byte(text), &h); err != nil {
			t.Fatal(err)
		}
		fmt.Printf("told %s\n", h.run(t))
		return
	}
	h := hunt{Targets: map[string]aim{}}
	zone := map[string][]string{}
	for n, x := range hostile.Targets {
		if only := os.Getenv(hunted); only == "" || only == "all" || strings.Contains(x.Name, only) {
			h.Targets[x.Name] = aim{play(t, x, n, zone), aimedAt(x, n)}
		}
	}
	h.Resolver = hostile.NewNameserver(t, zone).Addr
	answer := h.elsewhere(t)
	t.Logf("%d MiB before, %d at most", answer.Before>>20, answer.Most>>20)
	if more := answer.Most - answer.Before; more > mostMemory {
		t.Errorf("the worker took %d MiB more, and may take %d", more>>20, mostMemory>>20)
	}
	slowest := time.Duration(0)
	for name, aim := range h.Targets {
		if len(answer.Probes[name]) != len(aim.Tools) {
			t.Errorf("%s: %d probes ended", name, len(answer.Probes[name]))
		}
		for _, p := range answer.Probes[name] {
			slowest = max(slowest, p.Took)
			if p.Took > probeLimit+mostLate {
				t.Errorf("%s: %s took %s", name, p.Tool, p.Took)
			}
			if p.Outcome == domain.Failed || p.Outcome != domain.Tested && p.Reason == "" {
				t.Errorf("%s: %s: %s, %q", name, p.Tool, p.Outcome, p.Reason)
			}
		}
	}
	t.Logf("the slowest probe took %s", slowest)
}

// play serves one target at a name of its own.
func play(t *testing.T, x hostile.Target, n int, zone map[string][]string) string {
	t.Helper()
	address, name := fmt.Sprintf("127.77.0.%d", n+1), fmt.Sprintf("hostile-%d.test", n)
	l, err := net.Listen("tcp", address+":0")
	if err != nil {
		t.Fatal(err)
	}
	zone[name+". A"] = []string{address}
	hostileZone(zone, name, n)
	scheme := "http"
	if x.TLS {
		scheme = "https"
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	origin := fmt.Sprintf("%s://%s:%s", scheme, name, port)
	ended := make(chan error, 1)
	go func() { ended <- x.Play(l, hostile.Origin(origin)) }()
	t.Cleanup(func() {
		l.Close()
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", x.Name, err)
		}
	})
	return origin + "/"
}

// hostileZone has answers that go round in a circle, or that are too many. The DNS
// scanner asks of some names for one of them, and of others for the rest.
func hostileZone(zone map[string][]string, name string, n int) {
	many := func(form string, times int) []string {
		list := make([]string, times)
		for i := range list {
			list[i] = fmt.Sprintf(form, i, name)
		}
		return []string{strings.Join(list, ",")}
	}
	zone[name+". SOA"] = []string{"ns." + name + ". root." + name + ". 1 3600 600 86400 60"}
	zone["_dmarc."+name+". TXT"] = []string{"CNAME _dmarc." + name + "."}
	switch n % 4 {
	case 0: // each includes the others, ten times over
		zone[name+". TXT"] = []string{`"v=spf1 ` + strings.Repeat("include:"+name+" a:"+name+" redirect="+name+" ", 100) + `"`}
	case 1:
		zone[name+". TXT"] = many(`"%d `+strings.Repeat("x", 200)+` %s"`, 200)
	case 2:
		zone[name+". MX"], zone[name+". NS"] = many("%d mx%[1]d.%s.", 1000), many("ns%d.%s.", 500)
	case 3:
		zone["www."+name+". A"] = []string{"CNAME www." + name + "."}
		zone[name+". CAA"] = many(`0 issue "ca%d.%s"`, 1000)
	}
}

// elsewhere runs the worker in a process of its own.
func (h hunt) elsewhere(t *testing.T) (answer told) {
	t.Helper()
	text, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestHostileTargets$", "-test.v", "-test.timeout=20m")
	cmd.Env = append(os.Environ(), hunting+"="+string(text))
	out, err := cmd.CombinedOutput()
	for line := range bytes.Lines(out) {
		text, found := bytes.CutPrefix(line, []byte("told "))
		if !found || err != nil {
			continue
		}
		if err = json.Unmarshal(text, &answer); err == nil {
			return answer
		}
	}
	t.Fatalf("the worker: %v: %s", err, out)
	return answer
}

// run scans all targets and tells how it went.
func (h hunt) run(t *testing.T) []byte {
	all, err := list.All(list.Options{Resolver: h.Resolver})
	if err != nil {
		t.Fatal(err)
	}
	log, clock := memory.NewLog(), &stopwatch{took: map[string]time.Duration{}}
	desk := commands.Desk{Log: log, Secrets: log, Inbox: &memory.Inbox{Now: time.Now}, Now: time.Now, NewID: uuid.New}
	w := &scanners.Worker{
		Name: "w", Desk: desk, Scanners: map[domain.Tool]scanners.Scanner{}, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)), Slots: 16, Limit: probeLimit,
		Guard: scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.77.0.0/16")}, Resolver: h.Resolver}),
		Keep:  func(context.Context, uuid.UUID, string, []byte) (domain.Hash, error) { return "kept", nil },
	}
	for tool, s := range all {
		w.Scanners[tool] = timed{s, clock}
	}
	scans := map[string]domain.ScanRequested{}
	for name, aim := range h.Targets {
		scans[name] = request(t, desk, aim)
	}
	debug.FreeOSMemory()
	answer := told{Before: resident(t, "VmRSS"), Probes: map[string][]probe{}}
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() { gone <- w.Run(ctx) }()
	for name, scan := range scans {
		answer.Probes[name] = end(t, log, scan, clock)
	}
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	answer.Most = resident(t, "VmHWM")
	text, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// request asks for a deep scan, of one port alone.
func request(t *testing.T, desk commands.Desk, at aim) domain.ScanRequested {
	t.Helper()
	target, err := domain.ParseURL(at.URL)
	if err != nil {
		t.Fatal(err)
	}
	scan := domain.ScanRequested{
		Scan: uuid.New(), Account: uuid.New(), Contract: domain.IsSafeSite, Target: target, Profile: domain.Deep, Probes: at.Tools,
		Options: domain.Options{Nmap: &domain.NmapOptions{Ports: domain.PortRange(strconv.Itoa(target.Port))}},
	}
	stream := domain.NewStream(domain.ScanFamily, scan.Scan)
	_, err = desk.Log.Append(t.Context(), commands.Write{Stream: stream, Owner: scan.Account, Events: []domain.Envelope{
		{ID: uuid.New(), Stream: stream, Version: 1, Owner: scan.Account, At: time.Now(), Event: scan},
	}})
	if err == nil {
		err = desk.Inbox.Enqueue(t.Context(), scan, "cause")
	}
	if err != nil {
		t.Fatal(err)
	}
	return scan
}

// end waits until a scan is over, and says how its probes ended.
func end(t *testing.T, log *memory.Log, scan domain.ScanRequested, clock *stopwatch) (probes []probe) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	stream := domain.NewStream(domain.ScanFamily, scan.Scan)
	for seen := 0; ; <-tick.C {
		history, err := log.Read(t.Context(), stream, seen)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range history {
			seen = e.Version
			if p, ok := e.Event.(domain.ProbeFinished); ok {
				probes = append(probes, probe{p.Tool, p.Outcome, p.Reason, clock.of(scan.Target, p.Tool)})
			}
			if domain.Closes(e.Event) {
				return probes
			}
		}
	}
}

// stopwatch has how long each scanner took with each target.
type stopwatch struct {
	mu   sync.Mutex
	took map[string]time.Duration
}

func (s *stopwatch) of(t domain.Target, tool domain.Tool) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.took[t.Value+" "+string(tool)]
}

// timed is a scanner under a stopwatch.
type timed struct {
	scanners.Scanner
	clock *stopwatch
}

func (s timed) Scan(ctx context.Context, job scanners.Job, see func(domain.Observation)) error {
	begin := time.Now()
	err := s.Scanner.Scan(ctx, job, see)
	s.clock.mu.Lock()
	defer s.clock.mu.Unlock()
	s.clock.took[job.Target.Value+" "+string(s.Tool())] += time.Since(begin)
	return err
}

// resident is a line of this process' /proc/self/status, in bytes.
func resident(t *testing.T, name string) int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if value, found := strings.CutPrefix(line, name+":"); found {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n << 10
		}
	}
	t.Fatalf("no %s", name)
	return 0
}
