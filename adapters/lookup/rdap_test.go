package lookup

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openrdap/rdap/bootstrap"

	"github.com/scanledger/scanledger/domain"
)

// registryAnswer is a registry's of example.com, with one thing where lists are due,
// odd dates, and a registrar elsewhere.
func registryAnswer(related string) string {
	return fmt.Sprintf(`{"objectClassName": "domain", "handle": "1_DOMAIN", "ldhName": "EXAMPLE.COM.", "status": "active",
		"events": [{"eventAction": "registration", "eventDate": "1995-08-14T04:00:00Z"}, {"eventAction": "expiration", "eventDate": "2027-08-13 04:00:00"}, {"eventAction": "last changed", "eventDate": 5}],
		"nameservers": [{"objectClassName": "nameserver", "ldhName": "NS1.EXAMPLE.COM", "ipAddresses": {"v4": "192.0.2.1", "v6": ["2001:db8::1"]}}],
		"secureDNS": {"delegationSigned": "true", "dsData": {"keyTag": 370, "algorithm": 13, "digestType": 2, "digest": "BE74"}},
		"entities": {"objectClassName": "entity", "handle": "9999", "roles": "registrar", "publicIds": {"type": "IANA Registrar ID", "identifier": "9999"},
			"vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Example \u001b[31mRegistrar"]]],
			"entities": [{"objectClassName": "entity", "roles": ["abuse"], "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", ""],
				["tel", {"type": "voice"}, "uri", "tel:+1.5555551212"], ["email", {}, "text", "abuse@registrar.example"]]]}]},
		"links": [{"rel": "self", "href": "https://x.example/"}, {"rel": "related", "type": "application/rdap+json", "href": %q}],
		"notices": {"title": "Terms", "description": "be nice"}}`, related)
}

const registrarAnswer = `{"objectClassName": "domain", "ldhName": "example.com", "entities": [{"objectClassName": "entity", "handle": "C1", "roles": ["registrant"],
	"vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "Jane Doe"], ["org", {}, "text", "Example Inc."], ["email", {}, "text", "jane@example.com"],
	["adr", {"cc": "US"}, "text", ["", "", "1 Example Road", "Springfield", "", "62701", ""]]]]}]}`

func TestRDAP(t *testing.T) {
	w := newWorld(t, nobody)
	w.page("/rdap/domain/example.com", registryAnswer(w.http.URL+"/registrar/domain/example.com"))
	w.page("/registrar/domain/example.com", registrarAnswer)
	r := w.ask("www.Example.com", domain.LookupAll)
	wantEnded(t, r, "rdap found, rdap of the registrar found, whois skipped, dns none")
	g := r.Registration
	if g.Protocol != "rdap" || g.Name != "example.com" || g.Registrar.Name != "Example [U+001B][31mRegistrar" || g.Registrar.IANAID != "9999" ||
		g.Registrar.AbuseEmail != "abuse@registrar.example" || g.Registrar.AbusePhone != "+1.5555551212" || fmt.Sprint(g.Status) != "[active]" {
		t.Errorf("registration %+v", g)
	}
	if fmt.Sprint(g.Nameservers) != "[{ns1.example.com [192.0.2.1 2001:db8::1]}]" || !g.Delegation.Signed || fmt.Sprint(g.Delegation.DS) != "[370 13 2 BE74]" || fmt.Sprint(g.Notices) != "[Terms: be nice]" {
		t.Errorf("name servers %v, delegation %+v, notices %v", g.Nameservers, g.Delegation, g.Notices)
	}
	if at, known := g.Date(domain.Expires); !known || at.Format(time.DateOnly) != "2027-08-13" {
		t.Errorf("expires %v", at)
	}
	if len(g.Contacts) != 1 || g.Contacts[0].Name != "Jane Doe" || g.Contacts[0].Address != "1 Example Road, Springfield, 62701" || g.Contacts[0].Country != "US" {
		t.Errorf("contacts %+v", g.Contacts)
	}
	if r.Parts[0].SHA256 == "" || r.Parts[0].At != w.clock() || r.Parts[0].Source != w.http.URL+"/rdap/domain/example.com" {
		t.Errorf("part %+v", r.Parts[0])
	}
}

