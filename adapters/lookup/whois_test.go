package lookup

import (
	"context"
	"fmt"
	"net"
	"net/http"
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

// TestNetworkReferrals goes from IANA over a registry to the one that has the network:
// what that says counts.
func TestNetworkReferrals(t *testing.T) {
	network := func(first, last, name, more string) string {
		return fmt.Sprintf("NetRange: %s - %s\nNetName: %s\nOrgName: %s Org\n%s\n", first, last, name, name, more)
	}
	w := newWorld(t, nil)
	ripe := w.whois(func(string) string {
		return "inetnum: 192.88.1.0 - 192.88.1.255\nnetname: LEAF\ncountry: NL\nstatus: ASSIGNED PA\n"
	})
	arin := w.whois(func(string) string {
		return network("192.0.0.0", "192.255.255.255", "RIPE-CBLK", "ReferralServer: whois://"+ripe+"\nReferralServer: rwhois://rwhois.example.net:4321")
	})
	w.WHOIS = w.whois(func(string) string {
		return "refer: " + arin + "\n\n" + network("192.0.0.0", "192.255.255.255", "IANA", "")
	})
	r := w.ask("192.88.1.7", domain.LookupWHOIS)
	wantEnded(t, r, "rdap skipped, whois found, whois found, rwhois skipped, whois found")
	if g := r.Registration; g.Network.Name != "LEAF" || g.Network.First != "192.88.1.0" || g.Network.Country != "NL" || len(g.Contacts) != 0 {
		t.Errorf("%+v, network %+v", g, g.Network)
	}
	if p := r.Parts[3]; p.Source != "rwhois://rwhois.example.net:4321" || !r.Complete() {
		t.Errorf("%+v", p)
	}
}

// TestSilentRDAP leaves time for WHOIS.
func TestSilentRDAP(t *testing.T) {
	w := newWorld(t, exampleWHOIS)
	w.handle("/rdap/domain/example.com", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	w.ask("warm.com", domain.LookupWHOIS) // so that it is known who serves .com
	w.share = 50 * time.Millisecond
	r := w.ask("example.com", domain.LookupWHOIS)
	if r.Parts[0].Outcome != domain.PartTimedOut || r.Registration == nil || r.Registration.Protocol != "whois" {
		t.Errorf("%+v", r.Parts)
	}
}
