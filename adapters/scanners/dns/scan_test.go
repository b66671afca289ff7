package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	miekg "github.com/miekg/dns"
	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

const delegation = "@ NS ns1\n@ NS ns2\nns1 A 127.0.0.1\nns2 A 127.0.0.1\nns A 127.0.0.1\n"

// tree is a root and a top level domain, signed, with delegations to children.
func tree(children ...string) []zoneText {
	test := delegation
	for _, c := range children {
		test += c + " NS ns1." + c + "\n"
	}
	return []zoneText{
		{name: ".", proof: "nsec", records: "@ NS ns.test.\ntest NS ns.test.\n"},
		{name: "test.", proof: "nsec3", records: test},
	}
}

type seen struct {
	mu   sync.Mutex
	all  []domain.Observation
	kept [][]byte
}

func (s *seen) see(o domain.Observation) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, o)
}

func (s *seen) findings() []string {
	var ids []string
	for _, o := range s.all {
		if w, ok := o.(domain.Weakness); ok {
			ids = append(ids, w.Advisory.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

func (s *seen) finding(id string) *domain.Weakness {
	for _, o := range s.all {
		if w, ok := o.(domain.Weakness); ok && w.Advisory.ID == id {
			return &w
		}
	}
	return nil
}

func (s *seen) coverage(what string) domain.Coverage {
	for _, o := range s.all {
		if c, ok := o.(domain.Coverage); ok && c.What == what {
			return c
		}
	}
	return domain.Coverage{}
}

func (s *seen) zone(name string) domain.DNSZone {
	for _, o := range s.all {
		if z, ok := o.(domain.DNSZone); ok && z.Domain == name {
			return z
		}
	}
	return domain.DNSZone{}
}

// look scans name in world.
func (w *world) look(t *testing.T, ctx context.Context, name string) (*seen, error) {
	t.Helper()
	scanner, err := New(Options{Resolver: w.address, TrustAnchor: w.anchor})
	if err != nil {
		t.Fatal(err)
	}
	scanner.transferPort, scanner.webPort = w.port(), w.web
	guard := scanners.NewGuard(scanners.Policy{Resolver: w.address, Allow: []netip.Prefix{
		netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32"),
	}})
	s := &seen{}
	job := scanners.Job{
		Target:  domain.Target{Kind: domain.HostTarget, Value: name, Host: name, Domain: name},
		Profile: domain.Standard, Net: guard.Session(),
		Keep: func(_ string, raw []byte) domain.Hash {
			s.kept = append(s.kept, raw)
			return "kept"
		},
	}
	return s, scanner.Scan(ctx, job, s.see)
}

// sum256 has the length of a SHA-256.
const sum256 = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

const healthy = delegation + `
@ A 127.0.0.1
@ AAAA ::1
@ MX 10 mail
mail A 127.0.0.1
_25._tcp.mail TLSA 3 1 1 ` + sum256 + `
@ TXT "v=spf1 mx -all"
_dmarc TXT "v=DMARC1; p=reject; rua=mailto:d@good.test"
@ CAA 0 issue "ca.test"
ns2 AAAA 2001:db8::1
google._domainkey TXT "v=DKIM1; k=rsa; p="
www CNAME good.test.
`

func TestNothingIsWrongWithAHealthyDomain(t *testing.T) {
	w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", proof: "nsec", records: healthy})...)
	s, err := w.look(t, t.Context(), "good.test")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.findings(); len(got) != 0 {
		t.Errorf("findings %v, want none", got)
	}
	for _, what := range []string{"records", "dnssec", "caa", "mx", "dane", "spf", "dmarc", "dkim", "dangling aliases",
		"name servers", "delegation", "authority of ns1.good.test", "authority of ns2.good.test", "soa", "zone transfer", "zone transfer from ns1.good.test", "zone transfer from ns2.good.test", "ipv6"} {
		if c := s.coverage(what); c.Outcome != domain.Tested {
			t.Errorf("coverage of %s is %+v, want tested", what, c)
		}
	}
	z := s.zone("good.test")
	if z.DNSSEC != "secure" || z.Evidence == "" {
		t.Errorf("zone is %q with evidence %q, want secure with evidence", z.DNSSEC, z.Evidence)
	}
	for kind, want := range map[string][]string{
		"A": {"127.0.0.1"}, "MX": {"10 mail.good.test."}, "TXT": {`"v=spf1 mx -all"`}, "SPF": {`"v=spf1 mx -all"`},
		"DMARC": {`"v=DMARC1; p=reject; rua=mailto:d@good.test"`}, "CAA": {`0 issue "ca.test"`},
		"DMARC alignment": {"spf relaxed, dkim relaxed"}, "TLSA": {"3 1 1 " + sum256},
		"DKIM": {`"google: v=DKIM1; k=rsa; p="`}, "NS": {"ns1.good.test.", "ns2.good.test."},
	} {
		if !slices.Equal(z.Records[kind], want) {
			t.Errorf("%s records are %q, want %q", kind, z.Records[kind], want)
		}
	}
	if last := s.all[len(s.all)-2]; last != (domain.Advance{Percent: 100}) {
		t.Errorf("the last but one observation is %v, want 100 %%", last)
	}
}

func TestFindings(t *testing.T) {
	const plain = "@ A 127.0.0.1\n@ AAAA ::1\n@ CAA 0 issue \"ca.test\"\nns2 AAAA 2001:db8::1\n" + delegation
	const mail = "@ MX 10 mail\nmail A 127.0.0.1\n"
	const policy = "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:d@x.test\"\n"
	const six = "1 A 127.0.0.1\n2 A 127.0.0.1\n3 A 127.0.0.1\n4 A 127.0.0.1\n5 A 127.0.0.1\n6 AAAA ::1\n"
	const sender = "@ TXT \"v=spf1 mx -all\"\n"
	tests := []struct {
		name, records string
		want          []string // beside dns/dnssec/unsigned
	}{
		{"mail without any policy", plain + mail, []string{"dns/dmarc/missing", "dns/spf/missing"}},
		{"no mail and no policy", plain, []string{"dns/dmarc/missing-no-mail", "dns/spf/missing-no-mail"}},
		{"null MX", plain + "@ MX 0 .\n@ TXT \"v=spf1 -all\"\n_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:a@x.test\"\n", nil},
		{"null MX among others", plain + mail + "@ MX 0 .\n" + sender + policy, []string{"dns/mx/null-mixed"}},
		{"mail server that is gone", plain + "@ MX 10 gone\n@ TXT \"v=spf1 -all\"\n" + policy, []string{"dns/mx/unresolvable"}},
		{"two SPF records", plain + mail + sender + "@ TXT \"v=spf1 a -all\"\n" + policy, []string{"dns/spf/multiple"}},
		{"SPF for everybody", plain + mail + "@ TXT \"v=spf1 +all\"\n" + policy, []string{"dns/spf/allow-all"}},
		{"SPF for everybody, no mail", plain + "@ TXT \"v=spf1 all\"\n" + policy, []string{"dns/spf/allow-all-no-mail"}},
		{"SPF for everybody by an include", plain + mail + "@ TXT \"v=spf1 include:i.x.test -all\"\ni TXT \"v=spf1 +all\"\n" + policy, []string{"dns/spf/allow-all"}},
		{"SPF that takes no stand", plain + mail + "@ TXT \"v=spf1 mx ?all\"\n" + policy, []string{"dns/spf/neutral"}},
		{"SPF that just ends", plain + mail + "@ TXT \"v=spf1 mx\"\n" + policy, []string{"dns/spf/neutral"}},
		{"SPF by redirect", plain + mail + "@ TXT \"v=spf1 redirect=r.x.test\"\nr TXT \"v=spf1 -all\"\n" + policy, nil},
		{"SPF that cannot be read", plain + mail + "@ TXT \"v=spf1 ip4:999.1.1.1 -all\"\n" + policy, []string{"dns/spf/syntax"}},
		{"SPF with an include that is gone", plain + mail + "@ TXT \"v=spf1 include:gone.x.test -all\"\n" + policy, []string{"dns/spf/broken-include"}},
		{"SPF that includes itself", plain + mail + "@ TXT \"v=spf1 include:x.test -all\"\n" + policy, []string{"dns/spf/too-many-lookups"}},
		{"SPF with eleven look-ups", plain + mail + "@ TXT \"v=spf1 a:1.x.test a:2.x.test a:3.x.test a:4.x.test a:5.x.test a:6.x.test include:more.x.test -all\"\n" + six + "more TXT \"v=spf1 a:x.test mx:x.test exists:%{i}.x.test a:1.x.test -all\"\n" + policy, []string{"dns/spf/too-many-lookups"}},
		{"SPF with ten look-ups", plain + mail + "@ TXT \"v=spf1 a:1.x.test a:2.x.test a:3.x.test a:4.x.test a:5.x.test a:6.x.test include:more.x.test -all\"\n" + six + "more TXT \"v=spf1 a:x.test mx:x.test exists:%{i}.x.test -all\"\n" + policy, nil},
		{"SPF with look-ups that find nothing", plain + mail + "@ TXT \"v=spf1 include:a.x.test include:b.x.test include:c.x.test -all\"\n" + policy, []string{"dns/spf/broken-include", "dns/spf/void-lookups"}},
		{"SPF with hosts that are gone", plain + mail + "@ TXT \"v=spf1 a:1.x.test mx:2.x.test exists:3.x.test -all\"\n" + policy, []string{"dns/spf/void-lookups"}},
		{"SPF with an mx of eleven servers", plain + mail + servers("m", 11) + "@ TXT \"v=spf1 mx:m.x.test -all\"\n" + policy, []string{"dns/spf/broken-include"}},
		{"SPF with ptr", plain + mail + "@ TXT \"v=spf1 ptr -all\"\n" + policy, []string{"dns/spf/ptr"}},
		{"SPF in several strings", plain + mail + "@ TXT \"v=spf1 m\" \"x -a\" \"ll\"\n" + policy, nil},
		{"DMARC that only watches", plain + mail + sender + "_dmarc TXT \"v=DMARC1; p=none; rua=mailto:d@x.test\"\n", []string{"dns/dmarc/none"}},
		{"DMARC without reports", plain + mail + sender + "_dmarc TXT \"v=DMARC1; p=reject\"\n", []string{"dns/dmarc/no-reports"}},
		{"DMARC that leaves subdomains out", plain + mail + sender + "_dmarc TXT \"v=DMARC1; p=reject; sp=none; rua=mailto:d@x.test\"\n", []string{"dns/dmarc/subdomains-none"}},
		{"DMARC with reports to somebody else", plain + mail + sender + "_dmarc TXT \"v=DMARC1; p=reject; rua=mailto:a@b.test,mailto:d@sub.x.test!9m\"\n", []string{"dns/dmarc/report-refused"}},
		{"DMARC for a part", plain + mail + sender + "_dmarc TXT \"v=DMARC1; p=reject; pct=20; rua=mailto:d@x.test\"\n", []string{"dns/dmarc/partial"}},
		{"DMARC that cannot be read", plain + mail + sender + "_dmarc TXT \"v=DMARC1; p=refuse\"\n", []string{"dns/dmarc/syntax"}},
		{"two DMARC records", plain + mail + sender + policy + "_dmarc TXT \"v=DMARC1; p=none\"\n", []string{"dns/dmarc/multiple"}},
		{"no CAA", strings.ReplaceAll(plain, "@ CAA 0 issue \"ca.test\"\n", "") + mail + sender + policy, []string{"dns/caa/missing"}},
		{"CAA without an issuer", strings.ReplaceAll(plain, "issue \"ca.test\"", "iodef \"mailto:a@x.test\"") + mail + sender + policy, []string{"dns/caa/unrestricted"}},
		{"no IPv6", strings.ReplaceAll(plain, "@ AAAA ::1\n", "") + mail + sender + policy, []string{"dns/ipv6/missing"}},
		{"www that leads nowhere", plain + mail + sender + policy + "www CNAME gone.elsewhere.test.\n", []string{"dns/cname/dangling"}},
		{"one name server", "@ A 127.0.0.1\n@ AAAA ::1\n@ CAA 0 issue \"ca.test\"\n@ NS ns1\nns1 A 127.0.0.1\n" + mail + sender + policy, []string{"dns/ns/single"}},
		{"all name servers in one network", strings.ReplaceAll(plain, "ns2 AAAA 2001:db8::1\n", "") + mail + sender + policy, []string{"dns/ns/one-network"}},
		{"TLSA without DNSSEC", plain + mail + sender + policy + "_25._tcp.mail TLSA 3 1 1 " + sum256 + "\n", []string{"dns/dane/unsigned"}},
		{"SOA that cannot be meant", plain + mail + sender + policy + "@ SOA ns hostmaster 1 600 600 1000 999999\n", []string{"dns/soa/values"}},
		{"name server without an address", plain + "@ NS ns9\n" + mail + sender + policy, []string{"dns/ns/unresolvable"}},
		{"DKIM key of old", plain + mail + sender + policy + "s1._domainkey TXT \"v=DKIM1; p=" + rsa1024 + "\"\n", []string{"dns/dkim/old-key"}},
		{"short DKIM key", plain + mail + sender + policy + "default._domainkey TXT \"v=DKIM1; p=" + rsa512 + "\"\n", []string{"dns/dkim/short-key"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, append(tree("x"), zoneText{name: "x.test.", records: tt.records})...)
			s, err := w.look(t, t.Context(), "x.test")
			if err != nil {
				t.Fatal(err)
			}
			want := slices.Sorted(slices.Values(append(slices.Clone(tt.want), "dns/dnssec/unsigned")))
			if got := s.findings(); !slices.Equal(got, want) {
				t.Errorf("findings %v, want %v", got, want)
				for _, o := range s.all {
					if w, ok := o.(domain.Weakness); ok {
						t.Logf("%s: %s", w.Advisory.ID, w.Detail)
					}
				}
			}
			for _, o := range s.all {
				w, ok := o.(domain.Weakness)
				if ok && (w.Advisory.Title == "" || w.Advisory.Severity == "" || w.Where == "" || w.Detail == "" || w.Evidence == "") {
					t.Errorf("incomplete: %+v", w)
				}
			}
		})
	}
}

// servers are n mail servers of a name.
func servers(name string, n int) (records string) {
	for i := range n {
		records += fmt.Sprintf("%s MX 1 m%d\n", name, i)
	}
	return records
}

// rsa1024 is the public half of a 1024 bit RSA key.
const rsa1024 = "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDlBXvHan8ltfy/3R7mnwBsjQm0DMYQpeHt9biWAXQdHgY3al+Keo0vtvV4YARD+qj39GsNMfLbI4d+iomx4SC21Dc2FDVKB8g1Yohif1GheWNUiMAqXMCuHIotnwMi4z1ukgDU7DTA84UxE1vGXcX/nTU3/6KJC+0VuI91tgCCQwIDAQAB"

// rsa512 is the public half of a 512 bit RSA key.
const rsa512 = "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAMnqrfc4gZFkhYHE+jUJvAW7C3N9bKQGFbzFTNgFHBjt8WWbFZpWb5I2rJNFKpYqXZ7sDF1XlIv0Oo/gCMjBGlECAwEAAQ=="

func TestASubdomainIsJudgedByItsOwnAndItsRegistrableDomain(t *testing.T) {
	w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", proof: "nsec", records: strings.ReplaceAll(healthy, "www CNAME good.test.", "app A 127.0.0.1\napp AAAA ::1")})...)
	s, err := w.look(t, t.Context(), "app.good.test")
	if err != nil {
		t.Fatal(err)
	}
	if got := s.findings(); len(got) != 0 {
		t.Errorf("findings %v, want none", got)
	}
	if z := s.zone("app.good.test"); z.DNSSEC != "secure" || !slices.Equal(z.Records["A"], []string{"127.0.0.1"}) {
		t.Errorf("zone of the target is %+v", z)
	}
	if z := s.zone("good.test"); z.DNSSEC != "secure" || len(z.Records["MX"]) != 1 || len(z.Records["DMARC"]) != 1 {
		t.Errorf("zone of the registrable domain is %+v", z)
	}
}

func TestADanglingTargetIsFound(t *testing.T) {
	w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", proof: "nsec", records: healthy + "old CNAME shop.gone.test.\n"})...)
	s, err := w.look(t, t.Context(), "old.good.test")
	if err != nil {
		t.Fatal(err)
	}
	f := s.finding("dns/cname/dangling")
	if f == nil || f.Where != "old.good.test" || !strings.Contains(f.Detail, "shop.gone.test") || f.Advisory.Severity != domain.High {
		t.Errorf("finding is %+v", f)
	}
}

func TestAnOpenZoneTransferIsFound(t *testing.T) {
	w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", proof: "nsec", records: healthy, open: true})...)
	s, err := w.look(t, t.Context(), "good.test")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := s.findings(), []string{"dns/axfr/open", "dns/axfr/open"}; !slices.Equal(got, want) {
		t.Errorf("findings %v, want %v", got, want)
	}
	if f := s.finding("dns/axfr/open"); f.Advisory.Severity != domain.High || f.Where != "ns1.good.test" || f.Evidence == "" {
		t.Errorf("finding is %+v", f)
	}
}

func TestAForbiddenNameServerIsNotAskedForItsZone(t *testing.T) {
	w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", proof: "nsec",
		records: strings.ReplaceAll(healthy, "ns1 A 127.0.0.1", "ns1 A 169.254.169.254")})...)
	s, err := w.look(t, t.Context(), "good.test")
	if err != nil {
		t.Fatal(err)
	}
	if c := s.coverage("zone transfer from ns1.good.test"); c.Outcome != domain.Refused || c.Reason == "" {
		t.Errorf("coverage is %+v, want refused with a reason", c)
	}
	if c := s.coverage("zone transfer from ns2.good.test"); c.Outcome != domain.Tested {
		t.Errorf("coverage is %+v, want tested", c)
	}
	if c := s.coverage("zone transfer"); c.Outcome == domain.Tested {
		t.Errorf("the transfer counts as tested although one server was not asked")
	}
}

