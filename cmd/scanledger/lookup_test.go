package main

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
)

// registries are a registry with RDAP for .com and one with WHOIS for all other
// names, on loopback: the settings that name them. Of a label they have its holder.
func registries(t testing.TB, holders map[string]string) []string {
	t.Helper()
	holderOf := func(name string) string { return holders[strings.Split(name, ".")[0]] }
	rdap := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch name, domain := strings.CutPrefix(r.URL.Path, "/rdap/domain/"); {
		case domain:
			fmt.Fprintf(w, `{"objectClassName": "domain", "ldhName": %q, "events": [{"eventAction": "registration", "eventDate": "1995-08-14T04:00:00Z"}],
				"entities": [{"objectClassName": "entity", "roles": ["registrar"], "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", "By RDAP Inc."]]]},
				{"objectClassName": "entity", "roles": ["registrant"], "vcardArray": ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", %q]]]}]}`, name, holderOf(name))
		case strings.HasSuffix(r.URL.Path, "/dns.json"):
			fmt.Fprintf(w, `{"version": "1.0", "services": [[["com"], ["http://%s/rdap/"]]]}`, r.Host)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(rdap.Close)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var works sync.WaitGroup
	works.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			works.Go(func() {
				defer conn.Close()
				if name, err := bufio.NewReader(conn).ReadString('\n'); err == nil {
					name = strings.TrimSpace(name)
					fmt.Fprintf(conn, "Domain Name: %s\r\nRegistrar: By WHOIS Ltd.\r\nRegistrant Name: %s\r\n", name, holderOf(name))
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); works.Wait() })
	return []string{"--rdap-bootstrap", rdap.URL + "/boot", "--whois", l.Addr().String()}
}

// lookedUp is what the tests read of a look-up.
type lookedUp struct {
	ID         uuid.UUID
	Domain     string
	Registrar  string
	DNSRecords map[string][]string `json:"dns_records"`
	Record     struct {
		Parts []struct{ Part, Outcome, Reason string }
	}
}

// lookUps looks two names up, by RDAP and by WHOIS, and reads them again.
func lookUps(t *testing.T, key, url, name string) (all []lookedUp) {
	t.Helper()
	for end, registrar := range map[string]string{".com": "By RDAP Inc.", ".example": "By WHOIS Ltd."} {
		l := call[lookedUp](t, key, http.MethodPost, url+"/lookup/api/lookup/", `{"domain": "www.`+name+end+`"}`, http.StatusOK)
		if l.Domain != "www."+name+end || l.Registrar != registrar {
			t.Errorf("looked up: %+v", l)
		}
		if again := call[lookedUp](t, key, http.MethodGet, url+"/lookup/"+l.ID.String()+"/", "", http.StatusOK); again.Registrar != registrar {
			t.Errorf("read again: %+v", again)
		}
		all = append(all, l)
	}
	if n := call[struct{ Count int }](t, key, http.MethodGet, url+"/lookup/history/", "", http.StatusOK).Count; n != len(all) {
		t.Errorf("the history has %d look-ups", n)
	}
	for _, private := range []string{"10.0.0.1", "169.254.169.254", "fd00::1"} {
		call[struct{ Error string }](t, key, http.MethodPost, url+"/lookup/api/lookup/", `{"domain": "`+private+`"}`, http.StatusBadRequest)
	}
	return all
}
