package lookup

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

const topAnswer = `{"objectClassName": "domain", "ldhName": "com", "nameservers": [{"objectClassName": "nameserver", "ldhName": "a.gtld.example"}],
	"entities": [{"objectClassName": "entity", "roles": ["registrant"], "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", ""], ["org", {}, "text", "Registry of COM"]]]}],
	"links": [{"rel": "related", "type": "application/rdap+json", "href": "https://rdap.example/com/"}]}`

// TestTopLevel asks for domains at the top: who has the names in one is not who has
// it, and is not asked.
func TestTopLevel(t *testing.T) {
	w := newWorld(t, func(q string) string {
		return "refer: 127.0.0.1:1025\n\ndomain: " + q + "\n\norganisation: Registry of It\n\nwhois: 127.0.0.1:1025\n\nstatus: ACTIVE\ncreated: 1986-11-05\n"
	})
	r := w.ask("COM", domain.LookupAll)
	wantEnded(t, r, "rdap skipped, whois found, dns none")
	if g := r.Registration; g.Name != "com" || len(g.Contacts) != 1 || g.Contacts[0].Organization != "Registry of It" {
		t.Errorf("%+v", g)
	}
	w.page("/root/domain/test", topAnswer)
	w.page("/root/domain/com", topAnswer)
	w.bootstrap.root = w.http.URL + "/root/"
	r = w.ask("de", domain.LookupWHOIS) // the root does not know it
	wantEnded(t, r, "rdap none, whois skipped")
	for _, root := range []string{"", "https://rdap.example/"} { // the file's word, or IANA's
		w := newWorld(t, nobody)
		w.page("/root/domain/com", topAnswer)
		if w.bootstrap.root = w.http.URL + "/root/"; root != "" {
			w.bootstrap.root = root
			w.page("/boot/dns.json", fmt.Sprintf(`{"version": "1.0", "services": [[["com"], ["https://rdap.example/com/"]], [[""], [%q]]]}`, w.http.URL+"/root/"))
		}
		r = w.ask("com.", domain.LookupWHOIS)
		wantEnded(t, r, "rdap found, whois skipped")
		if g := r.Registration; g.Name != "com" || g.Contacts[0].Organization != "Registry of COM" {
			t.Errorf("%+v", g)
		}
	}
	if New(Options{}).bootstrap.root != "https://rdap.iana.org/" {
		t.Error("IANA is not asked for top-level domains")
	}
}

// TestNoTopLevel has names of one label that are a local network's: nobody is told.
func TestNoTopLevel(t *testing.T) {
	w := newWorld(t, nobody)
	w.handle("/boot/dns.json", func(http.ResponseWriter, *http.Request) { t.Error("IANA is asked") })
	for name, want := range map[string]domain.Code{"printer": domain.Invalid, "localhost": domain.Invalid, "internal": domain.Invalid, "onion": domain.Forbidden, "com": ""} {
		s, err := domain.ParseSubject(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.LookUp(t.Context(), domain.LookupQuestion{Subject: s, Type: domain.LookupDNS}); domain.CodeOf(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
