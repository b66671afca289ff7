package observatory_test

import (
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners/observatory"
)

func TestSRI(t *testing.T) {
	const (
		ownSRI   = "sri-implemented-and-all-scripts-loaded-securely"
		sri      = "sri-implemented-and-external-scripts-loaded-securely"
		none     = "sri-not-implemented-but-no-scripts-loaded"
		own      = "sri-not-implemented-but-all-scripts-loaded-from-secure-origin"
		noSRI    = "sri-not-implemented-but-external-scripts-loaded-securely"
		insecure = "sri-implemented-but-external-scripts-not-loaded-securely"
		neither  = "sri-not-implemented-and-external-scripts-not-loaded-securely"
		hash     = ` integrity="sha384-abc" crossorigin="anonymous"`
	)
	worth := map[string]int{ownSRI: 5, sri: 5, noSRI: -5, insecure: -20, neither: -50}
	script := func(src, more string) string { return `<script src="` + src + `"` + more + `></script>` }
	for name, c := range map[string]struct{ page, word string }{
		"no page":                       {"", none},
		"no scripts":                    {"<p>hello", none},
		"inline":                        {"<script>1</script>", own},
		"script in a template":          {"<template><script src=http://x.example/></script></template>", none},
		"script in a comment":           {"<!-- <script src=http://x.example/></script> -->", none},
		"script in a title":             {"<title><script src=http://x.example/></script></title>", none},
		"script in noscript":            {"<noscript>" + script("https://x.example/a.js", "") + "</noscript>", noSRI},
		"relative":                      {script("/a.js", ""), own},
		"same host":                     {script("https://mozilla.org/a.js", ""), own},
		"same domain":                   {script("https://www.mozilla.org/a.js", ""), own},
		"same domain over http":         {script("http://www.mozilla.org/a.js", ""), own},
		"same domain without scheme":    {script("//www.mozilla.org/a.js", ""), neither},
		"same domain, SRI":              {script("/a.js", hash), ownSRI},
		"same domain over http, SRI":    {script("http://mozilla.org/a.js", hash), own},
		"data":                          {script("data:text/javascript,1", ""), own},
		"empty src":                     {script("", ""), own},
		"foreign":                       {script("https://cdn.example/a.js", ""), noSRI},
		"foreign in capitals":           {`<SCRIPT SRC="HTTPS://CDN.EXAMPLE/a.js"></SCRIPT>`, noSRI},
		"foreign with spaces":           {script(" \n https://cdn.example/a.js ", ""), noSRI},
		"foreign with a line break":     {script("htt\nps://cdn.example/a.js", ""), noSRI},
		"foreign, SRI":                  {script("https://cdn.example/a.js", hash), sri},
		"foreign, empty SRI":            {script("https://cdn.example/a.js", ` integrity=""`), noSRI},
		"foreign and own, SRI":          {script("/a.js", hash) + script("https://cdn.example/a.js", hash), ownSRI},
		"own SRI, foreign without":      {script("/a.js", hash) + script("https://cdn.example/a.js", ""), noSRI},
		"foreign without, own SRI":      {script("https://cdn.example/a.js", "") + script("/a.js", hash), noSRI},
		"foreign over http":             {script("http://cdn.example/a.js", ""), neither},
		"foreign over http, SRI":        {script("http://cdn.example/a.js", hash), insecure},
		"foreign without scheme":        {script("//cdn.example/a.js", ""), neither},
		"foreign without scheme, SRI":   {script("//cdn.example/a.js", hash), insecure},
		"the worst decides":             {script("https://cdn.example/a.js", "") + script("//cdn.example/b.js", hash) + script("http://cdn.example/c.js", ""), neither},
		"no SRI is worse than insecure": {script("//cdn.example/b.js", hash) + script("https://cdn.example/a.js", ""), noSRI},
		"by address":                    {script("https://192.0.2.1/a.js", ""), noSRI},
		"no host":                       {script("https:///a.js", ""), own},
		"the first src counts":          {`<script src="/a.js" src="http://cdn.example/a.js"></script>`, own},
		"never closed":                  {`<script src="https://cdn.example/a.js">` + strings.Repeat("<b>", 1000), noSRI},
	} {
		t.Run(name, func(t *testing.T) {
			s := site(t)
			s.Page = observatory.ReadPage([]byte(c.page))
			expect(t, observatory.SRI(s), c.word, worth[c.word], worth[c.word] >= 0)
		})
	}
}

