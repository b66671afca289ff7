package observatory_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners/observatory"
	"github.com/scanledger/scanledger/domain"
)

// row is one header, what a test makes of it, and what that is worth.
type row struct {
	line     string
	word     string
	modifier int
	pass     bool
}

func check(t *testing.T, run func(observatory.Site) domain.ObservatoryTest, rows []row) {
	t.Helper()
	for _, r := range rows {
		t.Run(cut(r.line), func(t *testing.T) {
			var lines []string
			if r.line != "" {
				lines = strings.Split(r.line, "\n")
			}
			expect(t, run(site(t, lines...)), r.word, r.modifier, r.pass)
		})
	}
}

func TestFrameOptions(t *testing.T) {
	const (
		csp     = "x-frame-options-implemented-via-csp"
		good    = "x-frame-options-sameorigin-or-deny"
		invalid = "x-frame-options-header-invalid"
		missing = "x-frame-options-not-implemented"
	)
	check(t, observatory.FrameOptions, []row{
		{"", missing, -20, false},
		{"X-Frame-Options:", missing, -20, false},
		{"X-Frame-Options: whimsy", invalid, -20, false},
		{"X-Frame-Options: SAMEORIGIN, SAMEORIGIN", invalid, -20, false},
		{"X-Frame-Options: DENY\nX-Frame-Options: DENY", invalid, -20, false},
		{"X-Frame-Options: ALLOW-FROM https://mozilla.org", "x-frame-options-allow-from-origin", 0, true},
		{"X-Frame-Options: DENY", good, 5, true},
		{"X-Frame-Options: deny ", good, 5, true},
		{"X-Frame-Options: SameOrigin", good, 5, true},
		{"X-Frame-Options: DENY\nContent-Security-Policy: frame-ancestors https://mozilla.org", csp, 5, true},
		{"Content-Security-Policy: FRAME-ANCESTORS 'none'", csp, 5, true},
		{"Content-Security-Policy: frame-ancestors *", csp, 5, true},
		{"Content-Security-Policy: default-src 'self'\nContent-Security-Policy: frame-ancestors 'none'", csp, 5, true},
		{"X-Frame-Options: DENY\nContent-Security-Policy: default-src 'none'", good, 5, true},
		{"Content-Security-Policy: frame-ancestors 'none'; frame-ancestors 'none'", missing, -20, false},
		{"Content-Security-Policy-Report-Only: frame-ancestors 'none'", missing, -20, false},
	})
	s := site(t)
	s.Page.CSP = []string{"default-src 'none'; frame-ancestors 'none'"}
	expect(t, observatory.FrameOptions(s), missing, -20, false)
}

func TestContentTypeOptions(t *testing.T) {
	const (
		good    = "x-content-type-options-nosniff"
		invalid = "x-content-type-options-header-invalid"
		missing = "x-content-type-options-not-implemented"
	)
	check(t, observatory.ContentTypeOptions, []row{
		{"", missing, -5, false},
		{"X-Content-Type-Options:", missing, -5, false},
		{"X-Content-Type-Options: nosniff", good, 0, true},
		{"X-Content-Type-Options: NoSniff ", good, 0, true},
		{"X-Content-Type-Options: whimsy", invalid, -5, false},
		{"X-Content-Type-Options: nosniff, nosniff", invalid, -5, false},
		{"X-Content-Type-Options: nosniff\nX-Content-Type-Options: nosniff", invalid, -5, false},
	})
}

