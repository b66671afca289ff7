package domain

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// spot is a rule that a target breaks somewhere.
type spot struct{ target, rule, where string }

func (s spot) fingerprint(t *testing.T) Fingerprint {
	t.Helper()
	target, err := ParseTarget(s.target)
	if err != nil {
		t.Fatal(err)
	}
	return FingerprintOf(target, s.rule, s.where)
}

const shop = "https://shop.example/"

// TestFingerprintSame has, in each row, spots that are one weakness.
func TestFingerprintSame(t *testing.T) {
	for name, spots := range map[string][]spot{
		"the built-in scanner, sslyze, nmap and nuclei of a certificate": {
			{shop, "tls/certificate/expired", "443/tcp"}, {shop, "sslyze/certificate_info/expired", "443/tcp"},
			{"shop.example", "nmap/ssl-cert/expired", "443/tcp"}, {shop, "nuclei/expired-ssl", "https://shop.example/"}, {"shop.example", "tls/certificate/expired", ""},
		},
		"a weakness with a number":           {{shop, "tls/attack/heartbleed", "443/tcp"}, {shop, "nuclei/CVE-2014-0160", "shop.example:443/tcp"}, {shop, "nmap/ssl-heartbleed", "443/tcp"}},
		"one that the table does not have":   {{shop, "nuclei/CVE-2021-44228", "/api"}, {shop, "nmap/vulners/cve-2021-44228", "https://shop.example/api/"}},
		"nmap's script and the probe":        {{"192.0.2.7", "ports/redis/no-password", "6379/tcp"}, {"192.0.2.7", "nmap/redis-info", "6379/tcp"}, {"192.0.2.0/24", "nmap/redis-info", "192.0.2.7:6379/tcp"}},
		"nuclei and content":                 {{shop, "content/exposed/environment", "/.env"}, {shop, "nuclei/generic-env", "https://shop.example/.env"}, {shop, "zap/40034", "HTTPS://Shop.Example:443/./.env"}},
		"two files of a repository":          {{shop, "content/exposed/repository", "/.git/HEAD"}, {shop, "nuclei/git-config", "https://shop.example/.git/config"}},
		"a header on whichever page":         {{shop, "headers/hsts/missing", ""}, {shop, "zap/10035-1", "https://shop.example/a?b=c"}, {"shop.example", "headers/hsts/missing", ""}},
		"a cookie that is judged otherwise":  {{shop, "cookies/secure/missing", "sid"}, {shop, "cookies/secure/missing-session", "sid"}, {shop, "zap/10011", "sid"}},
		"http and https of one site":         {{shop, "content/exposed/environment", "/.env"}, {"http://shop.example/", "content/exposed/environment", "/.env"}},
		"another value of a parameter":       {{shop, "zap/40012", "https://shop.example/find?q=1&page=2"}, {shop, "zap/40012", "https://shop.example/find/?page=7&q=x%3Cy"}},
		"another build of a script":          {{shop, "content/library/jquery@1.8.3", "/js/app.3f9c2b1ad0.js"}, {shop, "content/library/jquery@1.8.3", "/js/app.77e0a41b9c.js"}},
		"a path in several spellings":        {{shop, "x/y", "/a//b/../c"}, {shop, "x/y", "/a/c/"}, {shop, "x/y", "/a/%63"}},
		"a page of the target's second name": {{shop, "x/y", "https://shop.example/a"}, {shop, "x/y", "http://SHOP.example./a"}},
	} {
		first := spots[0].fingerprint(t)
		if !regexp.MustCompile(`^v1:[0-9a-f]{32}$`).MatchString(string(first)) {
			t.Errorf("%s: %q", name, first)
		}
		for _, s := range spots[1:] {
			if got := s.fingerprint(t); got != first {
				t.Errorf("%s: %v has %s, and %v has %s", name, spots[0], first, s, got)
			}
		}
	}
}

