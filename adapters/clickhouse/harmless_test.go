package clickhouse

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestCalled(t *testing.T) {
	for text, want := range map[string][]string{
		"SELECT 1 AS file, 'file(' FROM url":                    nil,
		"SELECT file('x'), max(n)":                              {"file", "max"},
		"SELECT `file`('x'), \"url\" ('y')":                     {"file", "url"},
		"SELECT * APPLY file, * APPLY `url` FROM t":             {"file", "url"},
		"SELECT 'it\\'s file(\\\\', sum(n), 'x\ny' AS `a('` ,b": {"sum"},
		"DESCRIBE TABLE s3('http://x')":                         {"s3"},
	} {
		if got := called(text); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestCalledBesideQuotes has literals and names in quotes that hide no call and make
// none up. It is no fuzz target: the engine of this package's tests holds those up.
func TestCalledBesideQuotes(t *testing.T) {
	parts := []string{"file(", "'", "\\", "`", "\"", "\x00", "\xff", "\n", "APPLY ", " ", "a", "(", ")", "--", "/*"}
	for range 20_000 {
		var text strings.Builder
		for range rand.IntN(8) {
			text.WriteString(parts[rand.IntN(len(parts))])
		}
		quoted := func(quote string) string {
			return quote + strings.NewReplacer(`\`, `\\`, quote, `\`+quote).Replace(text.String()) + quote
		}
		if got := called("SELECT " + quoted("'") + " AS " + quoted("`") + ", file('x'), " + quoted(`"`)); !slices.Equal(got, []string{"file"}) {
			t.Fatalf("%q: %q", text.String(), got)
		}
	}
}
