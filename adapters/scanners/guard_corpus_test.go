package scanners

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// spellings4 are the ways to write an IPv4 address that some resolver,
// browser or gateway takes for it, as hosts of a URL.
var spellings4 = map[string]string{
	"plain":                "{a}.{b}.{c}.{d}",
	"trailing dot":         "{a}.{b}.{c}.{d}.",
	"decimal":              "{n}",
	"hexadecimal":          "0x{x}",
	"hexadecimal, capital": "0X{X}",
	"octal":                "0{o}",
	"hexadecimal parts":    "0x{xa}.0x{xb}.0x{xc}.0x{xd}",
	"octal parts":          "0{oa}.0{ob}.0{oc}.0{od}",
	"padded parts":         "{a}.{b}.{c}.00{d}",
	"padded octal":         "0000{oa}.{b}.{c}.{d}",
	"mixed parts":          "0x{xa}.{b}.0{oc}.{d}",
	"three parts":          "{a}.{b}.{cd}",
	"two parts":            "{a}.{bcd}",
	"two parts, hex":       "0x{xa}.{bcd}",
	"full-width digit":     "{a}.{b}.{c}.１",
	"full-width dot":       "{a}．{b}．{c}．{d}",
	"ideographic dot":      "{a}。{b}。{c}。{d}",
	"half-width dot":       "{a}｡{b}｡{c}｡{d}",
	"circled digit":        "{a}.{b}.{c}.①",
	"mathematical digit":   "{a}.{b}.{c}.𝟏",
	"Arabic digit":         "{a}.{b}.{c}.١",
	"soft hyphen":          "{a}.{b}.{c}.\u00ad{d}",
	"zero-width space":     "{a}.{b}.{c}.\u200b{d}",
	"percent-encoded":      "%3{a0}{a1}.{b}.{c}.{d}",
	"percent-encoded dot":  "{a}%2e{b}%2e{c}%2e{d}",
	"null byte":            "{a}.{b}.{c}.{d}\x00.example.com",
	"encoded null":         "{a}.{b}.{c}.{d}%00.example.com",
	"tab":                  "{a}.{b}\t.{c}.{d}",
	"line feed":            "{a}.{b}.{c}.{d}\n",
	"carriage return":      "{a}.{b}.{c}.{d}\r\nHost: example.com",
	"space":                "{a}.{b}.{c}.{d} ",
	"user":                 "example.com@{a}.{b}.{c}.{d}",
	"user and password":    "a:b@{a}.{b}.{c}.{d}",
	"fragment":             "{a}.{b}.{c}.{d}#@example.com",
	"query":                "{a}.{b}.{c}.{d}?@example.com",
	"path":                 "{a}.{b}.{c}.{d}/@example.com",
	"backslash":            "{a}.{b}.{c}.{d}\\@example.com",
	"encoded at":           "example.com%40{a}.{b}.{c}.{d}",
	"semicolon":            "{a}.{b}.{c}.{d};example.com",
	"comma":                "{a}.{b}.{c}.{d},example.com",
	"five parts":           "{a}.{b}.{c}.{d}.0",
	"range":                "{a}.{b}.{c}.{d}-255",
	"CIDR":                 "{a}.{b}.{c}.{d}/24",
	"empty part":           "{a}.{b}.{c}..{d}",
	"mapped":               "[::ffff:{a}.{b}.{c}.{d}]",
	"mapped, hex":          "[::ffff:{ab}:{cdx}]",
	"mapped, long":         "[0:0:0:0:0:FFFF:{ab}:{cdx}]",
	"mapped, padded":       "[0000:0000:0000:0000:0000:ffff:{ab}:{cdx}]",
	"mapped, bare":         "::ffff:{a}.{b}.{c}.{d}",
	"compatible":           "[::{a}.{b}.{c}.{d}]",
	"translated":           "[::ffff:0:{a}.{b}.{c}.{d}]",
	"NAT64":                "[64:ff9b::{a}.{b}.{c}.{d}]",
	"NAT64, local":         "[64:ff9b:1::{a}.{b}.{c}.{d}]",
	"6to4":                 "[2002:{ab}:{cdx}::1]",
	"Teredo":               "[2001:0:{ab}:{cdx}::]",
	"ISATAP":               "[2a00:1450::5efe:{a}.{b}.{c}.{d}]",
	"ISATAP, global":       "[2a00:1450::200:5efe:{a}.{b}.{c}.{d}]",
	"zone":                 "[::ffff:{a}.{b}.{c}.{d}%25lo]",
	"name":                 "{a}-{b}-{c}-{d}.wild.test",
	"name, mapped":         "six-{a}-{b}-{c}-{d}.wild.test",
	"name among public":    "pair-{a}-{b}-{c}-{d}.wild.test",
	"alias":                "alias-{a}-{b}-{c}-{d}.wild.test",
}

