package scanners

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/scanledger/scanledger/adapters/scanners/hostile"
	"github.com/scanledger/scanledger/domain"
)

func TestResolve(t *testing.T) {
	server := hostile.NewNameserver(t, map[string][]string{
		"both.test. A":             {"8.8.8.8,1.1.1.1"},
		"both.test. AAAA":          {"2606:4700:4700::1111"},
		"six.test. AAAA":           {"2606:4700:4700::1111"},
		"xn--bcher-kva.test. A":    {"8.8.8.8"},
		"alias.test. A":            {"CNAME next.test.,CNAME end.test.,8.8.8.8"},
		"half.test. A":             {"CNAME end.test."},
		"end.test. A":              {"8.8.4.4"},
		"round.test. A":            {"CNAME round.test."},
		"ping.test. A":             {"CNAME pong.test."},
		"pong.test. A":             {"CNAME ping.test."},
		"private.test. A":          {"10.0.0.1"},
		"mixed.test. A":            {"8.8.8.8,127.0.0.1"},
		"sixprivate.test. A":       {"8.8.8.8"},
		"sixprivate.test. AAAA":    {"::1"},
		"mapped.test. AAAA":        {"::ffff:127.0.0.1"},
		"nat64.test. AAAA":         {"64:ff9b::7f00:1"},
		"nat64ok.test. AAAA":       {"64:ff9b::808:808"},
		"toprivate.test. A":        {"CNAME private.test."},
		"intoprivate.test. A":      {"CNAME private.test.,10.0.0.1"},
		"metadata.test. A":         {"169.254.169.254"},
		"wire.test. A":             {"168.63.129.16"},
		"zero.test. A":             {"0.0.0.0"},
		"printer.local. A":         {"8.8.8.8"},
		"db.internal. A":           {"8.8.8.8"},
		"intranet. A":              {"8.8.8.8"},
		"localhost. A":             {"8.8.8.8"},
		"127.0.0.1.nip.example. A": {"127.0.0.1"},
	})
	guard := NewGuard(Policy{Resolver: server.Addr})
	for _, c := range []struct {
		host string
		code domain.Code
		want string
	}{
		{"both.test", "", "1.1.1.1 8.8.8.8 2606:4700:4700::1111"},
		{"BOTH.test.", "", "1.1.1.1 8.8.8.8 2606:4700:4700::1111"},
		{"six.test", "", "2606:4700:4700::1111"},
		{"bücher.test", "", "8.8.8.8"},
		{"alias.test", "", "8.8.8.8"},
		{"half.test", "", "8.8.4.4"},
		{"nat64ok.test", "", "64:ff9b::808:808"},
		{"8.8.8.8", "", "8.8.8.8"},
		{"::ffff:8.8.8.8", "", "8.8.8.8"},
		{"absent.test", domain.Unresolvable, ""},
		{"round.test", domain.Unresolvable, ""},
		{"ping.test", domain.Unresolvable, ""},
		{"example.invalid", domain.Unresolvable, ""},
		{"example.onion", domain.Unresolvable, ""},
		{"private.test", domain.Forbidden, ""},
		{"mixed.test", domain.Forbidden, ""},
		{"sixprivate.test", domain.Forbidden, ""},
		{"mapped.test", domain.Forbidden, ""},
		{"nat64.test", domain.Forbidden, ""},
		{"toprivate.test", domain.Forbidden, ""},
		{"intoprivate.test", domain.Forbidden, ""},
		{"metadata.test", domain.Forbidden, ""},
		{"wire.test", domain.Forbidden, ""},
		{"zero.test", domain.Forbidden, ""},
		{"127.0.0.1.nip.example", domain.Forbidden, ""},
		{"printer.local", domain.Forbidden, ""},
		{"db.internal", domain.Forbidden, ""},
		{"metadata.google.internal", domain.Forbidden, ""},
		{"intranet", domain.Forbidden, ""},
		{"localhost", domain.Forbidden, ""},
		{"LOCALHOST.", domain.Forbidden, ""},
		{"a.b.localhost", domain.Forbidden, ""},
		{"localhost.localdomain", domain.Forbidden, ""},
		{"127.0.0.1", domain.Forbidden, ""},
		{"::1", domain.Forbidden, ""},
		{"127.1", domain.Invalid, ""},
		{"", domain.Invalid, ""},
		{"fe80::1%lo", domain.Invalid, ""},
	} {
		addrs, err := guard.Resolve(context.Background(), c.host)
		got := strings.Trim(fmt.Sprint(addrs), "[]")
		if err != nil {
			got = ""
		}
		if domain.CodeOf(err) != c.code || !sameSet(got, c.want) {
			t.Errorf("%q: %s, %v; want %q, code %q", c.host, got, err, c.want, c.code)
		}
	}
	for _, name := range []string{"localhost. A", "intranet. A", "db.internal. A", "printer.local. A"} {
		if n := server.Count(name); n != 0 {
			t.Errorf("%s was asked %d times of a resolver", name, n)
		}
	}
}

// sameSet compares lists whose order depends on the routes of the machine.
func sameSet(a, b string) bool {
	set := map[string]int{}
	for _, s := range strings.Fields(a) {
		set[s]++
	}
	for _, s := range strings.Fields(b) {
		set[s]--
	}
	for _, n := range set {
		if n != 0 {
			return false
		}
	}
	return true
}

