package observatory

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestParsePolicies(t *testing.T) {
	for _, c := range []struct {
		policies string // one a line
		want     string // directives and their sources, sorted
	}{
		{"default-src 'none'", "default-src 'none'"},
		{"default-src 'none'; script-src 'self' https://mozilla.org", "default-src 'none'; script-src 'self' https://mozilla.org"},
		{"upgrade-insecure-requests; img-src", "img-src 'none'; upgrade-insecure-requests 'none'"},
		// Of one policy, what a shorter source begins is left out.
		{"img-src http: https: http:", "img-src http: https:"},
		{"img-src https://a.example/foo https://a.example/foobar", "img-src https://a.example/foo"},
		// Of several, what all allow remains.
		{"script-src 'self' https://mozilla.org\nscript-src 'self' https://mozilla.org", "script-src 'self' https://mozilla.org"},
		{"script-src 'self' https://mozilla.org\nscript-src https://example.com 'self' https://mozilla.org", "script-src 'self' https://mozilla.org"},
		{"default-src https://mozilla.org\ndefault-src https://mozilla.com", "default-src 'none'"},
		{"default-src https://m.org https://m.net\ndefault-src https://m.com https://m.io", "default-src 'none'"},
		{"default-src https://m.org https://m.net https://m.com\ndefault-src https://m.pizza https://m.net https://m.org", "default-src https://m.net https://m.org"},
		{"default-src https://m.org https://m.net\ndefault-src https://m.a https://m.net https://m.org\ndefault-src https://m.org https://m.b https://m.net",
			"default-src https://m.net https://m.org"},
		{"default-src http: http:\ndefault-src https: https:", "default-src 'none'"},
		// Paths count part by part, and openly at a slash.
		{"default-src https://m.org/fire\ndefault-src https://m.org/firefox/", "default-src 'none'"},
		{"default-src https://m.org/firefox/\ndefault-src https://m.org/firefox/download/", "default-src https://m.org/firefox/download/"},
		{"default-src https://m.org/firefox/download/\ndefault-src https://m.org/firefox/", "default-src https://m.org/firefox/download/"},
		{"default-src https://m.org/%61\ndefault-src https://m.org/a", "default-src https://m.org/a"},
		{"default-src https://m.org/%zz\ndefault-src https://m.org/%zz", "default-src https://m.org/%zz"},
		// What only a later policy has allows nothing, what only the first has stays.
		{"img-src 'self'\ndefault-src 'self'", "default-src 'none'; img-src 'self'"},
	} {
		p, _, err := parsePolicies(strings.Split(c.policies, "\n"))
		if got := show(p); err != nil || got != c.want {
			t.Errorf("%q gives %q, %v; want %q", c.policies, got, err, c.want)
		}
	}
}

func show(p policy) string {
	var directives []string
	for _, name := range slices.Sorted(maps.Keys(p)) {
		directives = append(directives, strings.Join(append([]string{name}, slices.Sorted(maps.Keys(p[name]))...), " "))
	}
	return strings.Join(directives, "; ")
}