var spelled4 = []string{
	"0.0.0.1", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16", "169.254.169.254", "169.254.170.2",
	"172.16.0.1", "172.31.255.254", "192.0.0.8", "192.0.0.192", "192.0.2.1", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.1", "192.168.255.254",
	"192.175.48.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
}

func spell(form string, addr netip.Addr) string {
	p := addr.As4()
	n := uint64(p[0])<<24 | uint64(p[1])<<16 | uint64(p[2])<<8 | uint64(p[3])
	hex := func(v uint64) string { return strconv.FormatUint(v, 16) }
	list := []string{
		"{n}", fmt.Sprint(n), "{x}", hex(n), "{X}", strings.ToUpper(hex(n)), "{o}", strconv.FormatUint(n, 8),
		"{cd}", fmt.Sprint(n & 0xffff), "{bcd}", fmt.Sprint(n & 0xffffff), "{ab}", hex(n >> 16), "{cdx}", hex(n & 0xffff),
		"{a0}", fmt.Sprint(p[0])[:1], "{a1}", fmt.Sprint(p[0])[1:],
	}
	for i, part := range p {
		name := string(rune('a' + i))
		list = append(list, "{"+name+"}", fmt.Sprint(part), "{x"+name+"}", hex(uint64(part)), "{o"+name+"}", strconv.FormatUint(uint64(part), 8))
	}
	return strings.NewReplacer(list...).Replace(form)
}

// wildZone is a wildcard DNS service for the addresses of the corpus.
func wildZone() map[string][]string {
	zone := map[string][]string{}
	for _, s := range spelled4 {
		name := strings.ReplaceAll(s, ".", "-") + ".wild.test."
		zone[name+" A"] = []string{s}
		zone["six-"+name+" AAAA"] = []string{"::ffff:" + s}
		zone["pair-"+name+" A"] = []string{"8.8.8.8," + s}
		zone["alias-"+name+" A"] = []string{"CNAME " + name + "," + s}
	}
	return zone
}

// corpus has every spelling of every address that is denied.
func corpus() []string {
	var urls []string
	for _, s := range spelled4 {
		for _, form := range spellings4 {
			host := spell(form, netip.MustParseAddr(s))
			urls = append(urls, "http://"+host, host)
		}
	}
	for _, s := range deniedAddrs {
		if addr := netip.MustParseAddr(s); addr.Is6() {
			urls = append(urls, "https://["+s+"]/", "http://["+addr.StringExpanded()+"]:8080/", "["+strings.ToUpper(s)+"]", "https://"+s+"/")
		}
	}
	for _, name := range []string{
		"localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "a.localhost", "ip6-localhost", "ip6-loopback", "metadata.google.internal",
		"metadata.google.internal.", "metadata", "instance-data", "printer.local", "host.docker.internal", "kubernetes.default.svc.cluster.local", "router.home.arpa",
		"kafka", "postgres", "ｌocalhost", "ⓛocalhost", "locaſhost", "local%68ost", "localhost%00.example.com", "example.com@localhost", "localhost#@example.com", "localhost\\@example.com",
	} {
		urls = append(urls, "http://"+name, "https://"+name+":8443/x", name)
	}
	return urls
}