// TestNetworks asks for addresses and AS numbers.
func TestNetworks(t *testing.T) {
	w := newWorld(t, nobody)
	w.page("/rdap/ip/8.8.8.8", `{"objectClassName": "ip network", "handle": "NET-8-8-8-0-2", "startAddress": "8.8.8.0", "endAddress": "8.8.8.255", "ipVersion": "v4", "name": "GOGL", "type": "DIRECT",
		"country": "us", "parentHandle": "NET-8", "cidr0_cidrs": [{"v4prefix": "8.8.8.0", "length": 24}], "events": [{"eventAction": "registration", "eventDate": "2023-12-28T17:24:33-05:00"}]}`)
	w.page("/rdap/ip/2001:4860:4860::8888", `{"objectClassName": "ip network", "handle": "NET6", "startAddress": "2001:4860::", "endAddress": "2001:4860:ffff:ffff:ffff:ffff:ffff:ffff", "country": "US"}`)
	w.page("/rdap/autnum/15169", `{"objectClassName": "autnum", "handle": "AS15169", "startAutnum": 15169, "endAutnum": 15169, "name": "GOOGLE"}`)
	w.page("/rdap/autnum/15170", `{"objectClassName": "autnum", "handle": "AS1", "startAutnum": 1, "endAutnum": 7, "name": "OTHER"}`)
	for name, want := range map[string]domain.Network{
		"8.8.8.8":              {First: "8.8.8.0", Last: "8.8.8.255", CIDR: "8.8.8.0/24", Name: "GOGL", Type: "DIRECT", Country: "US", Parent: "NET-8"},
		"2001:4860:4860::8888": {First: "2001:4860::", Last: "2001:4860:ffff:ffff:ffff:ffff:ffff:ffff", Country: "US"},
		"AS15169":              {First: "15169", Last: "15169", Name: "GOOGLE"},
	} {
		r := w.ask(name, domain.LookupWHOIS)
		wantEnded(t, r, "rdap found, whois skipped")
		if r.Registration == nil || *r.Registration.Network != want {
			t.Errorf("%s: %+v", name, r.Registration)
		}
	}
	wantEnded(t, w.ask("AS15170", domain.LookupWHOIS), "rdap failed, whois none")
}

// TestRDAPFails has each thing go wrong that can: the part says what did, and WHOIS
// is asked.
func TestRDAPFails(t *testing.T) {
	says := func(status int, kind, body string, header ...string) http.HandlerFunc {
		return func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", kind)
			for i := 0; i < len(header); i += 2 {
				rw.Header().Set(header[i], header[i+1])
			}
			rw.WriteHeader(status)
			fmt.Fprint(rw, body)
		}
	}
	const rdapType = "application/rdap+json"
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string // outcome and a word of the reason
	}{
		"broken":         {says(500, rdapType, "{}"), "failed 500"},
		"closed":         {says(403, rdapType, "{}"), "refused 403"},
		"a page":         {says(200, "text/html", "<html>"), "failed JSON"},
		"another page":   {says(404, "text/html", "<html>"), "failed 404"},
		"deep":           {says(200, rdapType, strings.Repeat("[", 200_000)), "failed JSON"},
		"large":          {says(200, rdapType, `{"a": "`+strings.Repeat("x", httpBody)+`"}`), "failed 1 MiB"},
		"too often":      {says(429, rdapType, "{}", "Retry-After", "30"), "limited 30 s"},
		"busy":           {says(503, rdapType, "{}", "Retry-After", "Fri, 03 Apr 2026 12:01:00 GMT"), "limited 60 s"},
		"quota":          {says(200, rdapType, `{"objectClassName": "domain", "notices": {"title": "Query quota exceeded", "description": "wait"}}`), "limited asked too often"},
		"an error":       {says(200, rdapType, `{"errorCode": 429, "title": "Rate limit exceeded"}`), "limited asked too often"},
		"another domain": {says(200, rdapType, `{"objectClassName": "domain", "ldhName": "other.com"}`), `failed "other.com"`},
		"an entity":      {says(200, rdapType, `{"objectClassName": "entity", "handle": "x"}`), "failed no domain"},
		"to a private":   {says(302, "", "", "Location", "http://10.0.0.1/rdap"), "refused may not be reached"},
		"to metadata":    {says(302, "", "", "Location", "http://169.254.169.254/latest"), "refused may not be reached"},
		"to a file":      {says(302, "", "", "Location", "file:///etc/passwd"), "failed unsupported"},
		"in a circle":    {says(302, "", "", "Location", "/rdap/domain/example.com"), "failed redirects"},
		"silence":        {func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "timed_out in time"},
		"drops": {func(rw http.ResponseWriter, _ *http.Request) {
			conn, _, err := rw.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}, "failed EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, exampleWHOIS)
			if name == "silence" {
				w.ask("warm.com", domain.LookupWHOIS) // so that it is known who serves .com
				w.patience = 50 * time.Millisecond
			}
			w.handle("/rdap/domain/example.com", c.answer)
			r := w.ask("example.com", domain.LookupWHOIS)
			outcome, reason, _ := strings.Cut(c.want, " ")
			if p := r.Parts[0]; string(p.Outcome) != outcome || !strings.Contains(p.Reason, reason) {
				t.Errorf("rdap %s: %s", p.Outcome, p.Reason)
			}
			if name != "silence" && (r.Registration == nil || r.Registration.Protocol != "whois" || r.Registration.Registrar.Name != "By WHOIS Ltd.") {
				t.Errorf("WHOIS says %+v", r.Registration)
			}
			if r.Complete() {
				t.Error("it is complete")
			}
		})
	}
}

