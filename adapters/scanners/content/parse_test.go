package content

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

func parse(t testing.TB, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// lookFor is a look that has no way out.
func lookFor(p domain.Profile, see func(domain.Observation)) *look {
	job := scanners.Job{Profile: p, Keep: func(string, []byte) domain.Hash { return "x" }}
	return newLook(job, nil, scanners.NewLedger(see), see)
}

func TestBeside(t *testing.T) {
	for path, want := range map[string][2]string{ // what it begins and ends with
		"/.git/HEAD":      {"/.git/x", ""},
		"/.env":           {"/.x", ""},
		"/.env.local":     {"/.x", ".local"},
		"/backup.tar.gz":  {"/x", ".tar.gz"},
		"/a/b.php~":       {"/a/x", ".php~"},
		"/phpmyadmin/":    {"/x", "/"},
		"/":               {"/x", "/"},
		"/a%2Fb/c.sql?x=": {"/a/b/x", ".sql"},
	} {
		u := parse(t, "http://a.test"+path)
		got := beside(u)
		if !strings.HasPrefix(got.Path, want[0]) || !strings.HasSuffix(got.Path, want[1]) || got.Path == u.Path || got.RawQuery != u.RawQuery {
			t.Errorf("beside %s is %s, want %s…%s", path, got, want[0], want[1])
		}
	}
}

func TestImitates(t *testing.T) {
	for host, want := range map[string]string{
		"google-analytics.com": "", "googleanalytics.com": "google-analytics.com", "goog1e-analytics.com": "google-analytics.com",
		"gooogleapis.com": "googleapis.com", "googleapsi.com": "googleapis.com", "googleapi.com": "googleapis.com", "bootstrapcdn.net": "bootstrapcdn.com",
		"bootstrap.com": "", "google.com": "", "example.com": "", "": "", "doubleclick.com": "", "doubledick.net": "",
	} {
		if got := imitates(host); got != want {
			t.Errorf("%s imitates %q, want %q", host, got, want)
		}
	}
}

func TestJudgeHosts(t *testing.T) {
	for host, want := range map[string]string{
		"www.google-analytlcs.com": "content/injected/look-alike-host",
		"googletagmanger.com":      "content/injected/look-alike-host",
		"cdn.googleapls.com":       "content/injected/look-alike-host",
		"cdn.polyfill.io":          "content/injected/compromised-host",
		"www.googletagmanager.com": "",
		"fonts.googleapis.cn":      "",
		"cdn.jsdelivr.net":         "",
		"polyfill.io.example.com":  "",
		"cdn.a.test":               "",
	} {
		got := ""
		l := lookFor(domain.Quick, func(o domain.Observation) {
			if w, ok := o.(domain.Weakness); ok {
				got += w.Advisory.ID
			}
		})
		l.site = parse(t, "https://a.test/")
		l.scripts = []*script{{page: &page{answer: &scanners.Answer{URL: l.site}}, url: parse(t, "https://"+host+"/a.js")}}
		if l.judgeHosts(); got != want {
			t.Errorf("%s is %q, want %q", host, got, want)
		}
	}
}

// TestExposuresAreWhole: each has a name of its own, and no path is asked for
// by two rules, which would then be one coverage line.
func TestExposuresAreWhole(t *testing.T) {
	names, paths := map[string]bool{}, map[string]string{}
	for _, e := range exposures {
		if names[e.name] || e.name == "" || e.advisory.ID == "" || len(e.paths) == 0 || !slices.Contains(thoroughness, e.from) {
			t.Errorf("%q is not whole, or there twice", e.name)
		}
		names[e.name] = true
		for _, path := range e.paths {
			if paths[path] != "" || !strings.HasPrefix(path, "/") {
				t.Errorf("%s of %s is in %q too", path, e.name, paths[path])
			}
			paths[path] = e.name
		}
		for _, text := range []string{"", "hello", "<!doctype html><html><head><title>Not found</title></head><body>/.git/HEAD .env wp-config phpinfo server-status</body></html>", "{}", "[]", "404 page not found\n", "OK"} {
			if shown, there := e.shows(&scanners.Answer{Status: 200, Body: []byte(text)}); there {
				t.Errorf("%s is told by %q (%q)", e.name, text, shown)
			}
		}
	}
}

func TestPlace(t *testing.T) {
	l := &look{site: parse(t, "https://a.test:8443/")}
	for raw, want := range map[string]string{
		"https://a.test:8443/a%20b?q=1#f": "/a%20b", "https://a.test/a": "https://a.test/a", "http://a.test:8443/a": "http://a.test:8443/a",
		"https://b.test/" + strings.Repeat("a", 999): "https://b.test/" + strings.Repeat("a", 300-15),
	} {
		if got := l.place(parse(t, raw)); got != want {
			t.Errorf("%s is at %s, want %s", raw, got, want)
		}
	}
}

func FuzzReadPage(f *testing.F) {
	f.Add([]byte(`<base href=/a/><script src=" //x.test:1/a.js"></script><form action=http://b><input type=password><button formaction=c></form><iframe hidden src=x></iframe><img srcset="a 1x, b 2x"><style>@import "http://c"</style><p style="width:0;background:url(http://d)">`))
	f.Fuzz(func(t *testing.T, body []byte) {
		a := &scanners.Answer{URL: parse(t, "https://a.test/"), Status: 200, Header: http.Header{}, Body: body}
		p, err := readPage(t.Context(), a)
		if err != nil {
			return
		}
		for _, u := range append(p.leadsTo(), p.pageLinks()...) {
			if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
				t.Errorf("the page leads to %q", u)
			}
		}
		l := lookFor(domain.Quick, func(domain.Observation) {})
		l.site = a.URL
		l.pages = []*page{p}
		l.judgeMixed(p)
		l.judgeForms(p)
		l.judgeFrames(p)
		l.collect(p)
		l.judgeAnswer(a)
		l.judgeHosts()
		for _, s := range l.scripts {
			l.judgeText(s)
		}
	})
}

