package ports

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var loopback = netip.MustParsePrefix("127.0.0.0/8")

// record collects what a scan sees.
type record struct {
	mu   sync.Mutex
	seen []domain.Observation
	kept map[domain.Hash]string
}

func (r *record) see(o domain.Observation) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, o)
}

func (r *record) keep(_ string, raw []byte) domain.Hash {
	sum := sha256.Sum256(raw)
	hash := domain.Hash(hex.EncodeToString(sum[:]))
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.kept = map[domain.Hash]string{}
	}
	r.kept[hash] = string(raw)
	return hash
}

func all[T domain.Observation](r *record) []T {
	var found []T
	for _, o := range r.seen {
		if t, is := o.(T); is {
			found = append(found, t)
		}
	}
	return found
}

func job(r *record, host string, profile domain.Profile, own ...netip.AddrPort) scanners.Job {
	guard := scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{loopback}, Own: own})
	return scanners.Job{Target: domain.Target{Kind: domain.IPTarget, Value: host, Host: host, Domain: host},
		Profile: profile, Net: guard.Session(), Keep: r.keep}
}

// serve answers each connection to a new loopback port in its own way.
func serve(t *testing.T, answer func(net.Conn)) uint16 {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Go(func() {
				defer c.Close()
				answer(c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		conns.Wait()
	})
	return netip.MustParseAddrPort(l.Addr().String()).Port()
}

// greets speaks first, and then listens.
func greets(banner string) func(net.Conn) {
	return func(c net.Conn) {
		if _, err := io.WriteString(c, banner); err == nil {
			io.Copy(io.Discard, c)
		}
	}
}

// replies waits for a request that begins like this, and hangs up on others.
func replies(request, reply string) func(net.Conn) {
	return func(c net.Conn) {
		first := make([]byte, len(request))
		if _, err := io.ReadFull(c, first); err == nil && string(first) == request {
			greets(reply)(c)
		}
	}
}

func web(t *testing.T, secure bool, header string) uint16 {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Server", header)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	if secure {
		s.StartTLS()
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return netip.MustParseAddrPort(s.Listener.Addr().String()).Port()
}

func TestScanNamesServicesAndTheirWeaknesses(t *testing.T) {
	type want struct {
		service domain.Service
		rule    string
	}
	wants := map[uint16]want{
		serve(t, greets("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")):                                  {domain.Service{Name: "ssh", Product: "OpenSSH", Version: "9.2p1"}, ""},
		serve(t, greets("220 (vsFTPd 3.0.3)\r\n")):                                                      {domain.Service{Name: "ftp", Product: "vsftpd", Version: "3.0.3"}, "ports/ftp/clear-text"},
		serve(t, greets("\x4a\x00\x00\x00\x0a5.5.5-10.11.6-MariaDB-0+deb12u1\x00\x05\x00\x00\x00abc")):  {domain.Service{Name: "mysql", Product: "MariaDB", Version: "10.11.6"}, "ports/database/exposed"},
		serve(t, greets("\x45\x00\x00\x00\xffj\x04Host '127.0.0.1' is not allowed to connect MariaDB")): {domain.Service{Name: "mysql", Product: "MariaDB"}, ""},
		serve(t, replies("PING\r\n", "+PONG\r\n$40\r\n# Server\r\nredis_version:7.0.15\r\n\r\n")):       {domain.Service{Name: "redis", Product: "Redis", Version: "7.0.15"}, "ports/redis/no-password"},
		serve(t, replies("PING\r\n", "-NOAUTH Authentication required.\r\n")):                           {domain.Service{Name: "redis", Product: "Redis"}, "ports/database/exposed"},
		serve(t, greets("\xff\xfd\x18\xff\xfd\x20")):                                                    {domain.Service{Name: "telnet"}, "ports/telnet/exposed"},
		web(t, false, "nginx/1.22.1"):                                                                   {domain.Service{Name: "http", Product: "nginx", Version: "1.22.1"}, ""},
		web(t, true, "Apache/2.4.62 (Debian)"):                                                          {domain.Service{Name: "https", Product: "Apache", Version: "2.4.62", TLS: true}, ""},
	}
	var ports []uint16
	for port := range wants {
		ports = append(ports, port)
	}
	r := &record{}
	if err := scan(context.Background(), job(r, "127.0.0.1", domain.Standard), r.see, ports); err != nil {
		t.Fatal(err)
	}
	if n := len(all[domain.Port](r)); n != len(ports) {
		t.Errorf("%d open ports, want %d", n, len(ports))
	}
	rules := map[string]string{}
	for _, w := range all[domain.Weakness](r) {
		rules[w.Where] += w.Advisory.ID
	}
	services := all[domain.Service](r)
	if len(services) != len(ports) {
		t.Fatalf("%d services, want %d", len(services), len(ports))
	}
	for _, got := range services {
		want := wants[uint16(got.Port)]
		where := Compact([]uint16{uint16(got.Port)})[0]
		if rules[where] != want.rule {
			t.Errorf("%s %s: weakness %q, want %q", got.Name, got.Product, rules[where], want.rule)
		}
		if r.kept[got.Evidence] == "" {
			t.Errorf("%s: no evidence kept", got.Name)
		}
		want.service.Port, want.service.Protocol, want.service.Method = got.Port, "tcp", "probed"
		want.service.Evidence = got.Evidence
		if got != want.service {
			t.Errorf("got  %+v\nwant %+v", got, want.service)
		}
	}
}

func TestScanTellsWhatItLookedAt(t *testing.T) {
	listening := serve(t, greets("SSH-2.0-x\r\n"))
	own := serve(t, greets("platform"))
	r := &record{}
	j := job(r, "127.0.0.1", domain.Quick, netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), own))
	if err := scan(context.Background(), j, r.see, []uint16{1, 2, listening, own}); err != nil {
		t.Fatal(err)
	}
	open := all[domain.Port](r)
	if len(open) != 1 || open[0].Port != int(listening) {
		t.Errorf("open ports %v, want %d alone", open, listening)
	}
	outcomes := map[domain.Outcome]string{}
	for _, c := range all[domain.Coverage](r) {
		outcomes[c.Outcome] += c.What
	}
	want := map[domain.Outcome]string{
		domain.Tested: Compact([]uint16{1, 2, listening})[0], domain.Refused: Compact([]uint16{own})[0],
	}
	if len(outcomes) != 2 || outcomes[domain.Tested] != want[domain.Tested] || outcomes[domain.Refused] != want[domain.Refused] {
		t.Errorf("coverage %v, want %v", outcomes, want)
	}
	steps := all[domain.Advance](r)
	if !slices.IsSortedFunc(steps, func(a, b domain.Advance) int { return a.Percent - b.Percent }) || steps[len(steps)-1].Percent != 100 {
		t.Errorf("progress %v does not rise to 100", steps)
	}
}

