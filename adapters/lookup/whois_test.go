package lookup

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// TestReferrals goes from the first server to the registry's and to the registrar's,
// and straight to the registry's the next time.
func TestReferrals(t *testing.T) {
	w := newWorld(t, nil)
	registrar := w.whois(func(q string) string {
		return "Domain Name: " + q + "\nRegistrar: The Registrar\nRegistrant Name: Jane Doe\nCreation Date: 1999-01-01\n"
	})
	registry := w.whois(func(q string) string {
		return "Domain Name: " + strings.ToUpper(q) + "\nRegistrar WHOIS Server: " + registrar + "\nCreation Date: 2001-02-03\n\nrefer: 127.0.0.1:25\nReferralServer: rwhois://127.0.0.1:4321\n"
	})
	w.WHOIS = w.whois(func(q string) string { w.note("first"); return "refer:   " + registry + "\n\ndomain:  EXAMPLE\n" })
	for _, name := range []string{"one.example", "two.example"} {
		r := w.ask(name, domain.LookupWHOIS)
		want := "rdap skipped, whois skipped, whois found, whois of the registrar found"
		if name == "two.example" {
			want = "rdap skipped, whois found, whois of the registrar found"
		}
		wantEnded(t, r, want)
		at, _ := r.Registration.Date(domain.Registered)
		if r.Registration.Registrar.Name != "The Registrar" || at.Year() != 2001 || r.Registration.Contacts[0].Name != "Jane Doe" {
			t.Errorf("%+v", r.Registration)
		}
	}
	if w.count("first") != 1 {
		t.Errorf("the first server was asked %d times", w.count("first"))
	}
	w.later(25 * time.Hour)
	w.ask("three.example", domain.LookupWHOIS)
	if w.count("first") != 2 {
		t.Errorf("after a day the first server was asked %d times", w.count("first"))
	}
}

// TestReferralMoves has a registry's server move: it is found again.
func TestReferralMoves(t *testing.T) {
	w := newWorld(t, nil)
	old, moved := w.listen(func(q string, conn net.Conn) {
		if w.count("gone") == 0 {
			fmt.Fprint(conn, exampleWHOIS(q))
		}
	}), w.whois(exampleWHOIS)
	next := old
	w.WHOIS = w.whois(func(string) string { return "refer: " + next + "\n" })
	wantEnded(t, w.ask("one.example", domain.LookupWHOIS), "rdap skipped, whois skipped, whois found")
	w.note("gone")
	next = moved
	wantEnded(t, w.ask("two.example", domain.LookupWHOIS), "rdap skipped, whois failed")
	wantEnded(t, w.ask("three.example", domain.LookupWHOIS), "rdap skipped, whois skipped, whois found")
}

// TestHostileReferrals name places that nobody may be sent to, or never end.
func TestHostileReferrals(t *testing.T) {
	for name, c := range map[string]struct{ next, want string }{
		"private":   {"10.0.0.1", "rdap skipped, whois skipped, whois refused"},
		"metadata":  {"whois://169.254.169.254:43", "rdap skipped, whois skipped, whois refused"},
		"v6":        {"[fd00::1]:43", "rdap skipped, whois failed"},
		"ssh":       {"whois.example.net:22", "rdap skipped, whois failed"},
		"spelling":  {"0x7f.1", "rdap skipped, whois failed"},
		"localhost": {"localhost.localdomain", "rdap skipped, whois skipped, whois failed"},
		"nothing":   {"", "rdap skipped, whois failed"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(string) string { return "domain: EXAMPLE\nrefer: " + c.next + "\n" })
			wantEnded(t, w.ask("a.example", domain.LookupWHOIS), c.want)
		})
	}
	t.Run("in a circle", func(t *testing.T) {
		w := newWorld(t, nil)
		w.WHOIS = w.whois(func(string) string { return "refer: " + w.WHOIS + "\n" })
		r := w.ask("a.example", domain.LookupWHOIS)
		wantEnded(t, r, "rdap skipped, whois none")
		if r.Registration != nil {
			t.Errorf("%+v", r.Registration)
		}
	})
	t.Run("without end", func(t *testing.T) {
		w := newWorld(t, nil)
		next := "whois.example"
		for range 9 {
			to := next
			next = w.whois(func(string) string { return "refer: " + to + "\n" })
		}
		w.WHOIS = next
		r := w.ask("a.example", domain.LookupWHOIS)
		wantEnded(t, r, "rdap skipped, whois skipped, whois skipped, whois skipped, whois skipped, whois failed")
		if last := r.Parts[len(r.Parts)-1]; last.Reason != "more than 3 referrals" {
			t.Errorf("%+v", last)
		}
	})
}