func FuzzScriptText(f *testing.F) {
	f.Add("String.fromCharCode(104,116,116,112,58,47,47,97,46,98) eval(atob('AAAA'))")
	f.Add(`addEventListener("submit"); btoa(); cvv; fetch("//b.test/x"); atob("aHR0cHM6Ly9hLmI=")`)
	f.Fuzz(func(t *testing.T, text string) {
		a := &scanners.Answer{URL: parse(t, "https://a.test/")}
		l := lookFor(domain.Quick, func(o domain.Observation) {
			if w, ok := o.(domain.Weakness); ok && strings.ContainsFunc(w.Detail, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("the detail is %q", w.Detail)
			}
		})
		l.site = a.URL
		l.judgeText(&script{page: &page{answer: a, base: a.URL}, text: []byte(text)})
	})
}

func FuzzExposures(f *testing.F) {
	f.Add([]byte("DB_PASSWORD=x\nref: refs/heads/main"))
	f.Add([]byte("\x1f\x8b\x08\x00\xff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, e := range exposures {
			if shown, there := e.shows(&scanners.Answer{Status: 200, Body: body}); there && !strings.Contains(string(body), toBytes(shown)) {
				t.Errorf("%s shows %q, which is not in the file", e.name, shown)
			}
		}
	})
}

func TestLeaked(t *testing.T) {
	for text, want := range map[string]string{
		"":                     "",
		"AKIAQ3EGRT2MDJZ5WYB7": "",
		`{"id": "AKIAQ3EGRT2MDJZ5WYB7", "secret": "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"}`: "a key of Amazon Web Services and its secret",
		`{"id": "AKIAIOSFODNN7EXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}`: "",
		"token=ghp_9aB3dE5fG7hI1jK2lM4nO6pQ8rS0tU1vW3xY":                                       "a token of GitHub",
		"token=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx":                                       "",
		"sk_live_9aB3dE5fG7hI1jK2lM4nO6pQ":                                                     "a secret key of Stripe",
		"pk_live_9aB3dE5fG7hI1jK2lM4nO6pQ":                                                     "",
		"sk_test_9aB3dE5fG7hI1jK2lM4nO6pQ":                                                     "",
		"AIzaSyD9aB3dE5fG7hI1jK2lM4nO6pQ8rS0tU1v":                                              "",
		"-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n":              "a private key",
		"-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----":                          "",
		"postgres://shop:fR4-kl_9@db.shop.internal/orders":                                     "the address of a database with its password",
		"postgres://user:password@db.shop.internal/orders":                                     "",
		"postgres://shop:fR4-kl_9@localhost/orders":                                            "",
		"mail ann@shop.example or https://shop.example:8443/a@b":                               "",
	} {
		var got []string
		for _, l := range leaked(text) {
			got = append(got, l.what)
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s holds %q, want %q", text, got, want)
		}
		if masked := string(mask([]byte(text))); (want != "") == (masked == text) || len(leaked(masked)) > 0 {
			t.Errorf("%s is masked as %s", text, masked)
		}
	}
}

func FuzzLeaked(f *testing.F) {
	f.Add("postgres://a:b%zz@h/ AKIAQ3EGRT2MDJZ5WYB7:kT9vQz2LmXw4Rb8Yc6Nf1Hs3Jd5Gp7Ae0UoIiKlM ")
	f.Fuzz(func(t *testing.T, text string) {
		for _, l := range leaked(text) {
			if l.from < 0 || l.to > len(text) || l.from >= l.to {
				t.Errorf("%+v of %d bytes", l, len(text))
			}
		}
		mask([]byte(text))
	})
}
