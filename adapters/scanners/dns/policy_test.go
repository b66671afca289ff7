package dns

import (
	"slices"
	"strings"
	"testing"
	"time"

	miekg "github.com/miekg/dns"
)

func TestSPFSyntax(t *testing.T) {
	valid := []string{
		"v=spf1", "V=SPF1 -ALL", "v=spf1  mx   -all ", "v=spf1 a mx ptr ip4:192.0.2.1 ip4:192.0.2.0/24 ip6:2001:db8::/32 -all",
		"v=spf1 a:example.com/24 mx/24//64 a//64 mx:example.com//128 ~all", "v=spf1 +a ?mx -ip4:192.0.2.1 ~all",
		"v=spf1 include:_spf.example.com. ?all", "v=spf1 exists:%{ir}.%{l1r+-}._spf.%{d} -all",
		"v=spf1 redirect=_spf.example.com", "v=spf1 -all exp=explain._spf.%{d}", "v=spf1 mx unknown=a%%b%_c%-d -all",
		"v=spf1 include:%{d2} -all", "v=spf1 a:%{i/}.example.com/24 -all", "v=spf1 a:xn--bcher-kva.example -all",
	}
	for _, text := range valid {
		if _, err := parseSPF(text); err != nil {
			t.Errorf("parseSPF(%q) = %v, want it taken", text, err)
		}
	}
	broken := []string{
		"", "v=spf10 -all", "v=spf1-all", " v=spf1 -all", "v=spf1 -all:x", "v=spf1 -al", "v=spf1 ip4 -all", "v=spf1 ip4: -all",
		"v=spf1 ip4:2001:db8::1", "v=spf1 ip6:192.0.2.1", "v=spf1 ip4:192.0.2.256", "v=spf1 ip4:192.0.2.1/33", "v=spf1 ip4:192.0.2.1/08",
		"v=spf1 ip6:::1/129", "v=spf1 ip6:fe80::1%eth0", "v=spf1 include", "v=spf1 include: -all", "v=spf1 exists -all", "v=spf1 a: -all",
		"v=spf1 a/33 -all", "v=spf1 a//129 -all", "v=spf1 a/ -all", "v=spf1 include:a.example/24 -all", "v=spf1 include:localhost -all",
		"v=spf1 include:a.123 -all", "v=spf1 include:a.-x -all", "v=spf1 include:%{x}.example -all", "v=spf1 include:%{d -all",
		"v=spf1 include:100%.example -all", "v=spf1 redirect=a.example redirect=b.example", "v=spf1 exp=a.example exp=b.example",
		"v=spf1 redirect= -all", "v=spf1\tmx\t-all", "v=spf1 --all", "v=spf1 include:bücher.example -all", "v=spf1 a:\x00.example", "v=spf1 -",
	}
	for _, text := range broken {
		if record, err := parseSPF(text); err == nil {
			t.Errorf("parseSPF(%q) = %+v, want an error", text, record)
		}
	}
}

func TestSPFTerms(t *testing.T) {
	record, err := parseSPF("v=spf1 mx ?include:a.example ~all redirect=b.example +all")
	if err != nil {
		t.Fatal(err)
	}
	want := []spfTerm{{'+', "mx", ""}, {'?', "include", "a.example"}, {'~', "all", ""}, {'+', "all", ""}}
	if len(record.terms) != len(want) || record.redirect != "b.example" {
		t.Fatalf("record is %+v", record)
	}
	for i := range want {
		if record.terms[i] != want[i] {
			t.Errorf("term %d is %+v, want %+v", i, record.terms[i], want[i])
		}
	}
}

func TestDMARCSyntax(t *testing.T) {
	valid := map[string]dmarc{
		"v=DMARC1; p=none": {policy: "none", percent: 100},
		"v=DMARC1;p=Reject;sp=quarantine;pct=50;rua=mailto:a@b.example!10m,https://c.example/d;": {policy: "reject", subdomains: "quarantine", percent: 50, reports: true,
			receivers: "mailto:a@b.example!10m,https://c.example/d"},
		" v = DMARC1 ; p = quarantine ; adkim=s; aspf=r; fo=0:d:s; ri=86400; rf=afrf; x-new=y": {policy: "quarantine", percent: 100, strictDKIM: true},
		"v=DMARC1; pct=0; p=none; ruf=mailto:a@b.example":                                      {policy: "none"},
	}
	for text, want := range valid {
		if got, err := parseDMARC(text); err != nil || got != want {
			t.Errorf("parseDMARC(%q) = %+v, %v, want %+v", text, got, err, want)
		}
	}
	broken := []string{
		"", "v=DMARC1", "v=dmarc1; p=none", "p=none; v=DMARC1", "v=DMARC10; p=none", "v=DMARC1; p=no", "v=DMARC1; p=", "v=DMARC1; p",
		"v=DMARC1; p=none; p=reject", "v=DMARC1; p=none; pct=101", "v=DMARC1; p=none; pct=-1", "v=DMARC1; p=none; sp=all",
		"v=DMARC1; p=none; rua=a@b.example", "v=DMARC1; p=none; rua=", "v=DMARC1; p=none; adkim=x", "v=DMARC1; p=none; fo=2",
		"v=DMARC1; p=none; ri=1h", "v=DMARC1 p=none", "v=DMARC1; p=none, rua=mailto:a@b.example",
	}
	for _, text := range broken {
		if got, err := parseDMARC(text); err == nil {
			t.Errorf("parseDMARC(%q) = %+v, want an error", text, got)
		}
	}
}

