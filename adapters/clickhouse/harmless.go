package clickhouse

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The engine's readonly keeps a question from writing, and yet the embedded one
// reads any file of this process by the function file, and DESCRIBE has either ask
// any address: past the guard, and with our rights.

// outward are functions that reach beyond the tables.
var outward = []string{
	"file", "catboostevaluate", "showcertificate", "icebergtruncate", "getclienthttpheader",
	"aiclassify", "aiembed", "aiextract", "aigenerate", "aitranslate",
}

// inward are the table functions that do not. All others of the engine's are taken
// for outward, so that a new one is until somebody has looked at it.
var inward = []string{
	"format", "generaterandom", "generateseries", "generate_series", "loop", "merge", "mergetreeindex", "mergetreeprojection",
	"null", "numbers", "numbers_mt", "primes", "values", "view", "zeros", "zeros_mt",
}

// harmless refuses a question that reaches beyond the tables. It goes by the text
// that the engine makes of it after parsing, in which a name has one spelling.
func (db *DB) harmless(ctx context.Context, sql string) error {
	var text string
	var tables []string
	err := db.conn.QueryRow(ctx, "SELECT formatQuerySingleLine(?), (SELECT groupArray(lower(name)) FROM system.table_functions)", sql).Scan(&text, &tables)
	if err != nil {
		said, _, _ := strings.Cut(err.Error(), ": In scope ")
		return fmt.Errorf("clickhouse: %s", said)
	}
	for _, name := range called(text) {
		if name = strings.ToLower(name); slices.Contains(outward, name) || slices.Contains(tables, name) && !slices.Contains(inward, name) {
			return fmt.Errorf("clickhouse: %s reaches beyond the tables, which no question may", name)
		}
	}
	return nil
}

// words are the parts of a text of the engine's: literals, names in quotes, names,
// and signs.
var words = regexp.MustCompile("(?s)'(?:[^'\\\\]|\\\\.)*'|`(?:[^`\\\\]|\\\\.)*`|\"(?:[^\"\\\\]|\\\\.)*\"|[A-Za-z0-9_]+|\\S")

// called are the functions that a text of the engine's calls: names before a
// parenthesis, and behind APPLY.
func called(text string) (names []string) {
	list := words.FindAllString(text, -1)
	for i, word := range list {
		next := ""
		if i+1 < len(list) {
			next = list[i+1]
		}
		switch {
		case next == "(":
			names = append(names, strings.Trim(word, "`\""))
		case strings.EqualFold(word, "APPLY"):
			names = append(names, strings.Trim(next, "`\""))
		}
	}
	return names
}
