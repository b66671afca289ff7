package clickhouse

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestNamed(t *testing.T) {
	for text, want := range map[string][]string{
		"SELECT 1 AS file, 'file(' AS `url`":                    nil,
		"SELECT file('x'), max(n)":                              {"file(", "max("},
		"SELECT `File`('x'), \"url\" ('y')":                     {"file(", "url("},
		"SELECT * APPLY file, * APPLY `url`":                    {"file", "url"},
		"SELECT arrayMap(file, ['x']) AS url, file":             {"arraymap(", "file", "file"},
		"SELECT 'it\\'s file(\\\\', sum(n), 'x\ny' AS `a('` ,b": {"sum(", "b"},
		"DESCRIBE TABLE s3('http://x')":                         {"s3("},
	} {
		calls, other := named(words.FindAllString(text, -1))
		var got []string
		for _, name := range calls {
			got = append(got, name+"(")
		}
		for _, name := range other {
			if slices.Contains([]string{"file", "url", "b"}, name) {
				got = append(got, name)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestNamedBesideQuotes has literals and names in quotes that hide no call and make
// none up. It is no fuzz target: the engine of this package's tests holds those up.
func TestNamedBesideQuotes(t *testing.T) {
	parts := []string{"file(", "'", "\\", "`", "\"", "\x00", "\xff", "\n", "APPLY ", " ", "a", "(", ")", "--", "/*"}
	for range 20_000 {
		var text strings.Builder
		for range rand.IntN(8) {
			text.WriteString(parts[rand.IntN(len(parts))])
		}
		quoted := func(quote string) string {
			return quote + strings.NewReplacer(`\`, `\\`, quote, `\`+quote).Replace(text.String()) + quote
		}
		calls, other := named(words.FindAllString("SELECT "+quoted("'")+" AS "+quoted("`")+", file('x') OR url, 1 AS "+quoted(`"`), -1))
		if !slices.Equal(calls, []string{"file"}) || !slices.Contains(other, "url") {
			t.Fatalf("%q: %q, %q", text.String(), calls, other)
		}
	}
}
