package nmap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/scantest"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { scantest.Main(m) }

// covered are the lines of an outcome.
func covered(s *scantest.Seen, how domain.Outcome) (lines []string) {
	for _, c := range scantest.Of[domain.Coverage](s) {
		if c.Outcome == how {
			lines = append(lines, c.What)
		}
	}
	return lines
}

// job asks for some ports of the loopback.
func job(t testing.TB, ports domain.PortRange) scanners.Job {
	j, _ := scantest.Job(t, "http://127.0.0.1/", domain.NmapFull)
	j.Options.Nmap = &domain.NmapOptions{Ports: ports}
	return j
}

const (
	begin  = `<?xml version="1.0"?><nmaprun><taskbegin task="Connect Scan" time="1"/>`
	middle = `<host><ports><port protocol="tcp" portid="80"><state state="open" reason="syn-ack"/></port></ports></host>`
	end    = `<runstats><finished exit="success"/></runstats></nmaprun>`
	finds  = "echo 'Discovered open port 80/tcp on 127.0.0.1'; "
)

func TestOutside(t *testing.T) {
	say := func(xml string) string { return "echo '" + xml + "' >&3; " }
	scripts := map[scantest.Manner]string{
		scantest.Ends:   finds + say(begin+middle+end),
		scantest.Floods: finds + say(begin) + "yes '                                                                                ' >&3",
		scantest.Hangs:  finds + say(begin) + "while :; do sleep 1000; done",
		scantest.Dies:   finds + say(begin) + "kill -SEGV $$",
		scantest.Halves: finds + say(begin+middle),
		scantest.Mute:   "echo 'nmap: unrecognized option' >&2; exit 255",
	}
	scantest.Outside(t, func(t *testing.T, m scantest.Manner) scantest.Rig {
		path, gone := scantest.Stub(t, scripts[m])
		return scantest.Rig{Scanner: New(scanners.ToolSettings{Nmap: path}), Job: job(t, "80-81"), Gone: gone}
	})
}

// TestBreaksOff: what was found counts as looked at, and nothing else does.
func TestBreaksOff(t *testing.T) {
	path, _ := scantest.Stub(t, finds+"exit 137")
	s := &scantest.Seen{}
	err := New(scanners.ToolSettings{Nmap: path}).Scan(t.Context(), job(t, "79-81"), s.See)
	var not *scanners.NotTested
	if !errors.As(err, &not) || !slices.Equal(covered(s, domain.Tested), []string{"80/tcp"}) || !slices.Equal(covered(s, domain.Failed), []string{"79,81/tcp"}) {
		t.Errorf("%v, %+v", err, s.All)
	}
}

// TestSaysWhyNot: errors that nmap tells are told.
func TestSaysWhyNot(t *testing.T) {
	path, _ := scantest.Stub(t, `echo '<nmaprun><runstats><finished exit="error" errormsg="out of memory"/></runstats></nmaprun>' >&3`)
	err := New(scanners.ToolSettings{Nmap: path}).Scan(t.Context(), job(t, "80"), func(domain.Observation) {})
	if err == nil || !strings.Contains(err.Error(), "out of memory") {
		t.Error(err)
	}
}

