package lookup

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// FuzzWHOIS reads any answer: it ends, and what is read is about the subject.
func FuzzWHOIS(f *testing.F) {
	for _, seed := range []string{exampleWHOIS("example.com"), "[Domain Name] EXAMPLE.COM\n", "inetnum: 192.0.2/24\nowner: x\n\nperson: y\nnic-hdl: z\n", "Registrant\n  Name: x\n", "refer: [::1]:1\n", ": :\n\t:"} {
		f.Add(seed)
	}
	subjects := []domain.LookupSubject{{Kind: domain.DomainSubject, Name: "example.com"}, {Kind: domain.AddressSubject, Name: "192.0.2.1"}, {Kind: domain.ASSubject, Name: "AS64500"}}
	f.Fuzz(func(t *testing.T, answer string) {
		for _, s := range subjects {
			a := readWHOIS(textOf([]byte(answer), s), s)
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