// TestOnward follows redirects, but not from https to what anybody on the way can answer.
func TestOnward(t *testing.T) {
	for _, c := range []struct {
		from, to string
		hops     int
		refused  bool
	}{
		{"https://a.example/", "https://b.example/", 1, false}, {"http://a.example/", "https://b.example/", 1, false}, {"http://a.example/", "http://b.example/", httpRedirects, false},
		{"https://a.example/", "http://a.example/", 1, true}, {"https://a.example/", "ftp://a.example/", 1, true}, {"http://a.example/", "http://b.example/", httpRedirects + 1, true},
	} {
		at := func(raw string) *url.URL {
			u, err := url.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			return u
		}
		err := onward(at(c.to), slices.Repeat([]*http.Request{{URL: at(c.from)}}, c.hops))
		if (err != nil) != c.refused {
			t.Errorf("from %s to %s after %d: %v", c.from, c.to, c.hops, err)
		}
	}
	for address, want := range map[string]string{"https://RDAP.Example./x": "rdap.example:443", "http://a.example:8080": "a.example:8080", "http://[::1]/": "[::1]:80"} {
		if u, err := url.Parse(address); err != nil || serverOf(u) != want {
			t.Errorf("%s is asked of %s, want %s", address, serverOf(u), want)
		}
	}
}

// TestRegistrarFails has the registrar be away: what the registry said stands.
func TestRegistrarFails(t *testing.T) {
	w := newWorld(t, nobody)
	w.page("/rdap/domain/example.com", registryAnswer("http://192.168.0.1/domain/example.com"))
	r := w.ask("example.com", domain.LookupWHOIS)
	wantEnded(t, r, "rdap found, rdap of the registrar refused, whois skipped")
	if r.Registration == nil || r.Registration.Registrar.IANAID != "9999" {
		t.Errorf("%+v", r.Registration)
	}
}

func TestNotRegistered(t *testing.T) {
	w := newWorld(t, exampleWHOIS)
	r := w.ask("nothing.com", domain.LookupWHOIS)
	wantEnded(t, r, "rdap none, whois skipped")
	if r.Registration != nil || !r.Complete() {
		t.Errorf("%+v", r)
	}
}

// TestRemembered asks again: within a minute nobody is asked, and a failure is not
// remembered.
func TestRemembered(t *testing.T) {
	w := newWorld(t, nobody)
	w.page("/rdap/domain/example.com", registryAnswer(""))
	first := w.ask("example.com", domain.LookupWHOIS)
	w.later(59 * time.Second)
	again := w.ask("a.example.com", domain.LookupWHOIS)
	if w.count("/rdap/domain/example.com") != 1 || again.Parts[0].At != first.Parts[0].At {
		t.Errorf("asked %d times, at %v", w.count("/rdap/domain/example.com"), again.Parts[0].At)
	}
	w.later(time.Second)
	w.ask("example.com", domain.LookupWHOIS)
	if n := w.count("/rdap/domain/example.com"); n != 2 {
		t.Errorf("asked %d times", n)
	}
	w.handle("/rdap/domain/b.com", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(500) })
	w.ask("b.com", domain.LookupWHOIS)
	w.ask("b.com", domain.LookupWHOIS)
	if n := w.count("/rdap/domain/b.com"); n != 2 {
		t.Errorf("what failed was asked %d times", n)
	}
}