// TestSamples reads what nmap has written.
func TestSamples(t *testing.T) {
	for file, want := range map[string]struct {
		open, probed int
		services     []string // some of them
		weaknesses   []string
	}{
		"nmap-7.93-connect-all-ports.xml": {17, 0, []string{"21 ftp table", "443 https table"}, nil},
		"nmap-7.93-full.xml": {17, 15, []string{
			"53 domain probed dnsmasq 2.90", "3306 mysql probed MariaDB 10.11.19-MariaDB-0+deb12u1", "6379 redis probed Redis 7.0.15", "11211 memcache probed memcached 1.6.18",
		}, []string{"ports/ftp/clear-text 21/tcp", "ports/database/exposed 3306/tcp", "ports/redis/no-password 6379/tcp", "ports/memcached/no-password 11211/tcp"}},
	} {
		xml, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		s, r, err := read(t, string(xml))
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		services, probed := map[string]bool{}, 0
		for _, one := range scantest.Of[domain.Service](s) {
			services[strings.TrimSpace(fmt.Sprintln(one.Port, one.Name, one.Method, one.Product, one.Version))] = true
			if one.Method == "probed" {
				probed++
			}
			if one.Evidence == "" && one.Method == "probed" {
				t.Errorf("%s: evidence of %+v", file, one)
			}
		}
		if got := len(scantest.Of[domain.Port](s)); got != want.open || probed != want.probed || len(services) != got {
			t.Errorf("%s: %d open, %d probed, %d services", file, got, probed, len(services))
		}
		for _, line := range want.services {
			if !services[line] {
				t.Errorf("%s: no %q in %v", file, line, services)
			}
		}
		found := map[string]bool{}
		for _, w := range scantest.Of[domain.Weakness](s) {
			found[w.Advisory.ID+" "+w.Where] = true
		}
		for _, line := range want.weaknesses {
			if !found[line] {
				t.Errorf("%s: no %q in %v", file, line, found)
			}
		}
		if hosts := scantest.Of[domain.Host](s); len(hosts) != 1 || hosts[0].Latency <= 0 {
			t.Errorf("%s: hosts %v", file, hosts)
		}
		for _, c := range r.coverage(nil) {
			if c.Outcome == domain.TimedOut || c.Outcome == domain.Failed && want.probed == 0 {
				t.Errorf("%s: %+v", file, c)
			}
		}
		for cut := 0; cut < len(xml); cut += len(xml) / 10 {
			if _, _, err := read(t, string(xml[:cut])); err == nil {
				t.Errorf("%s: whole after %d of %d bytes", file, cut, len(xml))
			}
		}
	}
}

// read has a run of all ports read a report.
func read(t testing.TB, xml string) (*scantest.Seen, *run, error) {
	return readBy(t, job(t, "1-65535"), xml)
}

func readBy(t testing.TB, j scanners.Job, xml string) (*scantest.Seen, *run, error) {
	s := &scantest.Seen{}
	r := &run{job: j, asked: j.Options.Nmap.Ports.Ports(), open: map[uint16]bool{}, shut: map[uint16]string{}}
	var err error
	watched := scanners.Watch(t.Context(), "nmap", follow(func(to *scanners.Sight) error {
		err = r.report(to, strings.NewReader(xml))
		return err
	}), s.See)
	if (watched == nil) != (err == nil) {
		t.Errorf("%v and %v", watched, err)
	}
	return s, r, err
}

// follow is a tool that is nothing but what is read of it.
type follow func(*scanners.Sight) error

func (f follow) Follow(_ context.Context, to *scanners.Sight) error { return f(to) }
func (follow) Stop(context.Context) error                           { return nil }

// TestSilence: ports that do not answer are not looked at.
func TestSilence(t *testing.T) {
	const some = `<nmaprun><host><ports><extraports state="filtered" count="2"><extrareasons reason="no-response" count="2" proto="tcp" ports="10-11"/></extraports>
		<port protocol="tcp" portid="12"><state state="filtered" reason="admin-prohibited"/></port>
		<port protocol="tcp" portid="13"><state state="closed" reason="conn-refused"/><service name="daytime" method="table"/></port></ports></host>` + end
	for name, c := range map[string]struct {
		ports                       domain.PortRange
		xml                         string
		tested, timedOut, forbidden []string
		answered                    bool
	}{
		"some":               {"10-13", some, []string{"13/tcp"}, []string{"10-11/tcp"}, []string{"12/tcp"}, true},
		"all":                {"10-12", some, nil, []string{"10-11/tcp"}, []string{"12/tcp"}, false},
		"without their list": {"13-15", strings.ReplaceAll(some, `ports="10-11"`, ""), []string{"13/tcp"}, []string{"14-15/tcp"}, nil, true},
	} {
		r := newRun(job(t, c.ports), netip.MustParseAddr("127.0.0.1"))
		s := &scantest.Seen{}
		if err := scanners.Watch(t.Context(), "nmap", follow(func(to *scanners.Sight) error { return r.report(to, strings.NewReader(c.xml)) }), s.See); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		s.All = nil
		for _, line := range r.coverage(nil) {
			s.See(line)
		}
		if !slices.Equal(covered(s, domain.Tested), c.tested) || !slices.Equal(covered(s, domain.TimedOut), c.timedOut) || !slices.Equal(covered(s, domain.Refused), c.forbidden) {
			t.Errorf("%s: %+v", name, s.All)
		}
		if (r.verdict() == nil) != c.answered {
			t.Errorf("%s: %v", name, r.verdict())
		}
	}
}