// TestHostileServers never end, or say what is no text: each is bounded, and the
// look-up has its answer.
func TestHostileServers(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(question string, conn net.Conn)
		want   string
	}{
		"endless": {func(q string, conn net.Conn) {
			line := []byte(exampleWHOIS(q) + strings.Repeat("x: y\n", 1000))
			for {
				if _, err := conn.Write(line); err != nil {
					return
				}
			}
		}, "found larger than 512 KiB"},
		"one line without end": {func(_ string, conn net.Conn) {
			for line := []byte(strings.Repeat("x", 1<<16)); ; {
				if _, err := conn.Write(line); err != nil {
					return
				}
			}
		}, "failed says nothing"},
		"silent": {func(_ string, conn net.Conn) { conn.Read(make([]byte, 1)) }, "timed_out in time"},
		"drips": {func(_ string, conn net.Conn) {
			conn.Write([]byte("D"))
			conn.Read(make([]byte, 1)) // until it hangs up
		}, "timed_out in time"},
		"binary":       {func(_ string, conn net.Conn) { conn.Write([]byte("\x00\xff\xfe:\x1b[2J\x01\n\xc3\x28: x\n")) }, "failed says nothing"},
		"empty":        {func(string, net.Conn) {}, "failed empty"},
		"spaces":       {func(_ string, conn net.Conn) { fmt.Fprint(conn, strings.Repeat(" \n", 10_000)) }, "failed says nothing"},
		"another name": {func(_ string, conn net.Conn) { fmt.Fprint(conn, exampleWHOIS("other.example")) }, "failed says nothing"},
		"quota":        {func(_ string, conn net.Conn) { fmt.Fprint(conn, "Too many requests from your address\n") }, "limited left alone"},
		"escapes": {func(q string, conn net.Conn) {
			fmt.Fprint(conn, exampleWHOIS(q)+"Registrant Name: \x1b]0;x\x07\u202Eevil\n")
		}, "found "},
		"in ISO 8859-1":         {func(q string, conn net.Conn) { fmt.Fprint(conn, exampleWHOIS(q)+"Registrant Name: Jos\xe9\n") }, "found "},
		"a name for an address": {func(_ string, conn net.Conn) { fmt.Fprint(conn, exampleWHOIS("8.8.8.8")) }, "failed says nothing"},
		"not known":             {func(_ string, conn net.Conn) { fmt.Fprint(conn, "No Data Found\n") }, "none knows no"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			if strings.HasPrefix(c.want, "timed_out") {
				w.patience = 50 * time.Millisecond
			}
			w.WHOIS = w.listen(c.answer)
			subject := "a.example"
			if name == "a name for an address" {
				subject = "9.9.9.9"
			}
			r := w.ask(subject, domain.LookupAll)
			outcome, reason, _ := strings.Cut(c.want, " ")
			p := r.Parts[1]
			if p.Part != "whois" || string(p.Outcome) != outcome || !strings.Contains(p.Reason, reason) {
				t.Errorf("%+v", r.Parts)
			}
			if (r.Registration != nil) != (outcome == "found") || r.DNS == nil {
				t.Errorf("registration %+v, DNS %+v", r.Registration, r.DNS)
			}
			switch name {
			case "escapes":
				if got := r.Registration.Contacts[0].Name; got != "[U+001B]]0;x[U+0007][U+202E]evil" {
					t.Errorf("the holder is %q", got)
				}
			case "in ISO 8859-1":
				if got := r.Registration.Contacts[0].Name; got != "José" {
					t.Errorf("the holder is %q", got)
				}
			}
		})
	}
}