func TestNothingToLookAt(t *testing.T) {
	w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", records: healthy})...)
	tests := []struct {
		name    string
		outcome domain.Outcome
		reason  string
	}{
		{"192.0.2.1", domain.Skipped, "an address has no DNS zone"},
		{"2001:db8::1", domain.Skipped, "an address has no DNS zone"},
		{"nobody.test", domain.Skipped, "the domain nobody.test does not exist"},
	}
	for _, tt := range tests {
		_, err := w.look(t, t.Context(), tt.name)
		var none *scanners.NotTested
		if !errors.As(err, &none) || none.Outcome != tt.outcome || none.Reason != tt.reason {
			t.Errorf("Scan(%s) = %v, want %s: %s", tt.name, err, tt.outcome, tt.reason)
		}
	}
}

func TestAnAddressHasItsNameAsAFact(t *testing.T) {
	w := newWorld(t, zoneText{name: "2.0.192.in-addr.arpa.", records: "7 PTR host.good.test.\n"})
	os := w.anchor
	w.anchor = ""
	s, err := w.look(t, t.Context(), "192.0.2.7")
	w.anchor = os
	var none *scanners.NotTested
	if !errors.As(err, &none) {
		t.Fatalf("Scan = %v, want not tested", err)
	}
	if z := s.zone("7.2.0.192.in-addr.arpa"); !slices.Equal(z.Records["PTR"], []string{"host.good.test."}) {
		t.Errorf("zone is %+v", z)
	}
}

