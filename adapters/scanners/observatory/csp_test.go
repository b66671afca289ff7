package observatory_test

import (
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners/observatory"
)

const (
	noneWord      = "csp-implemented-with-no-unsafe-default-src-none"
	safeWord      = "csp-implemented-with-no-unsafe"
	styleWord     = "csp-implemented-with-unsafe-inline-in-style-src-only"
	duplicateWord = "csp-implemented-but-duplicate-directives"
	passiveWord   = "csp-implemented-with-insecure-scheme-in-passive-content-only"
	evalWord      = "csp-implemented-with-unsafe-eval"
	inlineWord    = "csp-implemented-with-unsafe-inline"
	schemeWord    = "csp-implemented-with-insecure-scheme"
	invalidWord   = "csp-header-invalid"
	missingWord   = "csp-not-implemented"
	reportingWord = "csp-not-implemented-but-reporting-enabled"
)

var cspWorth = map[string]struct {
	modifier int
	pass     bool
}{
	noneWord: {10, true}, safeWord: {5, true}, styleWord: {0, true}, duplicateWord: {0, true},
	passiveWord: {-10, true}, evalWord: {-10, false}, inlineWord: {-20, false}, schemeWord: {-20, false},
	invalidWord: {-25, false}, missingWord: {-25, false}, reportingWord: {-25, false},
}

