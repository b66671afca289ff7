package lookup

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// told is what is to be read of an answer.
type told struct {
	Subject     string              `json:"subject"`
	None        bool                `json:"none"`
	Quota       bool                `json:"quota"`
	Next        string              `json:"next"`
	Registrar   string              `json:"registrar"`
	IANAID      string              `json:"iana_id"`
	Abuse       string              `json:"abuse"`
	Created     string              `json:"created"`
	Expires     string              `json:"expires"`
	Changed     string              `json:"changed"`
	Status      []string            `json:"status"`
	Nameservers map[string][]string `json:"nameservers"`
	Signed      string              `json:"signed"` // "yes", "no", ""
	Contacts    map[string]string   `json:"contacts"`
	Range       string              `json:"range"`
	Network     string              `json:"network"`
	Country     string              `json:"country"`
	CIDR        string              `json:"cidr"`
	Notices     []string            `json:"notices"`
	Related     string              `json:"related"` // of RDAP: where the registrar answers
	Fault       string              `json:"fault"`   // of RDAP: a part of why the answer says nothing
}

// TestAnswers reads answers in the forms of many registries. Each file has what is
// to be read as JSON, a line of dashes, and then the answer.
func TestAnswers(t *testing.T) {
	readAnswers(t, "whois", 20, readAs)
}

// TestRDAPAnswers does so with those of RDAP servers.
func TestRDAPAnswers(t *testing.T) {
	c := New(Options{Legible: func(s string) string { return s }, Now: time.Now})
	readAnswers(t, "rdap", 10, func(t *testing.T, name, body string) told {
		s := subject(t, name)
		answer, err := c.readRDAP([]byte(body))
		if err == nil {
			err = answer.about(s)
		}
		if err != nil {
			return told{Subject: name, Fault: err.Error()}
		}
		got := toldBy(answer.registration)
		got.Subject, got.Related, got.Notices = name, answer.related, answer.registration.Notices
		return got
	})
}

func readAnswers(t *testing.T, folder string, least int, read func(t *testing.T, name, answer string) told) {
	files, err := filepath.Glob("testdata/" + folder + "/*.txt")
	if err != nil || len(files) < least {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			head, answer, found := strings.Cut(string(raw), "\n-----\n")
			var want told
			if err := json.Unmarshal([]byte(head), &want); err != nil || !found {
				t.Fatal(err, found)
			}
			if got := read(t, want.Subject, answer); !reflect.DeepEqual(got, want) && (want.Fault == "" || !strings.Contains(got.Fault, want.Fault)) {
				t.Errorf("read\n%+v\nwant\n%+v", got, want)
			}
		})
	}
}

func subject(t *testing.T, name string) domain.LookupSubject {
	t.Helper()
	s, err := domain.ParseSubject(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func readAs(t *testing.T, name, answer string) told {
	t.Helper()
	a := readWHOIS(textOf([]byte(answer), subject(t, name)), subject(t, name))
	got := told{}
	if a.registration != nil {
		got = toldBy(a.registration)
	}
	got.Subject, got.None, got.Quota, got.Next, got.CIDR = name, a.none, a.quota, a.next, ""
	return got
}

// toldBy is what a registration tells.
func toldBy(g *domain.Registration) (got told) {
	got.Registrar, got.IANAID, got.Abuse = g.Registrar.Name, g.Registrar.IANAID, strings.Trim(g.Registrar.AbuseEmail+" "+g.Registrar.AbusePhone, " ")
	for action, at := range map[string]*string{domain.Registered: &got.Created, domain.Expires: &got.Expires, domain.Changed: &got.Changed} {
		if date, known := g.Date(action); known {
			*at = date.Format("2006-01-02T15:04:05Z")
		}
	}
	if len(g.Status) > 0 {
		got.Status = g.Status
	}
	for _, n := range g.Nameservers {
		if got.Nameservers == nil {
			got.Nameservers = map[string][]string{}
		}
		got.Nameservers[n.Name] = n.Addresses
	}
	if g.Delegation != nil {
		got.Signed = map[bool]string{true: "yes", false: "no"}[g.Delegation.Signed]
	}
	for _, c := range g.Contacts {
		if got.Contacts == nil {
			got.Contacts = map[string]string{}
		}
		said := commas(c.Handle, c.Name, c.Organization, c.Email, c.Phone, c.Address, c.Country)
		for _, role := range c.Roles {
			got.Contacts[role] = commas(got.Contacts[role], said)
		}
	}
	if n := g.Network; n != nil {
		got.Range, got.Network, got.Country, got.CIDR = strings.Trim(n.First+" - "+n.Last, " -"), n.Name, n.Country, n.CIDR
	}
	return got
}