func TestResolveAllowed(t *testing.T) {
	server := hostile.NewNameserver(t, map[string][]string{
		"db.internal. A":  {"10.0.0.1"},
		"web. A":          {"10.0.0.2"},
		"web.local. A":    {"8.8.8.8"},
		"mixed.test. A":   {"8.8.8.8,10.0.0.1"},
		"outside.test. A": {"10.0.0.1,10.1.0.1"},
	})
	guard := NewGuard(Policy{Resolver: server.Addr, Allow: prefixes("10.0.0.0/24", "127.0.0.0/8")})
	for host, want := range map[string]string{
		"db.internal": "10.0.0.1", "web": "10.0.0.2", "mixed.test": "8.8.8.8 10.0.0.1",
		"localhost": "127.0.0.1", "a.localhost": "127.0.0.1", "127.0.0.2": "127.0.0.2",
	} {
		addrs, err := guard.Resolve(context.Background(), host)
		if got := strings.Trim(fmt.Sprint(addrs), "[]"); err != nil || !sameSet(got, want) {
			t.Errorf("%s: %s, %v; want %s", host, got, err, want)
		}
	}
	for _, host := range []string{"web.local", "outside.test", "10.0.1.1", "::1"} {
		if addrs, err := guard.Resolve(context.Background(), host); domain.CodeOf(err) != domain.Forbidden {
			t.Errorf("%s: %v, %v; want it forbidden", host, addrs, err)
		}
	}
}

// TestDenialsAreAlike wants no word of why something is denied in an answer,
// and the reason in the log.
func TestDenialsAreAlike(t *testing.T) {
	server := hostile.NewNameserver(t, map[string][]string{"a.test. A": {"10.0.0.1"}, "b.test. A": {"169.254.169.254"}})
	var log bytes.Buffer
	guard := NewGuard(Policy{
		Resolver: server.Addr, Own: []netip.AddrPort{netip.MustParseAddrPort("8.8.8.8:443")},
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	var first string
	for _, s := range []string{"http://a.test/", "http://b.test/", "http://127.0.0.1/", "http://x.internal/", "http://localhost/", "https://8.8.8.8/"} {
		target, err := domain.ParseURL(s)
		if err != nil {
			t.Fatal(err)
		}
		err = guard.Check(context.Background(), target)
		if domain.CodeOf(err) != domain.Forbidden {
			t.Errorf("%s: %v, want it forbidden", s, err)
			continue
		}
		if first == "" {
			first = err.Error()
		}
		if err.Error() != first {
			t.Errorf("%s is told apart: %q, not %q", s, err, first)
		}
	}
	for _, want := range []string{"RFC 1918", "cloud metadata", "RFC 1122", "local network", "platform"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, log.String())
		}
	}
}

func TestResolverFaults(t *testing.T) {
	zone := map[string][]string{"a.test. A": {"8.8.8.8"}}
	for name, c := range map[string]struct {
		mangle func(w dns.ResponseWriter, answer *dns.Msg)
		code   domain.Code
	}{
		"truncated over UDP": {func(w dns.ResponseWriter, m *dns.Msg) {
			if _, ok := w.LocalAddr().(*net.UDPAddr); ok {
				m.Truncated, m.Answer = true, nil
			}
		}, ""},
		"truncated over both": {func(_ dns.ResponseWriter, m *dns.Msg) { m.Truncated, m.Answer = true, nil }, domain.Unresolvable},
		"server failure":      {func(_ dns.ResponseWriter, m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeServerFailure, nil }, domain.Unresolvable},
		"refused":             {func(_ dns.ResponseWriter, m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeRefused, nil }, domain.Unresolvable},
		"no such name":        {func(_ dns.ResponseWriter, m *dns.Msg) { m.Rcode, m.Answer = dns.RcodeNameError, nil }, domain.Unresolvable},
		"another question":    {func(_ dns.ResponseWriter, m *dns.Msg) { m.Question[0].Name = "b.test." }, domain.Unresolvable},
		"no question":         {func(_ dns.ResponseWriter, m *dns.Msg) { m.Question = nil }, domain.Unresolvable},
		"another's records":   {func(_ dns.ResponseWriter, m *dns.Msg) { rename(m, "b.test.") }, domain.Unresolvable},
	} {
		server := hostile.NewNameserver(t, zone)
		server.SetMangle(c.mangle)
		addrs, err := NewGuard(Policy{Resolver: server.Addr}).Resolve(context.Background(), "a.test")
		if domain.CodeOf(err) != c.code || c.code == "" && len(addrs) != 1 {
			t.Errorf("%s: %v, %v; want code %q", name, addrs, err, c.code)
		}
	}
}

func rename(m *dns.Msg, owner string) {
	for _, record := range m.Answer {
		record.Header().Name = owner
	}
}

// TestOneFamilyFails wants a name denied nothing by a resolver that fails for
// one family: an address that was not seen must not be dialled, and is not.
func TestOneFamilyFails(t *testing.T) {
	server := hostile.NewNameserver(t, map[string][]string{"a.test. A": {"8.8.8.8"}})
	server.SetMangle(func(_ dns.ResponseWriter, m *dns.Msg) {
		if m.Question[0].Qtype == dns.TypeAAAA {
			m.Rcode = dns.RcodeServerFailure
		}
	})
	addrs, err := NewGuard(Policy{Resolver: server.Addr}).Resolve(context.Background(), "a.test")
	if err != nil || len(addrs) != 1 {
		t.Errorf("got %v, %v; want the address of the other family", addrs, err)
	}
}

func TestResolveEndsWithItsContext(t *testing.T) {
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		buffer := make([]byte, 512)
		silent.ReadFrom(buffer) // the question is out
		cancel()
	}()
	_, err = NewGuard(Policy{Resolver: silent.LocalAddr().String()}).Resolve(ctx, "a.test")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
}

func prefixes(list ...string) []netip.Prefix {
	var all []netip.Prefix
	for _, s := range list {
		all = append(all, netip.MustParsePrefix(s))
	}
	return all
}