func TestCSPHeader(t *testing.T) {
	const hash = "'sha256-hqBEA/HXB3aJU2FgOnYN8rkAgEVgyfi3Vs1j2/XMPBA='"
	for _, c := range []struct{ policy, word string }{
		// What cannot be read.
		{"", invalidWord},
		{"   ", invalidWord},
		{"defa", invalidWord},
		{"default-src 'none'; default-src 'none'", invalidWord},
		{"default-src 'none'; img-src 'self'; DEFAULT-SRC 'none'", invalidWord},
		{"default-src 'none'; script-src 'strict-dynamic'", invalidWord},
		{"default-src 'strict-dynamic'", invalidWord},
		{"default-src 'none',", invalidWord},
		{strings.Repeat("default-src 'none',", 70) + "img-src *", invalidWord},
		{"img-src " + strings.Repeat("a.example ", 7000), invalidWord},
		// Scripts from anywhere.
		{"script-src 'unsafe-inline'", inlineWord},
		{"script-src data:", inlineWord},
		{"script-src http:", inlineWord},
		{"script-src ftp:", inlineWord},
		{"script-src https:", inlineWord},
		{"script-src https://*", inlineWord},
		{"script-src http://*.*", inlineWord},
		{"default-src 'none'; script-src https://*.*", inlineWord},
		{"default-src 'unsafe-inline'", inlineWord},
		{"default-src 'UNSAFE-INLINE'", inlineWord},
		{"upgrade-insecure-requests", inlineWord},
		{"script-src 'none'", inlineWord},
		{"object-src 'none'", inlineWord},
		{"script-src https://mozilla.org https:", inlineWord},
		{"default-src https://mozilla.org https:", inlineWord},
		{"default-src 'none'; script-src *", inlineWord},
		{"default-src *; script-src *; object-src 'none'", inlineWord},
		{"default-src 'none'; script-src 'none'; object-src *", inlineWord},
		{"default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'", inlineWord},
		{"default-src 'none'; script-src 'unsafe-inline' http:", inlineWord},
		{"object-src https:; script-src 'none'", inlineWord},
		{"frame-ancestors 'none'", inlineWord},
		{"default-src 'none'; object-src data:", noneWord}, // data: matters in scripts alone
		// Insecure schemes.
		{"default-src http://mozilla.org", schemeWord},
		{"default-src 'none'; script-src http://mozilla.org", schemeWord},
		{"default-src 'none'; script-src ftp://mozilla.org", schemeWord},
		{"default-src 'none'; connect-src http://mozilla.org", schemeWord},
		{"default-src 'none'; script-src http://mozilla.org 'unsafe-eval'", schemeWord},
		{"default-src 'none'; form-action http:", schemeWord},
		{"default-src 'none'; img-src http://mozilla.org", passiveWord},
		{"default-src 'self'; img-src ftp:", passiveWord},
		{"default-src 'self'; img-src http:", passiveWord},
		{"default-src 'none'; img-src https:; media-src http://mozilla.org", passiveWord},
		{"default-src 'none'; img-src http: https:; script-src 'self'; style-src 'self'", passiveWord},
		{"default-src 'none'; img-src 'none'; media-src http:; script-src 'self'; style-src 'unsafe-inline'", passiveWord},
		// eval.
		{"default-src 'none'; script-src 'unsafe-eval'", evalWord},
		{"default-src 'none'; style-src 'unsafe-eval'", evalWord},
		{"default-src 'self' 'unsafe-eval'; img-src http:", evalWord},
		// Styles.
		{"object-src 'none'; script-src 'none'; style-src 'unsafe-inline'", styleWord},
		{"object-src 'none'; script-src 'none'", styleWord},
		{"default-src 'none'; script-src https://mozilla.org; style-src 'unsafe-inline'", styleWord},
		{"default-src 'unsafe-inline'; script-src https://mozilla.org", styleWord},
		{"default-src 'none';;; ;;;style-src 'self' 'unsafe-inline'", styleWord},
		{"default-src 'none'; style-src data:", styleWord},
		{"default-src 'none'; style-src *", styleWord},
		{"default-src 'none'; style-src https:", styleWord},
		{"default-src 'none'; style-src 'unsafe-inline'; script-src " + hash + " 'unsafe-inline'", styleWord},
		// Nothing unsafe.
		{"default-src https://mozilla.org", safeWord},
		{"default-src 'self'", safeWord},
		{"default-src 'none' https://mozilla.org", safeWord},
		{"default-src https://mozilla.org;;; ;;;script-src 'none'", safeWord},
		{"object-src 'none'; script-src https://mozilla.org; style-src https://mozilla.org; upgrade-insecure-requests;", safeWord},
		{"object-src 'none'; script-src 'strict-dynamic' 'nonce-abc' 'unsafe-inline'; style-src 'none'", safeWord},
		{"object-src 'none'; style-src 'self';script-src " + hash, safeWord},
		{"object-src 'none'; style-src 'self'; script-src 'unsafe-inline' " + hash, safeWord},
		{"object-src 'none'; script-src 'unsafe-inline' 'nonce-abc123' 'unsafe-inline'; style-src 'none'", safeWord},
		{"default-src https://mozilla.org; style-src 'unsafe-inline' 'nonce-abc123'", safeWord},
		{"default-src https://mozilla.org; style-src 'unsafe-inline' 'sha384-abc'", safeWord},
		{"default-src https://mozilla.org; style-src 'unsafe-inline' 'sha512-abc'", safeWord},
		{"default-src 'none'", noneWord},
		{"default-src", noneWord},
		{"DEFAULT-SRC 'NONE'", noneWord},
		{"default-src 'none'; script-src https://mozilla.org; style-src https://mozilla.org; upgrade-insecure-requests;", noneWord},
		{"default-src 'none'; object-src https://mozilla.org", noneWord},
		{"default-src 'none'; script-src 'strict-dynamic' 'nonce-abc123'", noneWord},
		{"default-src 'none'; script-src 'strict-dynamic' 'sha256-abc123' https://*", noneWord},
		{"default-src 'none'; script-src 'strict-dynamic' 'nonce-abc123' 'unsafe-inline' 'self' http: https:", noneWord},
		// The same directive twice.
		{"default-src 'none'; report-uri /a; report-uri /b", duplicateWord},
		{"default-src 'self'; report-to a; report-to b", duplicateWord},
		{"script-src *; report-to a; report-to b", inlineWord},
		{"default-src 'none'; default-src 'self'", invalidWord},
		{"default-src 'none'; img-src 'self'; IMG-SRC 'self'", invalidWord},
		{"default-src 'none', default-src 'none'", noneWord}, // of two policies
		// Several policies in one line.
		{"default-src 'none'; script-src 'self', default-src 'none'; script-src 'self'", noneWord},
		{"default-src 'none'; style-src 'self' 'unsafe-inline', default-src 'none'; style-src 'self', default-src 'none'; style-src 'self' 'unsafe-inline'", noneWord},
		{"default-src http:, default-src https:", noneWord},
		{"default-src *, default-src *", inlineWord},
		{"default-src https://mozilla.org/a/, default-src https://mozilla.org/a/b/", safeWord},
	} {
		t.Run(cut(c.policy), func(t *testing.T) {
			got := observatory.CSP(site(t, "Content-Security-Policy: "+c.policy))
			expect(t, got, c.word, cspWorth[c.word].modifier, cspWorth[c.word].pass)
		})
	}
}

