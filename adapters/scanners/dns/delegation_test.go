package dns

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	miekg "github.com/miekg/dns"

	"github.com/scanledger/scanledger/domain"
)

func TestNameServersThatDoNotServeTheZone(t *testing.T) {
	tests := map[string]struct {
		change func(m *miekg.Msg)
		want   []string
	}{
		"without authority": {func(m *miekg.Msg) { m.Authoritative = false }, []string{"dns/ns/lame", "dns/ns/lame"}},
		"refusing":          {func(m *miekg.Msg) { m.Rcode, m.Answer = miekg.RcodeRefused, nil }, []string{"dns/ns/lame", "dns/ns/lame"}},
		"of another version each time": {func(m *miekg.Msg) {
			soa := *m.Answer[0].(*miekg.SOA)
			soa.Serial = uint32(m.Id)
			m.Answer = []miekg.RR{&soa}
		}, []string{"dns/soa/serials"}},
		"rightly": {func(*miekg.Msg) {}, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", proof: "nsec", records: healthy})...)
			w.answers(func(q miekg.Question, m *miekg.Msg) {
				if q.Qtype == miekg.TypeSOA && !m.RecursionDesired && q.Name == "good.test." {
					test.change(m)
				}
			})
			s, err := w.look(t, t.Context(), "good.test")
			if err != nil {
				t.Fatal(err)
			}
			if got := s.findings(); !slices.Equal(got, test.want) {
				t.Errorf("findings %v, want %v", got, test.want)
			}
		})
	}
}

// A name server that the guard does not let through was not tested, and is not
// called lame.
func TestANameServerThatCannotBeAsked(t *testing.T) {
	w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", proof: "nsec",
		records: strings.ReplaceAll(healthy, "ns1 A 127.0.0.1", "ns1 A 169.254.169.254")})...)
	s, err := w.look(t, t.Context(), "good.test")
	if err != nil {
		t.Fatal(err)
	}
	if c := s.coverage("authority of ns1.good.test"); c.Outcome != domain.Refused || s.finding("dns/ns/lame") != nil {
		t.Errorf("coverage %+v, finding %+v", c, s.finding("dns/ns/lame"))
	}
	if c := s.coverage("delegation"); c.Outcome == domain.Tested {
		t.Error("the delegation counts as tested although one server was not asked")
	}
}

// An alias of a service is dangling when the service says that nobody has it.
func TestUnclaimedAliases(t *testing.T) {
	tests := map[string]struct {
		alias, page string
		want        bool
	}{
		"unclaimed":                      {"shop.github.io.", "<p>There isn't a GitHub Pages site here.</p>", true},
		"claimed":                        {"shop.github.io.", "<p>Welcome</p>", false},
		"the words of another service":   {"shop.github.io.", "project not found", false},
		"the words, and no such service": {"shop.elsewhere.io.", "There isn't a GitHub Pages site here.", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := make(chan string, 8)
			service := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				asked <- r.Host
				rw.WriteHeader(http.StatusNotFound)
				rw.Write([]byte(test.page))
			}))
			defer service.Close()
			_, port, _ := net.SplitHostPort(service.Listener.Addr().String())
			w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", proof: "nsec", records: healthy + "shop CNAME " + test.alias + "\n"},
				zoneText{name: "io.", records: "*.github A 127.0.0.1\n*.elsewhere A 127.0.0.1\n"})...)
			w.web = port
			s, err := w.look(t, context.Background(), "shop.good.test")
			if err != nil {
				t.Fatal(err)
			}
			f := s.finding("dns/cname/unclaimed")
			if (f != nil) != test.want {
				t.Errorf("finding %+v", f)
			}
			if f != nil && (f.Where != "shop.good.test" || f.Evidence == "") {
				t.Errorf("finding %+v", f)
			}
			if strings.Contains(test.alias, "github") && (len(asked) != 1 || !strings.HasPrefix(<-asked, "shop.good.test:")) {
				t.Error("the service was not asked by the alias")
			}
		})
	}
}

func TestDANEOfASignedServer(t *testing.T) {
	tests := map[string]struct {
		record string
		want   []string
	}{
		"none":                        {"", []string{"dns/dane/missing"}},
		"of an authority for the web": {"_25._tcp.mail TLSA 1 1 1 " + sum256, []string{"dns/dane/unusable"}},
		"cut off":                     {"_25._tcp.mail TLSA 3 1 1 0001", []string{"dns/dane/unusable"}},
		"one of two":                  {"_25._tcp.mail TLSA 3 1 1 0001\n_25._tcp.mail TLSA 2 0 1 " + sum256, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", proof: "nsec",
				records: strings.ReplaceAll(healthy, "_25._tcp.mail TLSA 3 1 1 "+sum256, test.record)})...)
			s, err := w.look(t, t.Context(), "good.test")
			if err != nil {
				t.Fatal(err)
			}
			if got := s.findings(); !slices.Equal(got, test.want) {
				t.Errorf("findings %v, want %v", got, test.want)
			}
		})
	}
}

// A name below the registrable domain may have a policy of its own.
func TestDMARCOfASubdomain(t *testing.T) {
	w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", proof: "nsec",
		records: healthy + "app A 127.0.0.1\napp AAAA ::1\n_dmarc.app TXT \"v=DMARC1; p=none; sp=none; aspf=s; rua=mailto:d@good.test\"\n"})...)
	s, err := w.look(t, t.Context(), "app.good.test")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.findings(), []string{"dns/dmarc/none-no-mail"}; !slices.Equal(got, want) {
		t.Errorf("findings %v, want %v", got, want)
	}
	if got := s.zone("app.good.test").Records["DMARC alignment"]; !slices.Equal(got, []string{"spf strict, dkim relaxed"}) {
		t.Errorf("alignment %q", got)
	}
}