func TestAResolverThatIsAway(t *testing.T) {
	w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", records: healthy})...)
	t.Run("from the start", func(t *testing.T) {
		w.answers(func(_ miekg.Question, m *miekg.Msg) { m.Rcode = miekg.RcodeServerFailure; m.Answer = nil })
		s, err := w.look(t, t.Context(), "good.test")
		var none *scanners.NotTested
		if !errors.As(err, &none) || none.Outcome != domain.TimedOut || !strings.Contains(none.Reason, "SERVFAIL") {
			t.Errorf("Scan = %v, want a time-out that names SERVFAIL", err)
		}
		if len(s.all) != 0 {
			t.Errorf("something was seen: %v", s.all)
		}
	})
	t.Run("for one question", func(t *testing.T) {
		w.answers(func(q miekg.Question, m *miekg.Msg) {
			if q.Qtype == miekg.TypeCAA {
				m.Rcode = miekg.RcodeServerFailure
			}
		})
		s, err := w.look(t, t.Context(), "good.test")
		if err != nil {
			t.Fatal(err)
		}
		if c := s.coverage("caa"); c.Outcome != domain.Failed || !strings.Contains(c.Reason, "SERVFAIL") {
			t.Errorf("coverage of caa is %+v, want failed with SERVFAIL", c)
		}
		if c := s.coverage("spf"); c.Outcome != domain.Tested {
			t.Errorf("coverage of spf is %+v, want tested", c)
		}
		if f := s.finding("dns/caa/missing"); f != nil {
			t.Errorf("what could not be looked at is told as missing")
		}
	})
}

