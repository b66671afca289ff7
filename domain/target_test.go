package domain

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestParseURL(t *testing.T) {
	for _, c := range []struct {
		in, value, host string
		port            int
		path            string
	}{
		{"https://example.com", "https://example.com/", "example.com", 443, "/"},
		{"example.com", "https://example.com/", "example.com", 443, "/"},
		{"example.com:8443/a", "https://example.com:8443/a", "example.com", 8443, "/a"},
		{"example.com/?next=http://other.example/", "https://example.com/?next=http://other.example/", "example.com", 443, "/?next=http://other.example/"},
		{"HTTP://EXAMPLE.com:80/A?B=c#frag", "http://example.com/A?B=c", "example.com", 80, "/A?B=c"},
		{"https://example.com.:443/", "https://example.com/", "example.com", 443, "/"},
		{"https://example.com?q=1", "https://example.com/?q=1", "example.com", 443, "/?q=1"},
		{"https://example.com#@evil.example/", "https://example.com/", "example.com", 443, "/"},
		{"https://example.com/@user", "https://example.com/@user", "example.com", 443, "/@user"},
		{"https://example.com//evil.example/", "https://example.com//evil.example/", "example.com", 443, "//evil.example/"},
		{"https://example.com/a/../../b/./c", "https://example.com/b/c", "example.com", 443, "/b/c"},
		{"https://example.com/%7euser/a%2Fb", "https://example.com/%7euser/a%2Fb", "example.com", 443, "/%7euser/a%2Fb"},
		{"https://example.com/é?ü=\"<>", "https://example.com/%C3%A9?%C3%BC=%22%3C%3E", "example.com", 443, "/%C3%A9?%C3%BC=%22%3C%3E"},
		{"https://BÜCHER.example/", "https://xn--bcher-kva.example/", "xn--bcher-kva.example", 443, "/"},
		{"http://192.0.2.1:8080/x", "http://192.0.2.1:8080/x", "192.0.2.1", 8080, "/x"},
		{"http://[2001:DB8::0:1]/", "http://[2001:db8::1]/", "2001:db8::1", 80, "/"},
		{"https://[::ffff:192.0.2.1]:8443/", "https://192.0.2.1:8443/", "192.0.2.1", 8443, "/"},
		{"https://my_shop.example.com/", "https://my_shop.example.com/", "my_shop.example.com", 443, "/"},
		{"http://localhost:65535", "http://localhost:65535/", "localhost", 65535, "/"},
		{"  https://example.com/  ", "https://example.com/", "example.com", 443, "/"},
	} {
		got, err := ParseURL(c.in)
		if err != nil {
			t.Errorf("ParseURL(%q): %v", c.in, err)
			continue
		}
		scheme, _, _ := strings.Cut(c.value, ":")
		want := Target{URLTarget, c.value, c.host, c.host, scheme, c.port, c.path}
		if got != want {
			t.Errorf("ParseURL(%q)\n got %+v\nwant %+v", c.in, got, want)
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	for _, in := range []string{
		"", " ", "http://", "https:///path", "http://:80/", "//example.com/", "/path", "?q", "#f",
		"ftp://example.com/", "file:///etc/passwd", "gopher://example.com/", "javascript:alert(1)", "data:text/html,x",
		"javascript://example.com/%0aalert(1)", "mailto:a@example.com", "https:example.com", "https:/example.com", "evil.example://x",
		"http://user@example.com/", "http://user:pw@example.com/", "https://bank.example@evil.example/", "http://@example.com/",
		"http://example.com:0/", "http://example.com:65536/", "http://example.com:-1/", "http://example.com:+80/",
		"http://example.com:/", "http://example.com:80:80/", "http://example.com:http/", "http://example.com:8 0/",
		"http://exam ple.com/", "http://example.com/a b", "http://example.com/\t", "http://example.com\r\nHost: evil/", "http://example.com/\x00",
		"http://example.com/\x7f", "http://example.com\u0085/", "http://example.com\u2028/", "http://exa\u00admple.com/", "http://example.com/\u202e",
		`http://example.com\@evil.example/`, `http:\\example.com\`, `https://example.com/\evil`,
		"http://%65xample.com/", "http://example.com%2f@evil.example/", "http://127.0.0.1%00.example.com/", "http://example.com%zz/",
		"https://example.com/%zz", "https://example.com/%",
		"http://[::1%25lo]/", "http://[fe80::1%lo]/", "http://[::1", "http://::1/", "http://[::1]x/", "http://[::1]:/", "http://[127.0.0.1]/", "http://[]/", "http://[[::1]]/", "http://]/",
		"http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/", "http://127.0.1/", "http://017700000001/",
		"http://127.0.0.1.1/", "http://256.0.0.1/", "http://1.2.3.4.5/", "http://127.0.0.0x1/", "http://0x/", "http://example.1/", "http://00.0.0.0/", "http://127.0.0.01/", "http://127.0.0.1../",
		"http://１２７.0.0.1/", "http://127。0。0。1/", "http://example。com/", "http://example．com/", "http://ｌocalhost/", "http://①②⑦.0.0.1/", "http://ⓛocalhost/", "http://𝐥ocalhost/", "http://ℓocalhost/", "http://١٢٧.0.0.1/", "http://locaſhost/", "http://İnternal/", "http://e\u0301xample.com/",
		"http://.example.com/", "http://example..com/", "http://./", "http://../", "http://-example.com/", "http://example-.com/", "http://exa*mple.com/", "http://example.com,evil.example/", "http://$(id).example/", "http://a;id/", "http://a'b/", "http://<b>/", "http://a|b/", "http://{a}/",
		"192.0.2.0/24", "127.0.0.0/30", "2001:db8::/32", " 192.0.2.77/32 ",
		"-oN /etc/x", "--script=http://example.com", "-oN",
		"http://\xff/", "http://example.com/\xff",
		"http://" + strings.Repeat("a", 64) + ".example/", "http://" + strings.Repeat("a.", 127) + "com/", "http://" + strings.Repeat("ü", 60) + ".example/",
		"http://example.com/" + strings.Repeat("a", MaxTarget), "http://example.com/" + strings.Repeat("é", 700),
	} {
		got, err := ParseURL(in)
		if CodeOf(err) != Invalid {
			t.Errorf("ParseURL(%.80q) = %+v, %v; want an error of code %s", in, got, err, Invalid)
		}
		if err != nil && (len(err.Error()) > 160 || strings.Contains(err.Error(), "evil")) {
			t.Errorf("ParseURL(%.80q): the message repeats the input: %s", in, err)
		}
	}
}

func TestParseHost(t *testing.T) {
	for in, want := range map[string]Target{
		"example.com":      {Kind: HostTarget, Value: "example.com"},
		"EXAMPLE.com.":     {Kind: HostTarget, Value: "example.com"},
		"localhost":        {Kind: HostTarget, Value: "localhost"},
		"3com.example":     {Kind: HostTarget, Value: "3com.example"},
		"0xcafe.example":   {Kind: HostTarget, Value: "0xcafe.example"},
		"a.0xyz":           {Kind: HostTarget, Value: "a.0xyz"},
		"münchen.example":  {Kind: HostTarget, Value: "xn--mnchen-3ya.example"},
		"192.0.2.1":        {Kind: IPTarget, Value: "192.0.2.1"},
		"192.0.2.1.":       {Kind: IPTarget, Value: "192.0.2.1"},
		"2001:DB8:0:0::1":  {Kind: IPTarget, Value: "2001:db8::1"},
		"::ffff:192.0.2.1": {Kind: IPTarget, Value: "192.0.2.1"},
	} {
		want.Host, want.Domain = want.Value, want.Value
		if got, err := ParseHost(in); err != nil || got != want {
			t.Errorf("ParseHost(%q) = %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "https://example.com", "example.com:80", "example.com/", "[2001:db8::1]", "2001:db8::1%eth0", "user@example.com",
		"-oN/etc/x", "--script=x", "a b", "a\nb", "10.0.0.0/8", "*.example.com", "example.com;id", "$(id)", "`id`", "127.1", ".", "..",
	} {
		if got, err := ParseHost(in); CodeOf(err) != Invalid {
			t.Errorf("ParseHost(%q) = %+v, %v; want an error of code %s", in, got, err, Invalid)
		}
	}
}

func TestParseTarget(t *testing.T) {
	for in, want := range map[string]struct {
		kind  TargetKind
		value string
	}{
		"example.com":          {HostTarget, "example.com"},
		"192.0.2.1":            {IPTarget, "192.0.2.1"},
		"2001:db8::1":          {IPTarget, "2001:db8::1"},
		"192.0.2.77/24":        {RangeTarget, "192.0.2.0/24"},
		"192.0.0.0/16":         {RangeTarget, "192.0.0.0/16"},
		"2001:db8::ff/112":     {RangeTarget, "2001:db8::/112"},
		"example.com/8":        {URLTarget, "https://example.com/8"},
		"example.com:8080":     {URLTarget, "https://example.com:8080/"},
		"http://192.0.2.1/24":  {URLTarget, "http://192.0.2.1/24"},
		"[2001:db8::1]:8443":   {URLTarget, "https://[2001:db8::1]:8443/"},
		"https://example.com/": {URLTarget, "https://example.com/"},
		"example.com?q":        {URLTarget, "https://example.com/?q"},
	} {
		if got, err := ParseTarget(in); err != nil || got.Kind != want.kind || got.Value != want.value {
			t.Errorf("ParseTarget(%q) = %+v, %v; want %+v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "192.0.0.0/15", "0.0.0.0/0", "::/0", "2001:db8::/64", "::ffff:192.0.2.0/120", "192.0.2.0/33", "192.0.2/24", "1.2.3.4-9", "-sV"} {
		if got, err := ParseTarget(in); CodeOf(err) != Invalid {
			t.Errorf("ParseTarget(%q) = %+v, %v; want an error of code %s", in, got, err, Invalid)
		}
	}
}

func TestRestricted(t *testing.T) {
	for name, want := range map[string]bool{
		"whitehouse.gov": true, "www.army.mil": true, "gov.uk": true, "www.service.gov.uk": true, "impots.gouv.fr": true,
		"www.gob.mx": true, "kantei.go.jp": true, "af.mil.br": true, "gub.uy": true, "www.govt.nz": true, "x.bund.de": true,
		"gov": true, "mil.com": false, "gov.example": false, "notgov.uk": false, "go.com": false, "google.it": false,
		"example.com": false, "gov.example.com": false, "192.0.2.1": false, "mygouv.fr": false,
	} {
		target, err := ParseHost(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := target.Restricted(); got != want {
			t.Errorf("%s: restricted = %v, want %v", name, got, want)
		}
	}
	if !(Target{Host: "192.0.2.1", Domain: "whitehouse.gov"}).Restricted() {
		t.Error("a restricted name on a given address is not restricted")
	}
}

// TestPunycode has the samples of RFC 3492 §7.1 that are in lower case.
func TestPunycode(t *testing.T) {
	for want, in := range map[string]string{
		"egbpdaj6bu4bxfgehfvwxn":                       "ليهمابتكلموشعربي؟",
		"ihqwcrb4cv8a8dqg056pqjye":                     "他们为什么不说中文",
		"ihqwctvzc91f659drss3x8bo0yb":                  "他們爲什麽不說中文",
		"4dbcagdahymbxekheh6e0a7fei0b":                 "למההםפשוטלאמדבריםעברית",
		"i1baa7eci9glrd9b2ae1bj0hfcgg6iyaf8o0a1dig0cd": "यहलोगहिन्दीक्योंनहींबोलसकतेहैं",
		"n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa":       "なぜみんな日本語を話してくれないのか",
		"b1abfaaepdrnnbgefbadotcwatmq2g4l":             "почемужеонинеговорятпорусски",
		"bcher-kva":                                    "bücher",
	} {
		if got := punycode([]rune(in)); got != want {
			t.Errorf("punycode(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	for _, s := range []string{"https://example.com/a?b#c", "[::1]:80", "http://a@b:c/", "bücher.example", "http://127.1", "a://b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		target, err := ParseURL(s)
		if err != nil {
			requireInvalid(t, err)
			return
		}
		requireHost(t, target.Host)
		again, err := ParseURL(target.Value)
		if err != nil || again != target {
			t.Fatalf("%q: the normal form %q is read as %+v, %v", s, target.Value, again, err)
		}
		u, err := url.Parse(target.Value)
		if err != nil || u.Hostname() != target.Host || u.User != nil || u.Fragment != "" || u.RequestURI() != target.Path {
			t.Fatalf("%q: net/url reads %q as %+v, %v", s, target.Value, u, err)
		}
	})
}

func FuzzParseHost(f *testing.F) {
	for _, s := range []string{"example.com.", "::ffff:1.2.3.4", "fe80::1%lo", "bücher", "0x7f.1", "-oN"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		target, err := ParseHost(s)
		if err != nil {
			requireInvalid(t, err)
			return
		}
		requireHost(t, target.Host)
		if again, err := ParseHost(target.Value); err != nil || again != target {
			t.Fatalf("%q: the normal form %q is read as %+v, %v", s, target.Value, again, err)
		}
	})
}

func FuzzParseTarget(f *testing.F) {
	for _, s := range []string{"10.0.0.0/24", "example.com/24", "::/112", "[::1]", "a:b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		target, err := ParseTarget(s)
		if err != nil {
			requireInvalid(t, err)
			return
		}
		again, err := ParseTarget(target.Value)
		if err != nil || again != target {
			t.Fatalf("%q: the normal form %q is read as %+v, %v", s, target.Value, again, err)
		}
	})
}

func requireInvalid(t *testing.T, err error) {
	t.Helper()
	if CodeOf(err) != Invalid || err.Error() == "" {
		t.Fatalf("an error of code %s: %q", CodeOf(err), err)
	}
}

// requireHost wants a host that no parser downstream can read as two things.
func requireHost(t *testing.T, host string) {
	t.Helper()
	if addr, err := netip.ParseAddr(host); err == nil {
		if addr.String() != host || addr.Is4In6() || addr.Zone() != "" {
			t.Fatalf("an address that is not in its normal form: %q", host)
		}
		return
	}
	if len(host) > 253 || host[0] == '-' || strings.Trim(host, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" {
		t.Fatalf("a host name that is not in its normal form: %q", host)
	}
}