// TestQuestions are asked as servers want them.
func TestQuestions(t *testing.T) {
	for server, want := range map[string]string{
		"whois.denic.de:43": "-T dn,ace a.de", "whois.jprs.jp:43": "a.de/e", "whois.verisign-grs.com:43": "domain a.de", "whois.nic.example:43": "a.de", "127.0.0.1:4343": "a.de",
	} {
		if got := question(server, domain.LookupSubject{Kind: domain.DomainSubject, Name: "a.de"}); got != want {
			t.Errorf("%s is asked %q", server, got)
		}
	}
	if got := question("whois.arin.net:43", domain.LookupSubject{Kind: domain.AddressSubject, Name: "192.0.2.1"}); got != "n + 192.0.2.1" {
		t.Errorf("ARIN is asked %q", got)
	}
}

// TestRefused has subjects that are not public, and resolvers that may not be asked.
func TestRefused(t *testing.T) {
	w := newWorld(t, nobody)
	w.Guard = strict{}
	look := func(name, resolver string) error {
		s, err := domain.ParseSubject(name)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.LookUp(t.Context(), domain.LookupQuestion{Subject: s, Type: domain.LookupAll, Resolver: resolver})
		return err
	}
	for _, name := range []string{"10.0.0.1", "printer.local", "fd00::1"} {
		if err := look(name, ""); domain.CodeOf(err) != domain.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, resolver := range []string{"192.0.2.53:22", "a b", "http://x", "192.0.2.53:70000", "-x", "0x7f.1"} {
		if err := look("a.com", resolver); domain.CodeOf(err) != domain.Invalid || !strings.Contains(err.Error(), "resolver") {
			t.Errorf("resolver %q: %v", resolver, err)
		}
	}
	w.dns.err = domain.Errorf(domain.Forbidden, "this target may not be reached")
	if err := look("a.com", "10.0.0.53"); domain.CodeOf(err) != domain.Forbidden {
		t.Errorf("%v", err)
	}
	if len(w.asked) > 2 { // the registry and who it is, of the last one
		t.Errorf("asked %v", w.asked)
	}
}

// strict allows names alone that end in .com.
type strict struct{}

func (strict) Check(context.Context, domain.Target) error {
	return domain.Errorf(domain.Forbidden, "not public")
}

func (strict) CheckName(name string) error {
	if !strings.HasSuffix(name, ".com") {
		return domain.Errorf(domain.Forbidden, "not public")
	}
	return nil
}

// PublicName implements Guard.
func (s strict) PublicName(name string) bool { return s.CheckName(name) == nil }

// TestLocalNames are told to no registry, where they may be looked up at all.
func TestLocalNames(t *testing.T) {
	w := newWorld(t, nobody)
	w.Guard = open{}
	for _, name := range []string{"secret.internal", "printer.local", "a.localhost", "nas.home.arpa"} {
		wantEnded(t, w.ask(name, domain.LookupWHOIS), "rdap skipped, whois skipped")
	}
	if len(w.asked) > 0 {
		t.Errorf("asked %v", w.asked)
	}
}

// closed is a network with names of its own, none of which may be scanned.
type closed struct{ strict }

func (closed) CheckName(string) error { return nil }

// open is one of which all may be scanned.
type open struct{ closed }

func (open) Check(context.Context, domain.Target) error { return nil }

// TestLocalNamesOfOthers: who may not scan a host of the local network hears nothing
// of it from the DNS.
func TestLocalNamesOfOthers(t *testing.T) {
	w := newWorld(t, nobody)
	w.Guard = closed{}
	for name, want := range map[string]domain.Code{"secret.internal": domain.Forbidden, "example.com": ""} {
		s, err := domain.ParseSubject(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.LookUp(t.Context(), domain.LookupQuestion{Subject: s, Type: domain.LookupDNS}); domain.CodeOf(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPanicIsAnError: what an answer makes of its reader ends that question alone.
func TestPanicIsAnError(t *testing.T) {
	m := memory[int]{now: time.Now}
	_, err := m.get(t.Context(), "a.com", func(context.Context) (int, bool, error) { panic("odd") })
	if err == nil || !strings.Contains(err.Error(), "a.com") {
		t.Errorf("%v", err)
	}
	if n, err := m.get(t.Context(), "a.com", func(context.Context) (int, bool, error) { return 7, true, nil }); n != 7 || err != nil {
		t.Errorf("the next: %d, %v", n, err)
	}
}

// TestBudgets has a registry asked more often than it likes.
func TestBudgets(t *testing.T) {
	now := time.Date(2026, 4, 3, 12, 0, 0, 0, time.UTC)
	b := newBudgets(func() time.Time { return now })
	var limited limitedError
	for i := range 5 {
		if wait, err := b.reserve("rdap.lacnic.net:443"); err != nil || wait != 0 {
			t.Errorf("question %d waits %s, %v", i, wait, err)
		}
	}
	if _, err := b.reserve("rdap.lacnic.net:443"); !errors.As(err, &limited) {
		t.Errorf("the sixth within a moment: %v", err)
	}
	if _, err := b.reserve("rdap.example.net:443"); err != nil {
		t.Errorf("another registry: %v", err)
	}
	now = now.Add(10 * time.Second)
	if _, err := b.reserve("rdap.lacnic.net:443"); err != nil {
		t.Errorf("after ten seconds: %v", err)
	}
	for _, c := range []struct {
		says  string
		until time.Duration
	}{{"7", 7 * time.Second}, {"", quotaPause}, {"soon", quotaPause}, {"999999999", longestPause}, {"-1", quotaPause}, {"Fri, 03 Apr 2026 12:00:40 GMT", 30 * time.Second}} {
		b := newBudgets(func() time.Time { return now })
		b.pause("a.example:43", c.says)
		if got := b.all["a.example:43"].paused.Sub(now); got != c.until {
			t.Errorf("after %q it is left alone for %s, want %s", c.says, got, c.until)
		}
		if _, err := b.reserve("a.example:43"); !errors.As(err, &limited) {
			t.Errorf("after %q: %v", c.says, err)
		}
		saved := now
		now = now.Add(c.until)
		if _, err := b.reserve("a.example:43"); err != nil {
			t.Errorf("after %q and that time: %v", c.says, err)
		}
		now = saved
	}
}

func TestRegistrable(t *testing.T) {
	for name, want := range map[string]string{
		"www.example.com": "example.com", "example.com": "example.com", "a.b.example.co.uk": "example.co.uk", "co.uk": "co.uk", "user.github.io": "github.io",
		"a.b.example": "b.example", "xn--bcher-kva.de": "xn--bcher-kva.de", "www.parliament.uk": "parliament.uk",
	} {
		if got := registrable(domain.LookupSubject{Kind: domain.DomainSubject, Name: name}); got.Name != want {
			t.Errorf("%s is in %s, want %s", name, got.Name, want)
		}
	}
}

func TestDates(t *testing.T) {
	for text, want := range map[string]string{
		"1995-08-14T04:00:00Z": "1995-08-14T04:00:00Z", "1995-08-14T04:00:00.5+02:00": "1995-08-14T02:00:00Z", "2006-01-02T03:04:05+0000": "2006-01-02T03:04:05Z",
		"2006-01-02 03:04:05": "2006-01-02T03:04:05Z", "2006-01-02": "2006-01-02T00:00:00Z", "2006/01/02": "2006-01-02T00:00:00Z", "26-Nov-1996": "1996-11-26T00:00:00Z",
		"20060102": "2006-01-02T00:00:00Z", "19990101 #1234": "1999-01-01T00:00:00Z", "2.1.2006": "2006-01-02T00:00:00Z", "02/01/2006": "2006-01-02T00:00:00Z",
		"2026/03/01 01:08:25 (JST)": "2026-02-28T16:08:25Z", "2003-03-17 12:20:05 (UTC+8)": "2003-03-17T04:20:05Z", "Mon Jan  2 15:04:05 GMT 2006": "2006-01-02T15:04:05Z",
		"2006. 01. 02.": "2006-01-02T00:00:00Z", "January 2 2006": "2006-01-02T00:00:00Z",
		"": "", "never": "", "before Aug-1996": "", "0000-00-00": "", "1-1": "", "99999999": "", "1500-01-01": "", "9999-12-31": "", "2006-13-45": "",
	} {
		got := ""
		if at, is := parseDate(text); is {
			got = at.Format("2006-01-02T15:04:05Z")
		}
		if got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// FuzzWHOIS reads any answer: it ends, and what is read is about the subject.
func FuzzWHOIS(f *testing.F) {
	for _, seed := range []string{exampleWHOIS("example.com"), "[Domain Name] EXAMPLE.COM\n", "inetnum: 192.0.2/24\nowner: x\n\nperson: y\nnic-hdl: z\n", "Registrant\n  Name: x\n", "refer: [::1]:1\n", ": :\n\t:"} {
		f.Add(seed)
	}
	subjects := []domain.LookupSubject{{Kind: domain.DomainSubject, Name: "example.com"}, {Kind: domain.AddressSubject, Name: "192.0.2.1"}, {Kind: domain.ASSubject, Name: "AS64500"}}
	f.Fuzz(func(t *testing.T, answer string) {
		for _, s := range subjects {
			a := readWHOIS(textOf([]byte(answer)), s)
			g := a.registration
			switch {
			case g == nil:
			case s.Kind == domain.DomainSubject && g.Name != s.Name, s.Kind == domain.AddressSubject && !covers(g.Network.First, g.Network.Last, s.Addr()):
				t.Errorf("of %s: %+v", s.Name, g)
			case len(g.Nameservers) > listLimit || len(g.Status) > listLimit:
				t.Errorf("%d name servers, %d words of status", len(g.Nameservers), len(g.Status))
			}
		}
	})
}

// FuzzRDAP reads any answer: it ends, and has no control characters.
func FuzzRDAP(f *testing.F) {
	f.Add([]byte(registryAnswer("https://x.example/")))
	f.Add([]byte(registrarAnswer))
	f.Add([]byte(`{"objectClassName": "ip network", "handle": "x", "startAddress": "8.8.8.0", "endAddress": "8.8.8.255", "cidr0_cidrs": [{"v4prefix": "8.8.8.0", "length": 24}]}`))
	f.Add([]byte(`{"objectClassName": "autnum", "handle": "x", "startAutnum": 1, "endAutnum": "2", "entities": {"vcardArray": [[[]]]}}`))
	c := New(Options{Legible: func(s string) string { return strings.ReplaceAll(s, "\x1b", "") }, Now: time.Now})
	f.Fuzz(func(t *testing.T, body []byte) {
		answer, err := c.readRDAP(body)
		if err != nil {
			if strings.Contains(err.Error(), "cannot be read: ") {
				t.Errorf("the reader panics: %v", err)
			}
			return
		}
		if g := answer.registration; strings.Contains(fmt.Sprint(g), "\x1b") || len(g.Contacts) > contactLimit {
			t.Errorf("%+v", g)
		}
	})
}
