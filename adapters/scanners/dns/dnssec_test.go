package dns

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	miekg "github.com/miekg/dns"
)

const small = "@ NS ns.test.\n@ A 127.0.0.1\nsub.deep A 127.0.0.1\nalias CNAME @\n"

func TestDNSSECVerdicts(t *testing.T) {
	wrongKey := "bad DS 1 13 2 " + strings.Repeat("00", 32) + "\n"
	oddKey := "odd DS 1 250 2 " + strings.Repeat("00", 32) + "\n"
	zones := func(more ...zoneText) []zoneText {
		return append([]zoneText{
			{name: ".", proof: "nsec", records: "@ NS ns.test.\ntest NS ns.test.\nhash NS ns.test.\nopt NS ns.test.\nnone NS ns.test.\n"},
			{name: "test.", proof: "nsec", records: delegation + "good NS ns1\nplain NS ns1\nold NS ns1\nbad NS ns1\nodd NS ns1\n" + wrongKey + oddKey},
			{name: "hash.", proof: "nsec3", records: "@ NS ns.test.\ngood NS ns.test.\nplain NS ns.test.\n"},
			{name: "opt.", proof: "optout", records: "@ NS ns.test.\ngood NS ns.test.\nplain NS ns.test.\n"},
			{name: "none.", records: "@ NS ns.test.\ngood NS ns.test.\n"},
		}, more...)
	}
	tests := []struct {
		name, domain, status, reason string
		zone                         zoneText
		answer                       func(q miekg.Question, m *miekg.Msg)
	}{
		{name: "signed, NSEC", domain: "good.test", status: secure, zone: zoneText{name: "good.test.", proof: "nsec", records: small}},
		{name: "signed, NSEC3", domain: "good.hash", status: secure, zone: zoneText{name: "good.hash.", proof: "nsec3", records: small}},
		{name: "signed, below an opt-out zone", domain: "good.opt", status: secure, zone: zoneText{name: "good.opt.", proof: "nsec3", records: small}},
		{name: "name in the zone, NSEC", domain: "sub.deep.good.test", status: secure, zone: zoneText{name: "good.test.", proof: "nsec", records: small}},
		{name: "name in the zone, NSEC3", domain: "sub.deep.good.hash", status: secure, zone: zoneText{name: "good.hash.", proof: "nsec3", records: small}},
		{name: "alias", domain: "alias.good.test", status: secure, zone: zoneText{name: "good.test.", proof: "nsec", records: small}},
		{name: "wildcard, NSEC", domain: "any.good.test", status: secure, zone: zoneText{name: "good.test.", proof: "nsec", records: small + "* A 127.0.0.1\n"}},
		{name: "wildcard, NSEC3", domain: "any.good.hash", status: secure, zone: zoneText{name: "good.hash.", proof: "nsec3", records: small + "* A 127.0.0.1\n"}},
		{name: "alias that a wildcard makes, NSEC", domain: "any.good.test", status: secure, zone: zoneText{name: "good.test.", proof: "nsec", records: small + "* CNAME @\n"}},
		{name: "alias that a record above makes", domain: "any.old.good.test", status: secure, zone: zoneText{name: "good.test.", proof: "nsec", records: small + "old DNAME deep\n"}},
		{name: "name below that one's end", domain: "sub.old.good.hash", status: secure, zone: zoneText{name: "good.hash.", proof: "nsec3", records: small + "old DNAME deep\n"}},
		{name: "no IPv4 address", domain: "six.good.hash", status: secure, zone: zoneText{name: "good.hash.", proof: "nsec3", records: small + "six AAAA ::1\n"}},
		{name: "name that does not exist", domain: "nobody.good.test", status: secure, zone: zoneText{name: "good.test.", proof: "nsec", records: small}},
		{name: "unsigned, below NSEC", domain: "plain.test", status: insecure, reason: "no DS record", zone: zoneText{name: "plain.test.", records: small}},
		{name: "unsigned, below NSEC3", domain: "plain.hash", status: insecure, reason: "no DS record", zone: zoneText{name: "plain.hash.", records: small}},
		{name: "unsigned, below opt-out", domain: "plain.opt", status: insecure, reason: "no DS record", zone: zoneText{name: "plain.opt.", records: small}},
		{name: "signed island below an unsigned zone", domain: "good.none", status: insecure, reason: "no DS record", zone: zoneText{name: "good.none.", proof: "nsec", records: small}},
		{name: "algorithm that nobody knows", domain: "odd.test", status: insecure, reason: "algorithms", zone: zoneText{name: "odd.test.", proof: "nsec", records: small}},
		{name: "expired", domain: "old.test", status: bogus, reason: "valid only from", zone: zoneText{name: "old.test.", proof: "nsec", records: small, expired: true}},
		{name: "key that the parent does not vouch for", domain: "bad.test", status: bogus, reason: "vouches for", zone: zoneText{name: "bad.test.", proof: "nsec", records: small}},
		{name: "no key at all", domain: "bad.test", status: bogus, reason: "vouches for", zone: zoneText{name: "bad.test.", records: small}},
		{
			name: "forged address", domain: "good.test", status: bogus, reason: "does not verify",
			zone: zoneText{name: "good.test.", proof: "nsec", records: small},
			answer: func(_ miekg.Question, m *miekg.Msg) {
				for _, rr := range m.Answer {
					if a, ok := rr.(*miekg.A); ok {
						a.A = []byte{192, 0, 2, 1}
					}
				}
			},
		},
		{
			name: "address withheld", domain: "sub.deep.good.test", status: bogus, reason: "withheld",
			zone:   zoneText{name: "good.test.", proof: "nsec", records: small},
			answer: withholding("sub.deep.good.test."),
		},
		{
			name: "no address without proof", domain: "good.test", status: bogus, reason: "no proof in good.test. that good.test. has no AAAA",
			zone: zoneText{name: "good.test.", proof: "nsec", records: small},
			answer: func(q miekg.Question, m *miekg.Msg) {
				if q.Qtype == miekg.TypeAAAA {
					m.Ns = nil
				}
			},
		},
		{
			name: "forged alias", domain: "any.old.good.test", status: bogus, reason: "no signature",
			zone: zoneText{name: "good.test.", proof: "nsec", records: small + "old DNAME deep\n"},
			answer: func(_ miekg.Question, m *miekg.Msg) {
				for _, rr := range m.Answer {
					if alias, is := rr.(*miekg.CNAME); is {
						alias.Target = "evil.test."
					}
				}
			},
		},
		{
			name: "signatures left out of one answer", domain: "good.test", status: bogus, reason: "no signature",
			zone: zoneText{name: "good.test.", proof: "nsec", records: small},
			answer: func(q miekg.Question, m *miekg.Msg) {
				if q.Qtype == miekg.TypeSOA {
					m.Answer = without[*miekg.RRSIG](m.Answer)
				}
			},
		},
		{
			name: "DS record denied without proof", domain: "good.test", status: bogus, reason: "no proof",
			zone: zoneText{name: "good.test.", proof: "nsec", records: small},
			answer: func(q miekg.Question, m *miekg.Msg) {
				if q.Qtype == miekg.TypeDS && q.Name == "good.test." {
					m.Answer = nil
				}
			},
		},
		{
			name: "wildcard without proof", domain: "any.good.test", status: bogus, reason: "wildcard",
			zone: zoneText{name: "good.test.", proof: "nsec", records: small + "* A 127.0.0.1\n"},
			answer: func(q miekg.Question, m *miekg.Msg) {
				if q.Qtype == miekg.TypeA {
					m.Ns = nil
				}
			},
		},
		{
			name: "resolver that knows no DNSSEC", domain: "good.test", status: unknown, reason: "passes on no DNSSEC",
			zone: zoneText{name: "good.test.", proof: "nsec", records: small},
			answer: func(_ miekg.Question, m *miekg.Msg) {
				m.Answer, m.Ns = without[*miekg.RRSIG](m.Answer), nil
			},
		},
		{
			name: "resolver that gives no keys", domain: "good.test", status: unknown, reason: "SERVFAIL",
			zone: zoneText{name: "good.test.", proof: "nsec", records: small},
			answer: func(q miekg.Question, m *miekg.Msg) {
				if q.Qtype == miekg.TypeDNSKEY && q.Name == "good.test." {
					m.Rcode = miekg.RcodeServerFailure
				}
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, zones(tt.zone)...)
			w.answers(tt.answer)
			status, reason := w.verdict(t, tt.domain)
			if status != tt.status || !strings.Contains(reason, tt.reason) {
				t.Errorf("%s is %s (%s), want %s (%s)", tt.domain, status, reason, tt.status, tt.reason)
			}
		})
	}
}

