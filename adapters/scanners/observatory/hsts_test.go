package observatory_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	list := observatory.NewList(map[string]bool{"mozilla.org": true, "facebook.com": false}, time.Time{})
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

// TestHSTSSaysOfWhatDayTheListIs has the list that is built in.
func TestHSTSSaysOfWhatDayTheListIs(t *testing.T) {
	list, err := (*observatory.Preload)(nil).Get()
	if err != nil {
		t.Fatal(err)
	}
	s := site(t)
	s.Host, s.Preload = "scanledger.example", list
	got := observatory.HSTS(s)
	expect(t, got, "hsts-not-implemented", -20, false)
	if !strings.Contains(got.Detail, "not on the preload list of 1 January 2025") {
		t.Errorf("the detail is %q", got.Detail)
	}
	for host, want := range map[string]bool{
		"scanledger.dev": true, "dev": true, "accounts.google.com": true, "paypal.com": true, "www.paypal.com": true, "0--1.de": true, "a.0--1.de": true,
		"not.paypal.com": false, "example.com": false, "com": false, "": false, "zzzz": false, "*": false, "dev *": false,
	} {
		if s.Host = host; list.Preloaded(host) != want {
			t.Errorf("%q: preloaded is %v", host, !want)
		}
	}
	s.Preload = nil
	if got := observatory.HSTS(s); strings.Contains(got.Detail, "list") {
		t.Errorf("without a list the detail is %q", got.Detail)
	}
}

// TestListFindsAll looks up each host of lists of every small size.
func TestListFindsAll(t *testing.T) {
	hosts := map[string]bool{}
	for _, host := range []string{"b", "a-b.example", "a.example", "a", "ab", "c.d.e.f", "z"} {
		hosts[host] = len(hosts)%2 == 0
		list := observatory.NewList(hosts, time.Time{})
		for h, below := range hosts {
			if !list.Preloaded(h) || list.Preloaded("x."+h) != below || list.Preloaded(h+"x") {
				t.Errorf("of %d: %s is %v, below it %v", len(hosts), h, list.Preloaded(h), list.Preloaded("x."+h))
			}
		}
	}
}

// TestPreloadIsReadAgain has an operator's file that changes, and breaks.
func TestPreloadIsReadAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "preload.json")
	day := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	put := func(text string) {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, day, day); err != nil {
			t.Fatal(err)
		}
		day = day.AddDate(0, 0, 1)
	}
	if _, err := observatory.NewPreload(path); err == nil {
		t.Error("a file that is not there is taken")
	}
	put(`{"entries": [{"name": "one.example", "mode": "force-https"}]}`)
	p, err := observatory.NewPreload(path)
	if err != nil {
		t.Fatal(err)
	}
	put(`{"entries": [{"name": "two.example", "mode": "force-https"}]}`)
	list, err := p.Get()
	if err != nil || list.Preloaded("one.example") || !list.Preloaded("two.example") || list.AsOf().Day() != 5 {
		t.Errorf("changed: %+v, %v", list, err)
	}
	put("{")
	if last, err := p.Get(); err == nil || last != list {
		t.Errorf("broken: %+v, %v", last, err)
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
}`), time.Time{})
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
	for _, broken := range []string{"", "{", "[]", "// nothing", strings.Repeat("x", 100_000)} {
		if _, err := observatory.ReadList(strings.NewReader(broken), time.Time{}); err == nil {
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