func TestSRIOverPlainHTTPIsNoBonus(t *testing.T) {
	s := plainSite(t)
	s.Page = observatory.ReadPage([]byte(`<script src=/a.js integrity=sha384-abc></script>`))
	expect(t, observatory.SRI(s), "sri-not-implemented-but-all-scripts-loaded-from-secure-origin", 0, true)
}

func TestSRIOfOtherContent(t *testing.T) {
	for kind, want := range map[string]string{
		"application/json":         "sri-not-implemented-response-not-html",
		"text/plain; charset=utf8": "sri-not-implemented-response-not-html",
		"application/xhtml+xml":    "sri-not-implemented-but-no-scripts-loaded",
		"Text/HTML ; charset=utf8": "sri-not-implemented-but-no-scripts-loaded",
		"":                         "sri-not-implemented-but-no-scripts-loaded",
	} {
		s := site(t)
		s.HTTPS.Chain.Last().Header.Set("Content-Type", kind)
		expect(t, observatory.SRI(s), want, 0, true)
	}
}

func TestSRIOfWhatIsNoPage(t *testing.T) {
	s := site(t)
	s.Page = observatory.ReadPage([]byte("<p>" + strings.Repeat("x", 5<<20)))
	expect(t, observatory.SRI(s), "html-not-parseable", -20, false)
}

func TestSRIJudgesByRegistrableDomain(t *testing.T) {
	for _, c := range []struct {
		host, script string
		own          bool
	}{
		{"www.example.co.uk", "cdn.example.co.uk", true},
		{"example.co.uk", "other.co.uk", false},
		{"example.com", "example.com.evil.net", false},
		{"EXAMPLE.com.", "cdn.example.com", true},
		{"alice.github.io", "bob.github.io", true}, // only the ICANN section counts
		{"a.localdomain", "b.a.localdomain", true},
		{"localhost", "localhost", true},
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"[2001:db8::1]", "[2001:db8::2]", false},
	} {
		s := site(t)
		s.Host = strings.Trim(c.host, "[]")
		s.Page = observatory.ReadPage([]byte("<script src='https://" + c.script + "/a.js'></script>"))
		if own := observatory.SRI(s).Pass; own != c.own {
			t.Errorf("%s on %s: own is %v, want %v", c.script, c.host, own, c.own)
		}
	}
}

func TestReadPage(t *testing.T) {
	p := observatory.ReadPage([]byte("<html><title>\n  A &amp; B \xff\n</title><svg><title>no</title></svg>" +
		"<script>1</script><script src=a.js></script>"))
	if p.Title != "A & B \uFFFD" || p.Inline != 1 || len(p.Scripts) != 1 || p.Err != nil {
		t.Errorf("%+v", p)
	}
	if long := observatory.ReadPage([]byte("<title>" + strings.Repeat("ö", 500))).Title; len(long) > 200 || !strings.HasPrefix(long, "ö") {
		t.Errorf("a title of %d bytes", len(long))
	}
}

func FuzzReadPage(f *testing.F) {
	f.Add([]byte(`<title>a</title><meta http-equiv=content-security-policy content="default-src 'none'"><script src=//x/y>`))
	f.Add([]byte("<template><template></template><script src=a></template></template><!--<script"))
	f.Fuzz(func(t *testing.T, body []byte) {
		s := site(t)
		s.Page = observatory.ReadPage(body)
		for _, test := range observatory.Tests() {
			test.Run(s)
		}
	})
}