func TestAResolverThatDoesNotListen(t *testing.T) {
	w := newWorld(t, tree()...)
	w.address = "127.0.0.1:1"
	scanner, err := New(Options{Resolver: w.address, TrustAnchor: w.anchor})
	if err != nil {
		t.Fatal(err)
	}
	job := scanners.Job{Target: domain.Target{Kind: domain.HostTarget, Host: "good.test", Domain: "good.test"}}
	err = scanner.Scan(t.Context(), job, func(o domain.Observation) { t.Errorf("seen: %v", o) })
	var none *scanners.NotTested
	if !errors.As(err, &none) || none.Outcome != domain.TimedOut || !strings.Contains(none.Reason, "does not answer") {
		t.Errorf("Scan = %v, want a time-out", err)
	}
}

func TestACancelledScanEnds(t *testing.T) {
	w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", records: healthy})...)
	ctx, cancel := context.WithCancel(t.Context())
	w.answers(func(q miekg.Question, _ *miekg.Msg) {
		if q.Qtype == miekg.TypeCAA {
			w.silence()
			cancel()
		}
	})
	if _, err := w.look(t, ctx, "good.test"); !errors.Is(err, context.Canceled) {
		t.Errorf("Scan = %v, want it cancelled", err)
	}
}

func TestOptions(t *testing.T) {
	if _, err := New(Options{Resolver: "no port"}); err == nil {
		t.Error("a resolver without a port is taken")
	}
	if _, err := New(Options{Resolver: "127.0.0.1:53", TrustAnchor: "/nowhere/root.key"}); err == nil {
		t.Error("a trust anchor that is not there is taken")
	}
	if s, err := New(Options{}); err != nil || len(s.anchors["."]) != 2 || s.resolver == "" {
		t.Errorf("New = %+v, %v, want the system's resolver and two root keys", s, err)
	}
}

