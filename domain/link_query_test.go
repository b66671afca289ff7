package domain

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestForwardedQuery(t *testing.T) {
	for _, c := range []struct{ destination, query, want string }{
		{"https://e.example", "", "https://e.example"},
		{"https://e.example", "a=1&a=2", "https://e.example?a=1&a=2"},
		{"https://e.example/?", "a=1", "https://e.example/?a=1"},
		{"https://e.example/p?x=%20&y#z?q", "gclid=A-b_c&flag&empty=", "https://e.example/p?x=%20&y&gclid=A-b_c&flag&empty=#z?q"},
		{"https://e.example/?x=1&%79=2", "x=9&y=9&%78=9&X=9", "https://e.example/?x=1&%79=2&X=9"},
		{"https://e.example/", "qr=1&qr=2&=no&&%zz=1&a=%zz&b=%0d%0aSet-Cookie:&c=ä+b%26c=d#f", "https://e.example/?b=%0D%0ASet-Cookie%3A&c=%C3%A4+b%26c%3Dd%23f"},
		{"https://e.example/", "a=" + strings.Repeat("x", MaxTarget) + "&b=1", "https://e.example/"},
	} {
		if got := withQuery(c.destination, c.query); got != c.want {
			t.Errorf("%s with %.60q is %s, want %s", c.destination, c.query, got, c.want)
		}
	}
	d := LinkDetails{Destination: "https://e.example/?utm_source=old", UTM: UTM{Source: "poster"}}
	for forward, want := range map[bool]string{false: "https://e.example/?utm_source=poster", true: "https://e.example/?utm_source=poster&utm_medium=mail"} {
		d.Forward = forward
		if got, _ := d.Leads(Visitor{}, "utm_source=mail&utm_medium=mail", time.Time{}); got != want {
			t.Errorf("a link that passes on %v leads to %s", forward, got)
		}
	}
}

// FuzzForwardedQuery leads to where the owner wrote, whatever a visitor asks for: the
// same but for parameters that the destination does not have.
func FuzzForwardedQuery(f *testing.F) {
	f.Add("https://example.com/a?b=1#c", "b=2&d=3#e&qr=1&%0d%0a")
	f.Add("https://example.com", "a&b=%zz&/..//@evil.example")
	f.Fuzz(func(t *testing.T, destination, query string) {
		read, err := ParseDestination(destination)
		if err != nil {
			return
		}
		led := withQuery(read, query)
		if len(led) > MaxTarget || strings.ContainsFunc(led, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("%q cannot be sent", led)
		}
		before, err := url.Parse(read)
		if err != nil {
			return
		}
		after, err := url.Parse(led)
		if err != nil || !strings.HasPrefix(after.RawQuery, before.RawQuery) || strings.HasPrefix(after.RawQuery, "&") {
			t.Fatalf("%q leads to %q, %v", read, led, err)
		}
		added := strings.TrimPrefix(strings.TrimPrefix(after.RawQuery, before.RawQuery), "&")
		own, _ := url.ParseQuery(before.RawQuery)
		for name := range after.Query() {
			if own[name] == nil && name == ScanParameter || own[name] != nil && strings.Contains("&"+added, "&"+url.QueryEscape(name)+"=") {
				t.Errorf("%q leads to %q: %s is added", read, led, name)
			}
		}
		after.RawQuery, after.ForceQuery, before.ForceQuery = before.RawQuery, false, false
		if *after != *before {
			t.Errorf("%q leads to %q", read, led)
		}
	})
}
