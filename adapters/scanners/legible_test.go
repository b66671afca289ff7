package scanners

import (
	"reflect"
	"testing"
	"time"

	"github.com/scanledger/scanledger/domain"
)

func TestPlain(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "",
		"two\nlines\tand a tab":  "two\nlines\tand a tab",
		"\x1b]0;owned\x07":       "[U+001B]]0;owned[U+0007]",
		"\u009b31m":              "[U+009B]31m",
		"a\u202eb\u2066c\u200f":  "a[U+202E]b[U+2066]c[U+200F]",
		"line\u2028line":         "line[U+2028]line",
		"می\u200cخواهم 👩\u200d🔬": "می\u200cخواهم 👩\u200d🔬",
	} {
		if got := Legible(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

// TestPlainly has every text of an observation plain, wherever it stands, and
// leaves the scanner's own alone.
func TestPlainly(t *testing.T) {
	const bad, good = "\x1bx", "[U+001B]x"
	now := time.Now()
	of := func(s string) []domain.Observation {
		return []domain.Observation{
			domain.Weakness{Advisory: domain.Advisory{ID: "a", References: []string{"r", s}}, Where: s, Detail: s},
			domain.TLSEndpoint{Ciphers: map[string][]string{s: {s, "c"}}, Protocols: map[string]bool{s: true}, Certificate: &domain.Certificate{Subject: s, NotAfter: now}},
			domain.DNSZone{Records: map[string][]string{"TXT": {s}}},
			domain.Coverage{What: s, Outcome: domain.Skipped, Reason: s},
		}
	}
	for i, o := range of(bad) {
		if got, want := legibly(o), of(good)[i]; !reflect.DeepEqual(got, want) {
			t.Errorf("%+v\nwant %+v", got, want)
		}
		if !reflect.DeepEqual(o, of(bad)[i]) {
			t.Errorf("what the scanner keeps has changed: %+v", o)
		}
	}
}
