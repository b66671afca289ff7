package render

import (
	"strings"
	"testing"
	"time"
)

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"  plain\ttext ":                  "plain text",
		"two\nlines":                      "two\nlines",
		"nul\x00":                         "nul[U+0000]",
		"a\u202Eb":                        "a[U+202E]b",
		"zero\u200Bwidth":                 "zero[U+200B]width",
		"\xff\xfe":                        "[0xFF][0xFE]",
		"no\uFFFF":                        "no[U+FFFF]",
		"\uFFFD stays":                    "\uFFFD stays",
		"שלום 漢字 👍":                       "שלום 漢字 👍",
		"e\u0301":                         "e\u0301",
		"e" + strings.Repeat("\u0301", 5): "e\u0301\u0301\u0301\u0301[U+0301]",
		"12345678901":                     "1234567890 … [and 1 more character]",
		strings.Repeat("é", 1010):         strings.Repeat("é", 10) + " … [and 1,000 more characters]",
	} {
		limit := 40
		if strings.HasPrefix(in, "12") || strings.HasPrefix(in, "é") {
			limit = 10
		}
		if got := clean(in, limit); got != want {
			t.Errorf("%q is shown as %q, want %q", in, got, want)
		}
	}
}

func TestWords(t *testing.T) {
	for got, want := range map[string]string{
		count(1, "port"):                         "1 port",
		count(1_234_567, "port"):                 "1,234,567 ports",
		count(2, "address"):                      "2 addresses",
		thousands(-1000):                         "-1,000",
		listing(nil):                             "",
		listing([]string{"a"}):                   "a",
		listing([]string{"a", "b", "c"}):         "a, b and c",
		span(59 * time.Second):                   "59 s",
		span(134 * time.Second):                  "2 min 14 s",
		span(3*time.Hour + 61*time.Second):       "3 h 1 min",
		webAddress("https://a.example/b?c=d"):    "https://a.example/b?c=d",
		webAddress("javascript:alert(1)"):        "",
		webAddress("https://bank.com@evil.test"): "",
		webAddress("//a.example/"):               "",
		webAddress("data:text/html,x"):           "",
		stop("ends.", ""):                        "ends.",
		stop("", "none"):                         "none.",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestGapsAreNamed counts what there is no room for, and cuts no name that fits.
func TestGapsAreNamed(t *testing.T) {
	var eighteen, hundred []string
	for n := range 100 {
		hundred = append(hundred, strings.Repeat("é", 40)+thousands(n))
	}
	eighteen = hundred[:18]
	for want, what := range map[string][]string{
		"a":                           {"a"},
		strings.Join(eighteen, ", "):  eighteen,
		strings.Repeat("x", maxCell):  {strings.Repeat("x", maxCell)},
		strings.Repeat("x", maxAbout): {strings.Repeat("x", maxAbout)},
		strings.Join(hundred[:32], ", ") + " and 68 others, which the JSON names": hundred,
	} {
		if got := (gap{What: what}).About(); got != want {
			t.Errorf("it is about %s\nwant %s", got, want)
		}
	}
}