func TestDKIMKeys(t *testing.T) {
	tests := []struct {
		text string
		key  string
		ok   bool
	}{
		{"v=DKIM1; k=rsa; p=AAAA BB", "AAAABB", true},
		{"p=", "", true},
		{"k=rsa;\tp=AA", "AA", true},
		{"k=rsa; v=DKIM1; p=AA", "", false},
		{"v=DKIM2; p=AA", "", false},
		{"v=spf1 -all", "", false},
		{"google-site-verification=p", "", false},
	}
	for _, tt := range tests {
		if key, ok := dkimKey(tt.text); key != tt.key || ok != tt.ok {
			t.Errorf("dkimKey(%q) = %q, %v, want %q, %v", tt.text, key, ok, tt.key, tt.ok)
		}
	}
	for key, want := range map[string]int{rsa512: 512, "": 0, "!": 0, "AAAA": 0} {
		if got := rsaBits(key); got != want {
			t.Errorf("rsaBits(%.10q) = %d, want %d", key, got, want)
		}
	}
}

func TestForeignTextIsEscaped(t *testing.T) {
	raw := "a\"b\\c\x1b[31m\x00é"
	if got, want := escape(raw), `a\"b\\c\027[31m\000\195\169`; got != want {
		t.Errorf("escape = %s, want %s", got, want)
	}
	if got := unescape(escape(raw)); got != raw {
		t.Errorf("unescape(escape(x)) = %q, want %q", got, raw)
	}
	for _, odd := range []string{`\`, `\9`, `\99`, `\999`, `a\`} {
		unescape(odd) // must not panic
	}
}

func TestEveryFindingHasAnAdvisory(t *testing.T) {
	for id, a := range advisories {
		switch {
		case a.Title == "" || a.Description == "" || a.Remedy == "" || a.Severity == "" || len(a.References) == 0:
			t.Errorf("%s is incomplete", id)
		case !strings.HasPrefix(id, "dns/"):
			t.Errorf("%s does not name its scanner", id)
		case strings.HasSuffix(id, "-no-mail") && (a.Severity == "high" || a.Severity == "critical"):
			t.Errorf("%s is %s on a domain without mail", id, a.Severity)
		}
	}
	if advisory("dns/spf/missing").ID != "dns/spf/missing" {
		t.Error("an advisory does not carry its id")
	}
}

var referenceTime = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func FuzzSPF(f *testing.F) {
	f.Add("v=spf1 a:%{i/}.example.com/24//64 include:a.b exists:%{ir}.%{l1r+-}.x -all redirect=%{d}")
	f.Fuzz(func(t *testing.T, text string) {
		record, err := parseSPF(text)
		if err != nil {
			return
		}
		for _, term := range record.terms {
			if _, known := takes[term.mechanism]; !known || strings.IndexByte("+-~?", term.qualifier) < 0 {
				t.Errorf("parseSPF(%q) has the term %+v", text, term)
			}
		}
	})
}

func FuzzDMARC(f *testing.F) {
	f.Add("v=DMARC1; p=reject; sp=none; pct=50; rua=mailto:a@b.example!10m; fo=0:d")
	f.Fuzz(func(t *testing.T, text string) {
		record, err := parseDMARC(text)
		if err == nil && (!isPolicy(record.policy) || record.percent < 0 || record.percent > 100) {
			t.Errorf("parseDMARC(%q) = %+v", text, record)
		}
	})
}

func FuzzAnchors(f *testing.F) {
	f.Add([]byte(rootAnchors))
	f.Add([]byte("<TrustAnchor><Zone>.</Zone></TrustAnchor>"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if found, err := parseAnchors(raw, referenceTime); err == nil && len(found) == 0 {
			t.Errorf("parseAnchors(%q) found nothing and says so by no error", raw)
		}
	})
}

// FuzzAnswer throws messages at everything that reads one.
func FuzzAnswer(f *testing.F) {
	m := new(miekg.Msg).SetQuestion("a.test.", miekg.TypeDS)
	for _, text := range []string{
		"a.test. 1 IN CNAME a.test.", "a.test. 1 IN DS 1 13 2 00", "a.test. 1 IN TXT \"v=spf1 -all\"",
		"test. 1 IN NSEC a.test. A NS", "ABCD.test. 1 IN NSEC3 1 1 1 AB 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR A",
	} {
		rr, err := miekg.NewRR(text)
		if err != nil {
			f.Fatal(err)
		}
		m.Answer, m.Ns = append(m.Answer, rr), append(m.Ns, rr)
	}
	wire, err := m.Pack()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wire)
	f.Fuzz(func(t *testing.T, wire []byte) {
		msg := new(miekg.Msg)
		if msg.Unpack(wire) != nil {
			return
		}
		for _, qtype := range append([]uint16{miekg.TypeDS, miekg.TypeDNSKEY}, recordTypes...) {
			a := read(miekg.Question{Name: "a.test.", Qtype: qtype, Qclass: miekg.ClassINET}, msg)
			present(a.rrs)
			quoted(a.texts())
		}
		v := &validator{now: referenceTime}
		at := signed{zone: "test.", keys: recordsAt[*miekg.DNSKEY](msg.Answer, "test.")}
		v.undelegated(msg.Ns, at, "a.test.")
		d := denials{zone: "test."}
		for _, rr := range msg.Ns {
			switch rr := rr.(type) {
			case *miekg.NSEC:
				d.nsec = append(d.nsec, rr)
			case *miekg.NSEC3:
				d.nsec3 = append(d.nsec3, rr)
			}
		}
		if !slices.ContainsFunc(d.nsec3, func(n *miekg.NSEC3) bool { return n.Iterations > iterationLimit }) {
			d.covers("b.a.test.", 1)
			d.coveredByNSEC3("b.a.test.")
		}
	})
}