// TestFingerprintOther has spots of which no two are one weakness.
func TestFingerprintOther(t *testing.T) {
	of := map[Fingerprint]spot{}
	for _, s := range []spot{
		{shop, "tls/certificate/expired", "443/tcp"}, {shop, "tls/certificate/expired", "8443/tcp"}, {shop, "tls/certificate/self-signed", "443/tcp"},
		{"https://www.shop.example/", "tls/certificate/expired", "443/tcp"}, {shop, "dns/x", "53/udp"}, {shop, "dns/x", "53/tcp"},
		{shop, "content/exposed/environment", "/.env"}, {shop, "content/exposed/environment", "/app/.env"}, {"https://shop.example:8443/", "content/exposed/environment", "/.env"},
		{shop, "content/exposed/repository", "/.git/HEAD"}, {shop, "content/exposed/repository", "/.svn/entries"}, {shop, "content/exposed/repository", "/blog/.git/HEAD"},
		{shop, "cookies/secure/missing", "sid"}, {shop, "cookies/secure/missing", "SID"}, {shop, "cookies/httponly/missing-session", "sid"},
		{shop, "headers/csp/missing", ""}, {shop, "headers/csp/report-only", ""}, {shop, "x/y", ""}, {shop, "x/y", "/"}, {shop, "x/y", "/a"}, {shop, "x/y", "a"},
		{shop, "x/y", "/a?b"}, {shop, "x/y", "/a?c"}, {shop, "x/y", "/A"}, {shop, "x/y", "https://cdn.example/a"}, {shop, "x/y", "/download/deadbeef/cafe"},
		{shop, "content/library/jquery@1.8.3", "/js/app.js"}, {shop, "content/library/jquery@3.4.1", "/js/app.js"}, {shop, "nuclei/CVE-2021-44228", "/"}, {shop, "nuclei/CVE-2021-45046", "/"},
		{shop, "x/y", "mailto:a@shop.example"}, {shop, "x/y", "%zz"}, {shop, "x/y", "99999/tcp"}, {shop, "x/y", "deadbeefdeadbeef"},
	} {
		f := s.fingerprint(t)
		if before, taken := of[f]; taken {
			t.Errorf("%v and %v have the same fingerprint", before, s)
		}
		of[f] = s
	}
}

// TestFingerprintStays: what has once been given is given for ever, or the
// version rises.
func TestFingerprintStays(t *testing.T) {
	for s, want := range map[spot]Fingerprint{
		{shop, "tls/certificate/expired", "443/tcp"}:      "v1:056da594596a3778888b620c8e9f663f",
		{shop, "content/exposed/environment", "/.env"}:    "v1:d595f7f452e6b35c08eb070f711ad0ab",
		{shop, "cookies/secure/missing-session", "sid"}:   "v1:4cdbe4664612a5e758e5069bacf2a5cc",
		{"192.0.2.7", "ports/telnet/exposed", "23/tcp"}:   "v1:3347d175e060576a24ffa33587009ee5",
		{shop, "nuclei/CVE-2021-44228", "/api?x=1"}:       "v1:1f1a1ffb277e8d0db398a76d281985fa",
		{shop, "dns/spf/missing", "shop.example"}:         "v1:81339f7af66684878a819fe601b58234",
		{"[2001:db8::1]:8080", "headers/csp/missing", ""}: "v1:b3cdb7dd9d0eaf78e3d755e5d2800d1d",
	} {
		if got := s.fingerprint(t); got != want {
			t.Errorf("%v has %s, and had %s: let FingerprintVersion rise", s, got, want)
		}
	}
}

// TestWeaknesses holds the table to its form: a rule stands in it once.
func TestWeaknesses(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range weaknesses {
		if w.scope == nil || len(w.rules) == 0 {
			t.Errorf("%s has no scope or nothing beside it", w.name)
		}
		for _, rule := range append([]string{w.name}, w.rules...) {
			if seen[rule] || strings.ToLower(rule) != rule && !strings.HasPrefix(rule, "CVE-") {
				t.Errorf("%s stands in the table twice, or not in lower case", rule)
			}
			seen[rule] = true
		}
	}
}

func TestFindingID(t *testing.T) {
	ann, bob := uuid.UUID{1}, uuid.UUID{2}
	id := FindingID(ann, shop, "v1:a")
	for what, other := range map[string]uuid.UUID{
		"account": FindingID(bob, shop, "v1:a"), "target": FindingID(ann, "shop.example", "v1:a"), "fingerprint": FindingID(ann, shop, "v1:b"),
	} {
		if other == id {
			t.Errorf("another %s has the same id", what)
		}
	}
	if FindingID(ann, shop, "v1:a") != id {
		t.Error("the id is another one each time")
	}
}

// FuzzFingerprint: no place breaks the rules, and a place in its normal form is
// that place.
func FuzzFingerprint(f *testing.F) {
	for _, where := range []string{"", "443/tcp", "/a/../b?c=d", "https://h.example:1/x", "%zz", "a b", "[::1]:443/tcp", "//x"} {
		f.Add("x/y", where)
	}
	target, err := ParseURL(shop)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, rule, where string) {
		if a, b := FingerprintOf(target, rule, where), FingerprintOf(target, rule, where); a != b || len(a) != 35 {
			t.Errorf("%q at %q: %q, %q", rule, where, a, b)
		}
	})
}