// TestCorpus wants every spelling refused by the parser or by the guard.
func TestCorpus(t *testing.T) {
	server := newNameserver(t, wildZone())
	guard := NewGuard(Policy{Resolver: server.addr})
	urls := corpus()
	if len(urls) < 1000 {
		t.Errorf("the corpus has shrunk to %d", len(urls))
	}
	for _, s := range urls {
		for name, parse := range map[string]func(string) (domain.Target, error){
			"ParseURL": domain.ParseURL, "ParseHost": domain.ParseHost, "ParseTarget": domain.ParseTarget,
		} {
			target, err := parse(s)
			if err == nil {
				err = guard.Check(context.Background(), target)
			}
			if code := domain.CodeOf(err); code != domain.Invalid && code != domain.Forbidden {
				t.Errorf("%s(%q) is %+v, and the guard says %v", name, s, target, err)
			}
		}
	}
}

// tripwire counts what reaches 127.0.0.1 and ::1 on one port, over TCP and UDP.
type tripwire struct {
	port string
	hits atomic.Int64
}

func newTripwire(t *testing.T) *tripwire {
	t.Helper()
	w := &tripwire{}
	first, packets := listenBoth(t)
	_, w.port, _ = net.SplitHostPort(first.Addr().String())
	w.accept(t, first)
	if second, err := net.Listen("tcp", "[::1]:"+w.port); err == nil {
		w.accept(t, second)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for buffer := make([]byte, 512); ; w.hits.Add(1) {
			if _, _, err := packets.ReadFrom(buffer); err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { packets.Close(); <-done })
	return w
}

func (w *tripwire) accept(t *testing.T, listener net.Listener) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			w.hits.Add(1)
			conn.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
}

// TestTripwire dials and fetches every spelling of the loopback addresses,
// past the parser, and wants nothing to arrive.
func TestTripwire(t *testing.T) {
	server := newNameserver(t, wildZone())
	wire := newTripwire(t)
	for _, policy := range []Policy{
		{Resolver: server.addr},
		{Resolver: server.addr, Allow: prefixes("127.0.0.2/32", "10.0.0.0/8", "fd00::/8")},
		{Resolver: server.addr, Allow: prefixes("127.0.0.0/8", "::1/128"), Own: []netip.AddrPort{netip.MustParseAddrPort("0.0.0.0:" + wire.port)}},
	} {
		session := NewGuard(policy).Session()
		for _, host := range loopbackHosts() {
			for _, network := range []string{"tcp", "tcp4", "tcp6", "udp", "udp4", "udp6", "unix", "ip"} {
				conn, err := session.DialContext(context.Background(), network, net.JoinHostPort(host, wire.port))
				if err == nil {
					conn.Write([]byte("x"))
					conn.Close()
					t.Errorf("%s %q was dialled", network, host)
				}
			}
			for _, scheme := range []string{"http", "https"} {
				u := &url.URL{Scheme: scheme, Host: net.JoinHostPort(host, wire.port), Path: "/"}
				if answer, err := session.Fetch(context.Background(), Request{URL: u}); err == nil {
					t.Errorf("%s was fetched: %d", u, answer.Status)
				}
			}
		}
	}
	wire.requireSilent(t)
}

// requireSilent sends one packet past any guard, and wants it to be the first
// to arrive.
func (w *tripwire) requireSilent(t *testing.T) {
	t.Helper()
	conn, err := net.Dial("tcp", "127.0.0.1:"+w.port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.Read(make([]byte, 1)) // closed by the listener once it has counted
	if n := w.hits.Load(); n != 1 {
		t.Errorf("%d connections or packets arrived besides the test's own", n-1)
	}
}

func loopbackHosts() []string {
	hosts := []string{"localhost", "a.localhost", "::1", "0:0:0:0:0:0:0:1", "::", "0.0.0.0", "::ffff:0.0.0.0", "0", "ip6-localhost", "::1%lo"}
	for _, form := range spellings4 {
		hosts = append(hosts, strings.Trim(spell(form, netip.MustParseAddr("127.0.0.1")), "[]"))
	}
	return hosts
}