func TestScanOfNoTarget(t *testing.T) {
	range24 := job(&record{}, "127.0.0.1", domain.Quick)
	range24.Target.Kind = domain.RangeTarget
	tests := map[string]struct {
		job  scanners.Job
		want domain.Outcome
	}{
		"forbidden":    {job(&record{}, "192.168.7.7", domain.Quick), domain.Refused},
		"unresolvable": {job(&record{}, "nothing.invalid", domain.Quick), domain.Skipped},
		"range":        {range24, domain.Skipped},
	}
	for name, test := range tests {
		err := Scanner{}.Scan(context.Background(), test.job, func(o domain.Observation) { t.Errorf("%s: saw %v", name, o) })
		var not *scanners.NotTested
		if !errors.As(err, &not) || not.Outcome != test.want {
			t.Errorf("%s: got %v, want NotTested %s", name, err, test.want)
		}
	}
}

func TestScanStopsInTime(t *testing.T) {
	port := serve(t, func(c net.Conn) { io.Copy(io.Discard, c) }) // never says a word
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r := &record{}
	see := func(o domain.Observation) {
		if _, found := o.(domain.Port); found {
			cancel()
		}
		r.see(o)
	}
	if err := scan(ctx, job(r, "127.0.0.1", domain.Deep), see, []uint16{port}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want %v", err, context.Canceled)
	}
	if len(all[domain.Service](r)) != 0 {
		t.Error("a service was named without having been asked")
	}
	for _, c := range all[domain.Coverage](r) {
		if strings.HasPrefix(c.What, "service") && c.Outcome == domain.TimedOut {
			return
		}
	}
	t.Errorf("coverage %v does not say that the service was not asked", all[domain.Coverage](r))
}

func TestChoose(t *testing.T) {
	for profile, want := range map[domain.Profile]int{domain.Quick: 101, domain.Standard: 1001, domain.Deep: 65535} {
		j := scanners.Job{Profile: profile, Target: domain.Target{Kind: domain.URLTarget, Port: 54321}}
		got := Choose(j)
		if len(got) != want || got[0] != 54321 || slices.Contains(got, 0) {
			t.Errorf("%s: %d ports from %d, want %d from 54321", profile, len(got), got[0], want)
		}
	}
}

func TestCompact(t *testing.T) {
	tests := map[string][]uint16{
		"22/tcp": {22}, "22,80-82/tcp": {82, 22, 80, 81, 80}, "65534-65535/tcp": {65534, 65535},
	}
	for want, ports := range tests {
		if got := Compact(ports); len(got) != 1 || got[0] != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	var every []uint16
	for port := 1; port <= 2*mostRanges+1; port += 2 {
		every = append(every, uint16(port))
	}
	if got := Compact(every); len(got) != 2 {
		t.Errorf("%d lines, want 2", len(got))
	}
	if got := Compact(nil); len(got) != 0 {
		t.Errorf("got %q for no ports", got)
	}
}
