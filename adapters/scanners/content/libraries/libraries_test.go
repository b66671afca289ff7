package libraries_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/scanners/content/libraries"
	"github.com/scanledger/scanledger/domain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func builtIn(t testing.TB) *libraries.List {
	t.Helper()
	l, err := libraries.BuiltIn()
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// known are the numbers of what is known of a library, sorted.
func known(l libraries.Library) string {
	var ids []string
	for _, w := range l.Weaknesses {
		ids = append(ids, w.IDs...)
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), " ")
}

func within(t *testing.T, l *libraries.List, text string) []libraries.Library {
	t.Helper()
	found, err := l.Within(t.Context(), []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// jQuery3 is what was mended with jQuery 3.5.0.
const jQuery3 = "CVE-2020-11022 CVE-2020-11023"

// TestWithin tells libraries from how their files begin, or from the few bytes
// that are left of that in a minified one.
func TestWithin(t *testing.T) {
	for _, c := range []struct{ text, want, ids string }{
		{"/*! jQuery v1.8.3 jquery.com | jquery.org/license */", "jquery 1.8.3", "CVE-2012-6708 CVE-2015-9251 CVE-2019-11358 " + jQuery3 + " CVE-2020-7656 issue 11974 issue 162"},
		{"/*!\r\n * jQuery JavaScript Library v1.12.4\r\n", "jquery 1.12.4", "CVE-2015-9251 CVE-2019-11358 " + jQuery3 + " issue 11974 issue 162"},
		{"/*! jQuery v3.3.1 | (c) JS Foundation", "jquery 3.3.1", "CVE-2019-11358 " + jQuery3},
		{"/*! jQuery v3.4.1 | (c) JS Foundation", "jquery 3.4.1", jQuery3},
		{"/*! jQuery v3.7.1 | (c) OpenJS", "jquery 3.7.1", ""},
		{`var t="3.4.0",k=function(e,t){return new k.fn.init(e,t)},p=/^[\s\uFEFF]+/g;k.fn=k.prototype={jquery:t`, "jquery 3.4.0", jQuery3},
		{"/*!\n * Bootstrap v3.3.7 (http://getbootstrap.com)\n", "bootstrap 3.3.7", "CVE-2016-10735 CVE-2018-14040 CVE-2018-14041 CVE-2018-14042 CVE-2018-20676 CVE-2018-20677 CVE-2019-8331 CVE-2024-6485 retire.js 72"},
		{"/*!\n  * Bootstrap v4.1.1 (https://getbootstrap.com/)\n", "bootstrap 4.1.1", "CVE-2018-14040 CVE-2018-14041 CVE-2018-14042 CVE-2019-8331"},
		{"/*! jQuery Migrate v1.2.1 | (c) 2005", "jquery-migrate 1.2.1", "bug 11290"},
		{"//! moment.js\n//! version : 2.18.1\n", "moment.js 2.18.1", "CVE-2017-18214 CVE-2022-24785 CVE-2022-31129"},
		{"//! moment.js\n//! version : 2.29.4\n", "moment.js 2.29.4", ""},
		{`="4.17.4";var e="x",t="__lodash_hash_undefined__"`, "lodash 4.17.4", "CVE-2018-16487 CVE-2018-3721 CVE-2019-10744 CVE-2019-1010266 CVE-2020-28500 CVE-2020-8203 CVE-2021-23337 CVE-2025-13465"},
		{"/*!\n * @license DOMPurify 2.0.0", "", ""},
		{"/*! @license DOMPurify 2.0.0 | (c) Cure53", "DOMPurify 2.0.0", "CVE-2019-16728"},
		{"/*!\n * Vue.js v2.5.16\n * (c) 2014-2018 Evan You\n", "vue 2.5.16", "CVE-2024-9506"},
		{"/*\n AngularJS v1.5.8\n (c) 2010-2016", "angularjs 1.5.8", "CVE-2019-10768"},
		{"/*! axios v0.18.0 | (c) 2018 by Matt Zabriskie */", "axios 0.18.0", "CVE-2019-10742 CVE-2020-28168"},
		{`Handlebars.VERSION = "4.0.5";`, "handlebars 4.0.5", "CVE-2019-19919 CVE-2021-23369"},
		{`name:"mustache.js",version:"2.1.0"`, "mustache.js 2.1.0", "CVE-2015-8862"},
		{"// Knockout JavaScript library v3.4.2\n", "knockout 3.4.2", "CVE-2019-14862"},
		{"dojo.version={major:1,minor:11,patch:0", "dojo 1.11.0", "CVE-2018-15494"},
		{"//     Underscore.js 1.8.3\n//     http://underscorejs.org\n", "underscore.js 1.8.3", "CVE-2021-23358"},
		{"/* Prototype JavaScript framework, version 1.5.0\n", "prototypejs 1.5.0", "CVE-2008-7220"},
		{"console.log('jquery 1.8.3 is what we had')", "", ""},
		{"", "", ""},
	} {
		var names []string
		ids := ""
		for _, l := range within(t, builtIn(t), c.text) {
			names = append(names, l.Name+" "+l.Version)
			ids += known(l)
		}
		if got := strings.Join(names, ", "); got != c.want {
			t.Errorf("%q tells %q, want %q", c.text, got, c.want)
		}
		for id := range strings.FieldsSeq(strings.NewReplacer("issue ", "issue_", "bug ", "bug_", "retire.js ", "retire.js_").Replace(c.ids)) {
			if id = strings.ReplaceAll(id, "_", " "); !strings.Contains(ids, id) {
				t.Errorf("%s is not known to have %s, but %s", c.want, id, ids)
			}
		}
		if c.ids == "" && ids != "" {
			t.Errorf("%s is known to have %s", c.want, ids)
		}
	}
}

func TestNamed(t *testing.T) {
	for address, want := range map[string]string{
		"https://a.test/js/jquery-1.8.3.min.js":                            "jquery 1.8.3",
		"https://a.test/js/jquery-1.8.3.min.js?ver=9":                      "jquery 1.8.3",
		"https://ajax.googleapis.com/ajax/libs/jquery/1.12.4/jquery.js":    "jquery 1.12.4",
		"https://ajax.googleapis.com/ajax/libs/angularjs/1.5.8/angular.js": "angularjs 1.5.8",
		"https://a.test/js/my-jquery-1.8.3.js":                             "",
		"https://a.test/app.js":                                            "",
		"https://www.google-analytics.com/ga.js":                           "",
		"https://a.test/jquery-1" + strings.Repeat("1", 5000) + ".js":      "",
		"https://a.test/jquery-%31.8.3.js":                                 "jquery 1.8.3",
		"https://a.test/":                                                  "",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, l := range builtIn(t).Named(u) {
			names = append(names, l.Name+" "+l.Version)
		}
		if got := strings.Join(names, ", "); got != want {
			t.Errorf("%.80s tells %q, want %q", address, got, want)
		}
	}
}

func TestTheWorstComesFirst(t *testing.T) {
	found := within(t, builtIn(t), "/*! jQuery v1.8.3 */")
	for i := 1; i < len(found[0].Weaknesses); i++ {
		a, b := found[0].Weaknesses[i-1], found[0].Weaknesses[i]
		if slices.Index(domain.Severities, a.Severity) > slices.Index(domain.Severities, b.Severity) {
			t.Errorf("%s stands before %s", a.Severity, b.Severity)
		}
	}
	if found[0].Mended != "3.5.0" {
		t.Errorf("it is mended in %s", found[0].Mended)
	}
	if w := found[0].Weaknesses[0]; len(w.CWE) == 0 || w.Below == "" || found[0].How != "text" {
		t.Errorf("the first is %+v", w)
	}
}

const small = `{"old": {"vulnerabilities": [{"below": "2.0.0", "severity": "high", "cwe": ["CWE-79"],
	"identifiers": {"CVE": ["CVE-2000-0001"]}, "info": ["https://a.test/", "http://a.test/"]}],
	"extractors": {"filecontent": ["old v(§§version§§)", "(a+)\\1(§§version§§)", "(?<!x)"],
	"filecontentreplace": ["/old:([0-9]+),([0-9]+)/$1.$2/", "old"],
	"hashes": {"c6e3af7e8ad65fc4b4b7ca5ee7cd3d1bd8fd60e3": "1.1"}, "ast": ["//x", "//y"]}}}`

func TestRead(t *testing.T) {
	l, err := libraries.Read(strings.NewReader(small))
	if err != nil {
		t.Fatal(err)
	}
	if left := fmt.Sprint(l.Left()); len(l.Left()) != 3 || !strings.Contains(left, `(a+)\1`) || !strings.Contains(left, "2 rules") {
		t.Errorf("left are %q", left)
	}
	for text, want := range map[string]string{
		"old v1.9-rc":            "1.9-rc",
		"old v1.5.min":           "1.5",
		"old:1,2":                "1.2",
		"old v" + "1.0" + "\x00": "1.0",
	} {
		found := within(t, l, text)
		if len(found) != 1 || found[0].Version != want || known(found[0]) != "CVE-2000-0001" || !slices.Equal(found[0].Weaknesses[0].References, []string{"https://a.test/"}) {
			t.Errorf("%q tells %+v, want %s", text, found, want)
		}
	}
	if found := within(t, l, "old v2.0.0"); len(found) != 1 || len(found[0].Weaknesses) != 0 {
		t.Errorf("the mended one is %+v", found)
	}
}

func TestReadWhatIsNoList(t *testing.T) {
	for _, raw := range []string{
		"", "[]", "{}", "null", `{"a": {}}`, `{"a": {"vulnerabilities": 1}}`,
		`{"a": {"vulnerabilities": [{"severity": "bad"}], "extractors": {"uri": ["a(§§version§§)"]}}}`,
	} {
		if _, err := libraries.Read(strings.NewReader(raw)); err == nil {
			t.Errorf("%q is a list", raw)
		}
	}
}

// TestWithinEndsWithItsContext is for texts that somebody made to be slow.
func TestWithinEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := builtIn(t).Within(ctx, []byte("/*! jQuery v1.8.3 */")); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
}

// TestWithinEndsInTheMiddle of an expression that is slow on a long text.
func TestWithinEndsInTheMiddle(t *testing.T) {
	l, err := libraries.Read(strings.NewReader(`{"slow": {"vulnerabilities": [{}], "extractors": {"filecontent": ["=(§§version§§),.{300,1000}.{300,1000}end"]}}}`))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := l.Within(ctx, []byte(strings.Repeat("=1.2,", 16<<20)+"end")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the error is %v", err)
	}
}

// TestManyVersions bounds what one text can have told of it.
func TestManyVersions(t *testing.T) {
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, "/*! jQuery v1.%d.0 */", i)
	}
	if found := within(t, builtIn(t), text.String()); len(found) == 0 || len(found) > 200 {
		t.Errorf("%d libraries", len(found))
	}
}

func FuzzRead(f *testing.F) {
	f.Add(small, "old v1.0 old:1,2")
	f.Add(`{"a": {"vulnerabilities": [{}], "extractors": {"filecontent": ["a{2,5000}(?=b)(.)\\2(§§version§§)"]}}}`, "aab1.0")
	f.Fuzz(func(t *testing.T, raw, text string) {
		l, err := libraries.Read(strings.NewReader(raw))
		if err != nil {
			return
		}
		found, err := l.Within(t.Context(), []byte(text))
		for _, lib := range found {
			if lib.Version == "" || len(lib.Version) > 40 {
				t.Errorf("the version %q", lib.Version)
			}
		}
		if err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
	})
}

func FuzzWithin(f *testing.F) {
	f.Add("/*! jQuery v1.8.3 */ dojo.version={major:1,minor:11,patch:0")
	f.Fuzz(func(t *testing.T, text string) {
		found, err := builtIn(t).Within(t.Context(), []byte(text))
		if err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
		for _, l := range found {
			if strings.Trim(l.Version, "0123456789.-_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
				t.Errorf("the version %q", l.Version)
			}
		}
	})
}