func TestReferrerPolicy(t *testing.T) {
	const (
		private = "referrer-policy-private"
		unsafe  = "referrer-policy-unsafe"
		invalid = "referrer-policy-header-invalid"
		missing = "referrer-policy-not-implemented"
	)
	check(t, observatory.ReferrerPolicy, []row{
		{"", missing, 0, true},
		{"Referrer-Policy: no-referrer", private, 5, true},
		{"Referrer-Policy: same-origin", private, 5, true},
		{"Referrer-Policy: strict-origin", private, 5, true},
		{"Referrer-Policy: STRICT-ORIGIN", private, 5, true},
		{"Referrer-Policy: strict-origin-when-cross-origin", private, 5, true},
		{"Referrer-Policy: no-referrer, whimsy", private, 5, true},
		{"Referrer-Policy: unsafe-url\nReferrer-Policy: no-referrer", private, 5, true},
		{"Referrer-Policy: origin", unsafe, -5, false},
		{"Referrer-Policy: origin-when-cross-origin", unsafe, -5, false},
		{"Referrer-Policy: unsafe-url", unsafe, -5, false},
		{"Referrer-Policy: no-referrer-when-downgrade", unsafe, -5, false},
		{"Referrer-Policy: origin-when-cross-origin, no-referrer, unsafe-url", unsafe, -5, false},
		{"Referrer-Policy: no-referrer, unsafe-url", unsafe, -5, false},
		{"Referrer-Policy: whimsy", invalid, -5, false},
		{"Referrer-Policy: whimsy, whimsy1, whimsy2", invalid, -5, false},
		{"Referrer-Policy:", invalid, -5, false},
	})
	s := site(t, "Referrer-Policy: unsafe-url")
	s.Page = observatory.ReadPage([]byte(`<meta name=referrer content=origin><META NAME=" Referrer " CONTENT="no-referrer, same-origin">`))
	expect(t, observatory.ReferrerPolicy(s), private, 5, true)
}

func TestResourcePolicy(t *testing.T) {
	check(t, observatory.ResourcePolicy, []row{
		{"", "corp-not-implemented", 0, true},
		{"Cross-Origin-Resource-Policy:", "corp-not-implemented", 0, true},
		{"Cross-Origin-Resource-Policy: same-origin", "corp-implemented-with-same-origin", 10, true},
		{"Cross-Origin-Resource-Policy: Same-Site ", "corp-implemented-with-same-site", 10, true},
		{"Cross-Origin-Resource-Policy: cross-origin", "corp-implemented-with-cross-origin", 0, true},
		{"Cross-Origin-Resource-Policy: whimsy", "corp-header-invalid", -5, false},
		{"Cross-Origin-Resource-Policy: same-site, same-site", "corp-header-invalid", -5, false},
	})
}

func TestEmbedderPolicy(t *testing.T) {
	const invalid = "coep-header-invalid"
	check(t, observatory.EmbedderPolicy, []row{
		{"", "coep-not-implemented", 0, true},
		{"Cross-Origin-Embedder-Policy: require-corp", "coep-implemented-with-require-corp", 10, true},
		{"Cross-Origin-Embedder-Policy: credentialless", "coep-implemented-with-credentialless", 10, true},
		{"Cross-Origin-Embedder-Policy: unsafe-none", "coep-implemented-with-unsafe-none", 0, true},
		{`Cross-Origin-Embedder-Policy: require-corp; report-to="a;b\"c"`, "coep-implemented-with-require-corp", 10, true},
		{"Cross-Origin-Embedder-Policy: require-corp;a;b=?1;c=:aGk=:;d=-1.5;e=tok/en", "coep-implemented-with-require-corp", 10, true},
		{"Cross-Origin-Embedder-Policy: whimsy", invalid, -5, false},
		{"Cross-Origin-Embedder-Policy: Require-Corp", invalid, -5, false},
		{"Cross-Origin-Embedder-Policy: require-corp, require-corp", invalid, -5, false},
		{"Cross-Origin-Embedder-Policy: require-corp;", invalid, -5, false},
		{"Cross-Origin-Embedder-Policy: require-corp; =a", invalid, -5, false},
		{"Cross-Origin-Embedder-Policy: require-corp; A=a", invalid, -5, false},
		{`Cross-Origin-Embedder-Policy: require-corp; a="open`, invalid, -5, false},
		{`Cross-Origin-Embedder-Policy: require-corp; a="\x"`, invalid, -5, false},
		{"Cross-Origin-Embedder-Policy: require-corp; a=", invalid, -5, false},
		{"Cross-Origin-Embedder-Policy: require-corp; a=:b", invalid, -5, false},
		{"Cross-Origin-Embedder-Policy: require-corp; a=?2", invalid, -5, false},
		{"Cross-Origin-Embedder-Policy: require-corp; a=1.", invalid, -5, false},
		{"Cross-Origin-Embedder-Policy: 1", invalid, -5, false},
	})
}