func TestHostileAnswers(t *testing.T) {
	zones := append(tree("good"), zoneText{name: "good.test.", proof: "nsec", records: healthy})
	tests := map[string]func(q miekg.Question, m *miekg.Msg){
		"an alias of itself": func(q miekg.Question, m *miekg.Msg) {
			m.Answer = []miekg.RR{&miekg.CNAME{Hdr: miekg.RR_Header{Name: q.Name, Rrtype: miekg.TypeCNAME, Class: miekg.ClassINET}, Target: q.Name}}
		},
		"name servers and mail servers without end": func(q miekg.Question, m *miekg.Msg) {
			for i := range 1000 {
				host := fmt.Sprintf("h%d.gone.test.", i)
				switch q.Qtype {
				case miekg.TypeMX:
					m.Answer = append(m.Answer, &miekg.MX{Hdr: miekg.RR_Header{Name: q.Name, Rrtype: miekg.TypeMX, Class: miekg.ClassINET}, Mx: host})
				case miekg.TypeNS:
					m.Answer = append(m.Answer, &miekg.NS{Hdr: miekg.RR_Header{Name: q.Name, Rrtype: miekg.TypeNS, Class: miekg.ClassINET}, Ns: host})
				}
			}
		},
		"text that writes on the terminal": func(q miekg.Question, m *miekg.Msg) {
			if q.Qtype == miekg.TypeTXT {
				m.Answer = []miekg.RR{&miekg.TXT{
					Hdr: miekg.RR_Header{Name: q.Name, Rrtype: miekg.TypeTXT, Class: miekg.ClassINET},
					Txt: []string{"v=spf1 \027[2J\010<script>", "v=DMARC1"},
				}}
			}
		},
	}
	for name, answer := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, zones...)
			w.answers(answer)
			s, err := w.look(t, t.Context(), "good.test")
			var none *scanners.NotTested
			if err != nil && !errors.As(err, &none) {
				t.Fatal(err)
			}
			if w.questions() > 400 {
				t.Errorf("%d questions were asked", w.questions())
			}
			for _, o := range s.all {
				if text := fmt.Sprintf("%v", o); strings.ContainsAny(text, "\x1b\n\x00") {
					t.Errorf("raw control characters in %q", text)
				}
			}
		})
	}
}

func TestAResolverThatAnswersRubbish(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { conn.Close(); <-done })
	go func() {
		defer close(done)
		packet := make([]byte, 2048)
		for {
			n, from, err := conn.ReadFrom(packet)
			if err != nil {
				return
			}
			packet[2] |= 0x80 // an answer
			packet[7] = 1     // with one record, whose name is a pointer to itself
			copy(packet[n-11:], []byte{0xc0, byte(n - 11)})
			conn.WriteTo(packet[:n], from)
		}
	}()
	scanner, err := New(Options{Resolver: conn.LocalAddr().String()})
	if err != nil {
		t.Fatal(err)
	}
	job := scanners.Job{Target: domain.Target{Kind: domain.HostTarget, Host: "good.test", Domain: "good.test"}}
	err = scanner.Scan(t.Context(), job, func(o domain.Observation) { t.Errorf("seen: %v", o) })
	var none *scanners.NotTested
	if !errors.As(err, &none) || none.Outcome != domain.TimedOut {
		t.Errorf("Scan = %v, want a time-out", err)
	}
}

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