// TestProgress never goes back, and is whole at the end alone.
func TestProgress(t *testing.T) {
	s, _, err := read(t, begin+`<taskprogress task="Connect Scan" percent="50"/><taskprogress task="Connect Scan" percent="20"/><taskend task="Connect Scan"/>
		<taskprogress task="Service scan" percent="100"/><taskprogress task="What" percent="1"/><taskprogress task="NSE" percent="nan"/><taskend task="NSE"/><taskend task="NSE"/>`+middle+end)
	var got []int
	for _, a := range scantest.Of[domain.Advance](s) {
		got = append(got, a.Percent)
	}
	if err != nil || !slices.Equal(got, []int{25, 50, 95, 99, 100}) {
		t.Errorf("%v, %v", got, err)
	}
}

// TestRealNmap looks at two ports of this machine, one of them open.
func TestRealNmap(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go greet(l)
	open := l.Addr().(*net.TCPAddr).Port
	s := &scantest.Seen{}
	j := job(t, domain.PortRange(fmt.Sprint("1,", open)))
	j.Options.Nmap.Aggressive = true
	if err := New(scanners.ToolSettings{}).Scan(t.Context(), j, s.See); err != nil {
		t.Fatal(err)
	}
	services := scantest.Of[domain.Service](s)
	if ports := scantest.Of[domain.Port](s); len(ports) != 1 || ports[0].Port != open || len(services) != 1 || services[0].Name != "ssh" || !strings.HasPrefix(services[0].Version, "9.2p1") {
		t.Errorf("%+v, %+v", ports, services)
	}
	if tested := covered(s, domain.Tested); !slices.Equal(tested, []string{fmt.Sprintf("1,%d/tcp", open)}) {
		t.Errorf("tested %q", tested)
	}
	if skipped := covered(s, domain.Skipped); !slices.Contains(skipped, "operating system and route (aggressive)") {
		t.Errorf("skipped %q", skipped)
	}
}

// greet speaks as OpenSSH does, to all who come.
func greet(l net.Listener) {
	for {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		fmt.Fprint(conn, "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
		conn.Close()
	}
}

// TestArguments have nothing in them that a client wrote.
func TestArguments(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.1":   "-p 22,80-81 192.0.2.1",
		"2001:db8::1": "-6 --script default and safe and not external -p 22,80-81 2001:db8::1",
	} {
		j := job(t, "22,80-81")
		j.Options.Nmap.Aggressive = strings.Contains(address, ":")
		r := &run{job: j, addr: netip.MustParseAddr(address), asked: j.Options.Nmap.Ports.Ports()}
		if got := strings.Join(r.args(), " "); got != strings.Join(always, " ")+" "+want {
			t.Errorf("%s: %s", address, got)
		}
	}
}

func FuzzReport(f *testing.F) {
	f.Add(begin + middle + end)
	f.Add(`<nmaprun><extraports state="filtered"><extrareasons reason="x" ports="1-65535,1-65535"/></extraports>`)
	for _, file := range []string{"nmap-7.93-connect-all-ports.xml", "nmap-7.93-full.xml"} {
		xml, err := os.ReadFile("testdata/" + file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(xml))
	}
	few := job(f, "1-100")
	f.Fuzz(func(t *testing.T, xml string) {
		s, r, err := readBy(t, few, xml)
		for _, p := range scantest.Of[domain.Port](s) {
			if p.Port < 1 || p.Port > mostPorts {
				t.Errorf("port %d", p.Port)
			}
		}
		r.coverage(err)
	})
}