// TestTogether has many ask the same at one time.
func TestTogether(t *testing.T) {
	w := newWorld(t, nobody)
	arrived, answer := make(chan struct{}, 100), make(chan struct{})
	w.handle("/rdap/domain/example.com", func(rw http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-answer
		fmt.Fprint(rw, registryAnswer(""))
	})
	var works sync.WaitGroup
	for range 20 {
		works.Go(func() { w.ask("example.com", domain.LookupWHOIS) })
	}
	<-arrived
	close(answer)
	works.Wait()
	if n := w.count("/rdap/domain/example.com"); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// TestBootstrap is asked for once a day, and then only if it has changed; where its
// server is away, the one from before serves, also after a restart.
func TestBootstrap(t *testing.T) {
	w := newWorld(t, nobody)
	w.CacheDir = filepath.Join(t.TempDir(), "rdap")
	w.page("/rdap/domain/example.com", registryAnswer(""))
	file := fmt.Sprintf(`{"version": "1.0", "services": [[["com"], [%q]]]}`, w.http.URL+"/rdap/")
	fresh, unchanged := 0, 0
	w.handle("/boot/dns.json", func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("ETag", `"one"`)
		if r.Header.Get("If-None-Match") == `"one"` {
			unchanged++
			rw.WriteHeader(http.StatusNotModified)
			return
		}
		fresh++
		fmt.Fprint(rw, file)
	})
	ask := func(reason string) {
		t.Helper()
		r := w.ask("example.com", domain.LookupWHOIS)
		if r.Parts[0].Outcome != domain.PartFound || r.Parts[0].Reason != reason {
			t.Errorf("%+v", r.Parts[0])
		}
	}
	ask("")
	w.later(23 * time.Hour)
	ask("")
	if fresh != 1 || unchanged != 0 {
		t.Errorf("asked for %d times, and %d times whether it has changed", fresh, unchanged)
	}
	w.later(time.Hour)
	ask("")
	if fresh != 1 || unchanged != 1 {
		t.Errorf("asked for %d times, and %d times whether it has changed", fresh, unchanged)
	}
	w.later(25 * time.Hour)
	w.handle("/boot/dns.json", func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(500) })
	ask("dns.json is of 2026-04-04: " + w.http.URL + "/boot/ answers 500")
	before := w.count("/boot/dns.json")
	w.later(2 * time.Minute)
	ask("dns.json is of 2026-04-04: " + w.http.URL + "/boot/ answers 500")
	if n := w.count("/boot/dns.json") - before; n != 0 {
		t.Errorf("a server that is away was asked %d times in two minutes", n)
	}
	w.bootstrap = newBootstrap(w.Client)
	w.later(time.Minute)
	ask("dns.json is of 2026-04-04: " + w.http.URL + "/boot/ answers 500")
	if err := os.WriteFile(filepath.Join(w.CacheDir, "dns.json"), []byte(`{"body": [`), 0o600); err != nil {
		t.Fatal(err)
	}
	w.bootstrap = newBootstrap(w.Client)
	w.later(time.Minute)
	wantEnded(t, w.ask("example.com", domain.LookupWHOIS), "rdap failed, whois none")
}

// TestBootstrapElsewhere asks the server that the settings name now, and not for what
// another has said before.
func TestBootstrapElsewhere(t *testing.T) {
	w := newWorld(t, nobody)
	w.CacheDir = t.TempDir()
	wantEnded(t, w.ask("example.zz", domain.LookupWHOIS), "rdap skipped, whois none")
	w.page("/own/dns.json", fmt.Sprintf(`{"version": "1.0", "services": [[["com", "zz"], [%q]]]}`, w.http.URL+"/rdap/"))
	w.page("/rdap/domain/example.zz", strings.ReplaceAll(registryAnswer(""), "EXAMPLE.COM", "EXAMPLE.ZZ"))
	w.Bootstrap = w.http.URL + "/own/"
	w.bootstrap = newBootstrap(w.Client)
	w.later(2 * time.Minute)
	wantEnded(t, w.ask("example.zz", domain.LookupWHOIS), "rdap found, whois skipped")
}

// TestBootstrapTogether has two processes keep a file in one folder at one time.
func TestBootstrapTogether(t *testing.T) {
	w := newWorld(t, nobody)
	w.CacheDir = t.TempDir()
	var works sync.WaitGroup
	for _, size := range []int{10, 100_000} {
		works.Go(func() {
			one := newBootstrap(w.Client)
			for range 100 {
				f := &bootstrapFile{Base: one.base, Body: json.RawMessage(fmt.Sprintf(`{"version": "1.0", "services": [[[%q], ["https://rdap.example/"]]]}`, strings.Repeat("x", size)))}
				if err := one.write("dns.json", f); err != nil {
					t.Error(err)
					return
				}
				if one.read("dns.json", bootstrap.DNS).registry == nil {
					t.Error("what is kept cannot be read")
					return
				}
			}
		})
	}
	works.Wait()
	if left, err := os.ReadDir(w.CacheDir); err != nil || len(left) != 1 {
		t.Errorf("%d files are left, %v", len(left), err)
	}
}

// TestBootstrapWaits has IANA's server be left alone for a while: as soon as that is
// over it is asked.
func TestBootstrapWaits(t *testing.T) {
	w := newWorld(t, nobody)
	w.page("/rdap/domain/example.com", registryAnswer(""))
	server := strings.TrimPrefix(w.http.URL, "http://")
	if err := w.Turns.Pause(t.Context(), server, 40*time.Second); err != nil {
		t.Fatal(err)
	}
	wantEnded(t, w.ask("example.com", domain.LookupWHOIS), "rdap limited, whois none")
	w.later(40 * time.Second)
	wantEnded(t, w.ask("example.com", domain.LookupWHOIS), "rdap found, whois skipped")
}
