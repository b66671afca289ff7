package observatory_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners/observatory"
)

func TestHSTSHeader(t *testing.T) {
	const (
		long    = "hsts-implemented-max-age-at-least-six-months"
		short   = "hsts-implemented-max-age-less-than-six-months"
		invalid = "hsts-header-invalid"
	)
	worth := map[string]int{long: 0, short: -10, invalid: -20}
	for header, want := range map[string]string{
		"max-age=15768000; includeSubDomains; preload": long,
		"max-age=15552000":                     long,
		"MAX-AGE=31536000 ; INCLUDESUBDOMAINS": long,
		"includeSubDomains;max-age=63072000":   long,
		"max-age=\"31536000\"":                 long,
		"max-age=99999999999999999999999999":   long,
		"max-age=31536000foo":                  long,
		"max-age=15551999":                     short,
		"max-age=86400":                        short,
		"max-age=0":                            short,
		"max-age=-1":                           short,
		"max-age=31536000; max-age=1":          short,
		"includeSubDomains; preload":           invalid,
		"":                                     invalid,
		";;":                                   invalid,
		"max-age":                              invalid,
		"max-age=":                             invalid,
		"max-age=never":                        invalid,
		"max-age 31536000":                     invalid,
		"max-age=15768000; includeSubDomains, max-age=15768000": invalid,
		"\x7fmax-age=1": invalid,
	} {
		t.Run(header, func(t *testing.T) {
			s := site(t)
			s.HTTPS.Chain.Last().Header.Set("Strict-Transport-Security", header)
			expect(t, observatory.HSTS(s), want, worth[want], want == long)
		})
	}
}

func TestHSTSSentTwiceIsInvalid(t *testing.T) {
	expect(t, observatory.HSTS(site(t, hstsLine, hstsLine)), "hsts-header-invalid", -20, false)
}

func TestHSTSWithoutHeader(t *testing.T) {
	expect(t, observatory.HSTS(site(t)), "hsts-not-implemented", -20, false)
	expect(t, observatory.HSTS(plainSite(t, hstsLine)), "hsts-not-implemented-no-https", -20, false)

	refused := plainSite(t)
	refused.HTTPS.Start, refused.HTTPS.Err = parse(t, "https://mozilla.org/"), errors.New("connection refused")
	got := observatory.HSTS(refused)
	expect(t, got, "hsts-not-implemented-no-https", -20, false)
	if !strings.Contains(got.Detail, "connection refused") {
		t.Errorf("the detail hides why: %q", got.Detail)
	}
}

func TestHSTSNeedsACertificate(t *testing.T) {
	s := site(t, hstsLine)
	s.HTTPS.Chain.Last().CertError = errors.New("x509: expired")
	expect(t, observatory.HSTS(s), "hsts-invalid-cert", -20, false)
}

func TestHSTSPreloaded(t *testing.T) {
	list := observatory.List{"mozilla.org": true, "facebook.com": false}
	for host, want := range map[string]string{
		"mozilla.org":          "hsts-preloaded",
		"bugzilla.mozilla.org": "hsts-preloaded",
		"a.b.mozilla.org":      "hsts-preloaded",
		"facebook.com":         "hsts-preloaded",
		"www.facebook.com":     "hsts-not-implemented",
		"notmozilla.org":       "hsts-not-implemented",
		"org":                  "hsts-not-implemented",
	} {
		s := site(t)
		s.Host, s.Preload = host, list
		if got := observatory.HSTS(s); got.Result != want {
			t.Errorf("%s: %s, want %s", host, got.Result, want)
		}
	}
	s := site(t)
	s.Preload = list
	s.HTTPS.Chain.Last().CertError = errors.New("x509: expired")
	expect(t, observatory.HSTS(s), "hsts-preloaded", 5, true)
}

func TestHSTSSaysWhenNoListIsConfigured(t *testing.T) {
	s := site(t)
	s.Preload = nil
	got := observatory.HSTS(s)
	expect(t, got, "hsts-not-implemented", -20, false)
	if !strings.Contains(got.Detail, "no preload list is configured") {
		t.Errorf("the detail is %q", got.Detail)
	}
	s.Host = "scanledger.dev"
	expect(t, observatory.HSTS(s), "hsts-preloaded", 5, true)
	s.Host, s.Preload = "mozilla.org", noPreload
	if got := observatory.HSTS(s); strings.Contains(got.Detail, "no preload list") {
		t.Errorf("with a list the detail is %q", got.Detail)
	}
}

func TestReadList(t *testing.T) {
	list, err := observatory.ReadList(strings.NewReader(`// A comment.
{
  // "entries": [ { "name": "commented.example", "mode": "force-https" } ]
  "pinsets": [{"report_uri": "http://example.com/r"}],
  "entries": [
    { "name": "pinned.example", "policy": "test", "include_subdomains": true, "pins": "test" },
    { "name": "Whole.example", "mode": "force-https", "include_subdomains": true },
    { "name": "single.example", "mode": "force-https" }
  ]
}`))
	if err != nil {
		t.Fatal(err)
	}
	for host, want := range map[string]bool{
		"whole.example": true, "a.b.whole.example": true, "WHOLE.example.": true,
		"single.example": true, "www.single.example": false,
		"pinned.example": false, "commented.example": false, "": false,
	} {
		if got := list.Preloaded(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
	if !list.Complete() {
		t.Error("a list that was read is complete")
	}
	for _, broken := range []string{"", "{", "[]", "// nothing", strings.Repeat("x", 100_000)} {
		if _, err := observatory.ReadList(strings.NewReader(broken)); err == nil {
			t.Errorf("%s is taken for a list", cut(broken))
		}
	}
}

func FuzzTransport(f *testing.F) {
	f.Add("max-age=31536000; includeSubDomains; preload")
	f.Add("max-age=\"-1\",")
	f.Fuzz(func(t *testing.T, header string) {
		got, err := observatory.ParseTransport(header)
		if err == nil && got.MaxAge < 0 {
			t.Errorf("the age is %d", got.MaxAge)
		}
	})
}