// withholding says with the proof that a name has no DS record that it has no address.
func withholding(name string) func(q miekg.Question, m *miekg.Msg) {
	var proof atomic.Pointer[[]miekg.RR]
	return func(q miekg.Question, m *miekg.Msg) {
		switch {
		case q.Name == name && q.Qtype == miekg.TypeDS:
			proof.Store(&m.Ns)
		case q.Name == name && q.Qtype == miekg.TypeA:
			m.Answer, m.Ns = nil, *proof.Load()
		}
	}
}

func (w *world) verdict(t *testing.T, name string) (status, reason string) {
	t.Helper()
	trusted, err := loadAnchors(w.anchor, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	v := &validator{ask: newAsker(w.address).ask, anchors: trusted, now: time.Now()}
	status, reason, _ = v.verdict(t.Context(), name)
	return status, reason
}

func without[T miekg.RR](rrs []miekg.RR) []miekg.RR {
	return slices.DeleteFunc(slices.Clone(rrs), func(rr miekg.RR) bool { _, is := rr.(T); return is })
}

func TestAnotherTrustAnchorMakesAZoneBogus(t *testing.T) {
	w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", proof: "nsec", records: small})...)
	w.anchor = "" // the real root's
	if status, reason := w.verdict(t, "good.test"); status != bogus {
		t.Errorf("good.test is %s (%s), want bogus", status, reason)
	}
}

func TestManyCollidingKeysAreNotAllTried(t *testing.T) {
	w := newWorld(t, append(tree("good"), zoneText{name: "good.test.", proof: "nsec", records: small})...)
	w.answers(func(q miekg.Question, m *miekg.Msg) {
		if q.Qtype != miekg.TypeDNSKEY || q.Name != "good.test." {
			return
		}
		for _, rr := range slices.Clone(m.Answer) {
			sig, ok := rr.(*miekg.RRSIG)
			for i := 0; ok && i < signatureLimit+1; i++ {
				forged := *sig
				forged.OrigTtl += uint32(i) + 1
				m.Answer = append([]miekg.RR{&forged}, m.Answer...)
			}
		}
	})
	if status, reason := w.verdict(t, "good.test"); status != unknown || !strings.Contains(reason, "signatures") {
		t.Errorf("good.test is %s (%s), want unknown for too many signatures", status, reason)
	}
}

// The order of RFC 4034, 6.1.
func TestCanonicalOrder(t *testing.T) {
	names := []string{
		"example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.",
		"z.example.", "\\001.z.example.", "*.z.example.", "\\200.z.example.",
	}
	for i := range names {
		for j := range names {
			if got, want := less(names[i], names[j]), i < j; got != want {
				t.Errorf("less(%s, %s) = %v, want %v", names[i], names[j], got, want)
			}
		}
	}
}

func TestTrustAnchorFiles(t *testing.T) {
	const xml = `<?xml version="1.0" encoding="UTF-8"?>
<TrustAnchor id="x" source="y"><Zone>.</Zone>
<KeyDigest id="a" validFrom="2010-07-15T00:00:00+00:00" validUntil="2019-01-11T00:00:00+00:00"><KeyTag>19036</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType><Digest>49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5</Digest></KeyDigest>
<KeyDigest id="b" validFrom="2017-02-02T00:00:00+00:00"><KeyTag>20326</KeyTag><Algorithm>8</Algorithm><DigestType>2</DigestType><Digest>E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D</Digest><Flags>257</Flags></KeyDigest>
</TrustAnchor>`
	key := &miekg.DNSKEY{
		Hdr:   miekg.RR_Header{Name: "corp.", Rrtype: miekg.TypeDNSKEY, Class: miekg.ClassINET},
		Flags: 257, Protocol: 3, Algorithm: miekg.ECDSAP256SHA256,
	}
	if _, err := key.Generate(256); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, text string
		want       map[string]uint16 // zone and key tag
	}{
		{"the built-in form", rootAnchors, map[string]uint16{".": 20326}},
		{"a key, with comments", "; autotrust\n" + key.String() + " ;;state=2\n", map[string]uint16{"corp.": key.KeyTag()}},
		{"IANA's XML, expired keys left out", xml, map[string]uint16{".": 20326}},
		{"nothing", "; nothing\n", nil},
		{"records of another kind", "corp. A 127.0.0.1\n", nil},
		{"rubbish", "<a", nil},
		{"more rubbish", "corp. DS x\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "anchor")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := loadAnchors(path, time.Now())
			if (err != nil) != (tt.want == nil) {
				t.Fatalf("loadAnchors = %v, %v", got, err)
			}
			for zone, tag := range tt.want {
				if len(got[zone]) == 0 || got[zone][0].KeyTag != tag {
					t.Errorf("anchors of %s are %v, want tag %d first", zone, got[zone], tag)
				}
			}
		})
	}
}
