package dns

import (
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	miekg "github.com/miekg/dns"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

const everything = `@ A 93.184.216.34
@ AAAA 2606:2800:220:1::1
@ NS ns1
@ NS ns2
@ MX 20 mail2
@ MX 10 mail
@ TXT "v=spf1 " "-all"
@ CAA 0 issue "ca.example"
@ HTTPS 1 . alpn=h2
@ NAPTR 1 1 "S" "x" "" a
@ SSHFP 4 2 0000000000000000000000000000000000000000000000000000000000000000
@ LOC 52 22 23.000 N 4 53 32.000 E -2.00m 0.00m 10000m 10m
@ OPENPGPKEY AQID
@ EUI48 00-00-5e-00-53-2a
@ CERT PGP 0 0 AQID
@ AFSDB 1 afs
_dmarc TXT "v=DMARC1; p=reject"
_443._tcp TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
_imaps._tcp SRV 0 1 993 mail
www CNAME good.test.
ns1 A 127.0.0.1
ns2 A 127.0.0.1
inside A 10.0.0.7
inside A 93.184.216.34
`

// lookups asks a world's server as the installation's resolver; of its addresses
// loopback alone is allowed.
func (w *world) lookups(t *testing.T) *Lookups {
	t.Helper()
	l, err := NewLookups(Options{Resolver: w.address, TrustAnchor: w.anchor}, scanners.NewGuard(scanners.Policy{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (w *world) lookUp(t *testing.T, name, resolver string) (*domain.DNSAnswers, []domain.LookupPart) {
	t.Helper()
	s, err := domain.ParseSubject(name)
	if err != nil {
		t.Fatal(err)
	}
	answers, parts, err := w.lookups(t).LookUp(t.Context(), s, resolver)
	if err != nil {
		t.Fatal(err)
	}
	return answers, parts
}

// partsOf are how parts ended, but for those that found something.
func partsOf(parts []domain.LookupPart) string {
	var all []string
	for _, p := range parts {
		all = append(all, p.Part+" "+string(p.Outcome))
	}
	return strings.Join(all, ", ")
}

func TestLookUpAllTypes(t *testing.T) {
	w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", proof: "nsec", records: everything})...)
	answers, parts := w.lookUp(t, "good.test", "")
	if got := partsOf(parts); got != "dns found, dnssec found" || answers.DNSSEC != (domain.DNSSEC{Status: "secure"}) {
		t.Errorf("%s, %+v", got, answers.DNSSEC)
	}
	var got []string
	for _, r := range answers.Records {
		got = append(got, r.Name+" "+r.Type+" "+r.Data)
		if r.TTL != 300 {
			t.Errorf("%+v", r)
		}
	}
	for _, want := range []string{
		"good.test A 93.184.216.34", "good.test AAAA 2606:2800:220:1::1", "good.test NS ns1.good.test.", "good.test MX 20 mail2.good.test.", "good.test MX 10 mail.good.test.",
		`good.test TXT "v=spf1 " "-all"`, `good.test CAA 0 issue "ca.example"`, `good.test HTTPS 1 . alpn="h2"`, "_dmarc.good.test TXT \"v=DMARC1; p=reject\"",
		"_443._tcp.good.test TLSA 3 1 1 " + strings.Repeat("0", 64), "_imaps._tcp.good.test SRV 0 1 993 mail.good.test.", `good.test NAPTR 1 1 "S" "x" "" a.good.test.`,
		"good.test SSHFP 4 2 " + strings.Repeat("0", 64), "good.test OPENPGPKEY AQID", "good.test EUI48 00-00-5e-00-53-2a", "good.test CERT PGP 0 0 AQID", "good.test AFSDB 1 afs.good.test.",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%q is not in\n%s", want, strings.Join(got, "\n"))
		}
	}
	for _, kind := range []string{"SOA", "DNSKEY", "DS", "LOC"} {
		if !slices.ContainsFunc(answers.Records, func(r domain.DNSRecord) bool { return r.Type == kind }) {
			t.Errorf("there is no %s in\n%s", kind, strings.Join(got, "\n"))
		}
	}
	for _, kind := range []string{"CNAME", "SVCB", "PTR", "TLSA", "SRV", "CDNSKEY", "ZONEMD", "SMIMEA", "IPSECKEY", "LP"} {
		if !slices.Contains(answers.Empty, kind) {
			t.Errorf("%s is not among those without a record: %v", kind, answers.Empty)
		}
	}
}

// TestLookUpVerdicts has zones that hold and some that do not, and resolvers that
// lie.
func TestLookUpVerdicts(t *testing.T) {
	forge := func(kind uint16, record string) func(q miekg.Question, m *miekg.Msg) {
		return func(q miekg.Question, m *miekg.Msg) {
			for i, rr := range m.Answer {
				if q.Qtype == kind && rr.Header().Rrtype == kind && q.Name == "good.test." {
					m.Answer[i], _ = miekg.NewRR(record)
				}
			}
		}
	}
	for _, c := range []struct {
		name, subject  string
		zone           zoneText
		answer         func(q miekg.Question, m *miekg.Msg)
		status, reason string
	}{
		{"signed", "good.test", zoneText{proof: "nsec3"}, nil, "secure", ""},
		{"unsigned", "good.test", zoneText{}, nil, "insecure", ""},
		{"expired", "good.test", zoneText{proof: "nsec", expired: true}, nil, "bogus", "valid only"},
		{"another address", "good.test", zoneText{proof: "nsec"}, forge(miekg.TypeA, "good.test. 300 A 6.6.6.6"), "bogus", "A does not verify"},
		{"other mail", "good.test", zoneText{proof: "nsec"}, forge(miekg.TypeMX, "good.test. 300 MX 1 evil.example."), "bogus", "MX does not verify"},
		{"another text", "good.test", zoneText{proof: "nsec"}, forge(miekg.TypeTXT, `good.test. 300 TXT "x"`), "bogus", "TXT does not verify"},
		{"no signatures", "good.test", zoneText{proof: "nsec"}, func(_ miekg.Question, m *miekg.Msg) { m.Answer = without[*miekg.RRSIG](m.Answer) }, "indeterminate", "no DNSSEC records"},
		{"no key", "good.test", zoneText{proof: "nsec"}, func(q miekg.Question, m *miekg.Msg) {
			if q.Qtype == miekg.TypeDNSKEY && q.Name == "good.test." {
				m.Rcode, m.Answer = miekg.RcodeServerFailure, nil
			}
		}, "indeterminate", "SERVFAIL"},
		{"an alias", "www.good.test", zoneText{proof: "nsec"}, nil, "secure", ""},
		{"a name that is not there", "nothing.good.test", zoneText{proof: "nsec"}, nil, "secure", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.zone.name, c.zone.records = "good.test.", everything
			w := newWorld(t, append(tree("good"), c.zone)...)
			w.answers(c.answer)
			answers, parts := w.lookUp(t, c.subject, "")
			if answers.DNSSEC.Status != c.status || !strings.Contains(answers.DNSSEC.Reason, c.reason) {
				t.Errorf("%+v, want %s (%s)\n%+v", answers.DNSSEC, c.status, c.reason, parts)
			}
		})
	}
}

// TestLookUpParts has single questions fail, and all of them.
func TestLookUpParts(t *testing.T) {
	zones := append(tree("good"), zoneText{name: "good.test.", proof: "nsec", records: everything})
	t.Run("one type fails", func(t *testing.T) {
		for _, kind := range []uint16{miekg.TypeCAA, miekg.TypeTXT, miekg.TypeTLSA} {
			w := newWorld(t, zones...)
			w.answers(func(q miekg.Question, m *miekg.Msg) {
				if q.Qtype == kind && q.Name == "good.test." {
					m.Rcode, m.Answer = miekg.RcodeServerFailure, nil
				}
			})
			answers, parts := w.lookUp(t, "good.test", "")
			word := miekg.TypeToString[kind]
			if got := partsOf(parts); got != "dns found, dns "+word+" failed, dnssec found" || !strings.Contains(parts[1].Reason, "SERVFAIL") || slices.Contains(answers.Empty, word) {
				t.Errorf("%s\n%+v", got, parts)
			}
		}
	})
	t.Run("the resolver says why", func(t *testing.T) {
		w := newWorld(t, zones...)
		w.answers(func(q miekg.Question, m *miekg.Msg) {
			if q.Qtype == miekg.TypeCAA {
				m.Rcode, m.Answer = miekg.RcodeServerFailure, nil
				m.SetEdns0(ednsSize, true)
				m.IsEdns0().Option = append(m.IsEdns0().Option, &miekg.EDNS0_EDE{InfoCode: miekg.ExtendedErrorCodeNoReachableAuthority, ExtraText: "at \x1bdelegation good.test."})
			}
		})
		_, parts := w.lookUp(t, "good.test", "")
		if want := "the resolver answers SERVFAIL to good.test. CAA: No Reachable Authority, at [U+001B]delegation good.test."; parts[1].Reason != want {
			t.Errorf("%q, want %q", parts[1].Reason, want)
		}
	})
	t.Run("the resolver refuses all", func(t *testing.T) {
		w := newWorld(t, zones...)
		w.answers(func(_ miekg.Question, m *miekg.Msg) { m.Rcode, m.Answer = miekg.RcodeRefused, nil })
		answers, parts := w.lookUp(t, "good.test", "")
		if got := partsOf(parts); got != "dns failed" || !strings.Contains(parts[0].Reason, "REFUSED") || answers.DNSSEC.Status != "indeterminate" || len(answers.Records) > 0 {
			t.Errorf("%s\n%+v\n%+v", got, parts, answers)
		}
	})
	t.Run("nobody answers", func(t *testing.T) {
		w := newWorld(t, zones...)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		w.address = l.Addr().String() // where there is no resolver
		l.Close()
		answers, parts := w.lookUp(t, "good.test", "")
		if got := partsOf(parts); got != "dns timed_out" || parts[0].Reason != "the resolver does not answer" || answers.DNSSEC.Status != "indeterminate" {
			t.Errorf("%s\n%+v\n%+v", got, parts, answers)
		}
	})
	t.Run("the name does not exist", func(t *testing.T) {
		w := newWorld(t, zones...)
		answers, parts := w.lookUp(t, "nothing.good.test", "")
		if got := partsOf(parts); got != "dns none, dnssec found" || parts[0].Reason != "the name does not exist" || len(answers.Records) > 0 {
			t.Errorf("%s\n%+v", got, parts)
		}
	})
	t.Run("an AS number", func(t *testing.T) {
		w := newWorld(t, zones...)
		if answers, parts := w.lookUp(t, "AS64500", ""); answers != nil || partsOf(parts) != "dns skipped" {
			t.Errorf("%+v, %+v", answers, parts)
		}
	})
	t.Run("an address of the operator's own network", func(t *testing.T) {
		w := newWorld(t, zones...)
		answers, parts := w.lookUp(t, "inside.good.test", "")
		if got := partsOf(parts); got != "dns found, dns A refused, dnssec found" || len(answers.Records) != 1 || answers.Records[0].Data != "93.184.216.34" {
			t.Errorf("%s\n%+v", got, answers.Records)
		}
	})
	t.Run("an alias", func(t *testing.T) {
		w := newWorld(t, zones...)
		answers, _ := w.lookUp(t, "www.good.test", "")
		var got []string
		for _, r := range answers.Records {
			got = append(got, r.Name+" "+r.Type)
		}
		if want := []string{"good.test A", "good.test AAAA", "www.good.test CNAME"}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func TestLookUpAddress(t *testing.T) {
	w := newWorld(t, zoneText{name: ".", proof: "nsec", records: "@ NS ns.\n34.216.184.93.in-addr.arpa PTR host.example.\n"})
	answers, parts := w.lookUp(t, "93.184.216.34", "")
	if len(answers.Records) != 1 || answers.Records[0].Data != "host.example." || answers.Name != "34.216.184.93.in-addr.arpa" || parts[0].Outcome != domain.PartFound {
		t.Errorf("%+v, %+v", answers, parts)
	}
}

// TestLookUpBy asks a resolver that the request has chosen: through the guard.
func TestLookUpBy(t *testing.T) {
	w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", proof: "nsec", records: everything})...)
	other := newWorld(t, zoneText{name: ".", records: "@ NS ns.\ngood.test A 1.1.1.1\n"})
	answers, parts := w.lookUp(t, "good.test", other.address)
	if len(answers.Records) == 0 || answers.Records[0].Data != "1.1.1.1" || parts[0].Source != other.address || answers.DNSSEC.Status == "secure" {
		t.Errorf("%+v, %+v", answers, parts)
	}
	asked := w.questions()
	for _, resolver := range []string{"127.0.0.2:53", "10.0.0.53:53", "[::1]:53", "169.254.169.254:53", "[::ffff:127.0.0.2]:53"} {
		_, _, err := w.lookups(t).LookUp(t.Context(), domain.LookupSubject{Kind: domain.DomainSubject, Name: "good.test"}, resolver)
		if domain.CodeOf(err) != domain.Forbidden {
			t.Errorf("%s: %v", resolver, err)
		}
	}
	if w.questions() != asked {
		t.Error("the installation's resolver was asked instead")
	}
}