func cut(s string) string {
	if len(s) > 80 {
		return s[:80]
	}
	return s
}

func TestCSPWithoutHeader(t *testing.T) {
	expect(t, observatory.CSP(site(t)), missingWord, -25, false)
	expect(t, observatory.CSP(site(t, "Content-Security-Policy-Report-Only: default-src 'none'")), reportingWord, -25, false)
	both := site(t, "Content-Security-Policy-Report-Only: default-src *", "Content-Security-Policy: default-src 'none'")
	expect(t, observatory.CSP(both), noneWord, 10, true)
}

func TestCSPOverPlainHTTPMayNameIt(t *testing.T) {
	got := observatory.CSP(plainSite(t, "Content-Security-Policy: default-src http://mozilla.org; img-src http:"))
	expect(t, got, safeWord, 5, true)
}

func TestCSPOfHeaderAndPage(t *testing.T) {
	meta := func(policy string) string {
		return `<meta http-equiv="Content-Security-Policy" content="` + policy + `">`
	}
	for name, c := range map[string]struct{ header, page, word string }{
		"page alone":                       {"", meta("default-src 'none'"), noneWord},
		"case does not matter":             {"", strings.ToUpper(meta("default-src 'none'")), noneWord},
		"several on the page":              {"", meta("default-src https:") + meta("default-src 'none'") + meta("default-src *"), noneWord},
		"both, the same":                   {"default-src 'none'", meta("default-src 'none'"), noneWord},
		"both, with nothing in common":     {"default-src http:", meta("default-src https:"), noneWord},
		"page brings the strict directive": {"img-src 'none'", meta("default-src 'none'"), noneWord},
		"only what belongs in a header":    {"", meta("frame-ancestors 'none'; sandbox; report-uri /r"), missingWord},
		"an unknown directive":             {"frame-anchestors 'none'", meta("frame-ancestors 'none'"), inlineWord},
		"an empty one is none":             {"", meta(""), missingWord},
		"too short":                        {"default-src 'none'", meta("defa"), invalidWord},
		"in a template":                    {"", "<template>" + meta("default-src 'none'") + "</template>", missingWord},
		"in a comment":                     {"", "<!--" + meta("default-src 'none'") + "-->", missingWord},
		"in a script":                      {"", "<script>'" + meta("default-src 'none'") + "'</script>", missingWord},
		"after a script":                   {"", "<script>if (1 < 2) {}</script>" + meta("default-src 'none'"), noneWord},
	} {
		t.Run(name, func(t *testing.T) {
			var lines []string
			if c.header != "" {
				lines = []string{"Content-Security-Policy: " + c.header}
			}
			s := site(t, lines...)
			s.Page = observatory.ReadPage([]byte(c.page))
			expect(t, observatory.CSP(s), c.word, cspWorth[c.word].modifier, cspWorth[c.word].pass)
		})
	}
}

func FuzzCSP(f *testing.F) {
	for _, seed := range []string{
		"default-src 'none'", "script-src 'strict-dynamic' 'nonce-a', default-src", "a a/ a/%zz;b,,", "\x00;\xff",
	} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, header, page string) {
		s := site(t, "Content-Security-Policy: "+header)
		s.Page.CSP = []string{page}
		for _, got := range []string{observatory.CSP(s).Result, observatory.FrameOptions(s).Result} {
			if _, known := cspWorth[got]; !known && !strings.HasPrefix(got, "x-frame-options-") {
				t.Errorf("unknown result %q", got)
			}
		}
	})
}