func TestOpenerPolicy(t *testing.T) {
	const invalid = "coop-header-invalid"
	check(t, observatory.OpenerPolicy, []row{
		{"", "coop-not-implemented", 0, true},
		{"Cross-Origin-Opener-Policy: same-origin", "coop-implemented-with-same-origin", 10, true},
		{"Cross-Origin-Opener-Policy: same-origin-allow-popups", "coop-implemented-with-same-origin-allow-popups", 10, true},
		{"Cross-Origin-Opener-Policy: noopener-allow-popups", "coop-implemented-with-noopener-allow-popups", 10, true},
		{"Cross-Origin-Opener-Policy: unsafe-none", "coop-implemented-with-unsafe-none", 0, true},
		{`Cross-Origin-Opener-Policy: same-origin; report-to="coop-endpoint"`, "coop-implemented-with-same-origin", 10, true},
		{`Cross-Origin-Opener-Policy: same-origin-allow-popups; report-to="e"`, "coop-implemented-with-same-origin-allow-popups", 10, true},
		{"Cross-Origin-Opener-Policy: same-origin; report-to", "coop-implemented-with-same-origin", 10, true},
		{"Cross-Origin-Opener-Policy: same-origin; report-to=coop endpoint", invalid, -5, false},
		{`Cross-Origin-Opener-Policy: "same-origin"`, invalid, -5, false},
		{"Cross-Origin-Opener-Policy: whimsy", invalid, -5, false},
		{"Cross-Origin-Opener-Policy: same-origin\nCross-Origin-Opener-Policy: unsafe-none", invalid, -5, false},
	})
}

func TestCORS(t *testing.T) {
	const prefix = "cross-origin-resource-sharing-"
	for name, c := range map[string]struct {
		lines    []string
		word     string
		modifier int
		pass     bool
	}{
		"none":      {nil, "not-implemented", 0, true},
		"empty":     {[]string{"Access-Control-Allow-Origin:"}, "not-implemented", 0, true},
		"everybody": {[]string{"Access-Control-Allow-Origin: *"}, "implemented-with-public-access", 0, true},
		"everybody, credentials in vain": {[]string{"Access-Control-Allow-Origin: *", "Access-Control-Allow-Credentials: true"},
			"implemented-with-public-access", 0, true},
		"one other": {[]string{"Access-Control-Allow-Origin: https://mozilla.org", "Access-Control-Allow-Credentials: true"},
			"implemented-with-restricted-access", 0, true},
		"null":                          {[]string{"Access-Control-Allow-Origin: null"}, "implemented-with-restricted-access", 0, true},
		"reflected":                     {[]string{"Access-Control-Allow-Origin: https://probe.example"}, "implemented-with-restricted-access", 0, true},
		"reflected without credentials": {[]string{"Access-Control-Allow-Origin: https://probe.example", "Access-Control-Allow-Credentials: false"}, "implemented-with-restricted-access", 0, true},
		"reflected with credentials": {[]string{"Access-Control-Allow-Origin: https://probe.example", "Access-Control-Allow-Credentials: TRUE "},
			"implemented-with-universal-access", -50, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := site(t)
			s.CORS = answer(t, "https://mozilla.org/", c.lines...)
			expect(t, observatory.CORS(s), prefix+c.word, c.modifier, c.pass)
		})
	}
}

func TestUntestedIsNoPass(t *testing.T) {
	s := site(t)
	for _, test := range observatory.Tests() {
		if outcome, reason := s.Untested(test.Name); outcome != "" || reason != "" {
			t.Errorf("%s: %s %q", test.Name, outcome, reason)
		}
	}
	s.CORS, s.CORSErr = nil, errors.New("connection reset")
	if outcome, reason := s.Untested(observatory.CORSName); outcome != domain.Failed || !strings.Contains(reason, "connection reset") {
		t.Errorf("%s %q", outcome, reason)
	}
}

func FuzzStructuredField(f *testing.F) {
	f.Add(`same-origin; report-to="a\"b";c=?1;d=:aGk=:;e=-1.5`)
	f.Add(`require-corp;a="`)
	f.Fuzz(func(t *testing.T, header string) {
		s := site(t)
		s.HTTPS.Chain.Last().Header["Cross-Origin-Opener-Policy"] = []string{header}
		if got := observatory.OpenerPolicy(s); !strings.HasPrefix(got.Result, "coop-") || got.Detail == "" {
			t.Errorf("%q gives %+v", header, got)
		}
	})
}
