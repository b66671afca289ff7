package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The engine's readonly keeps a question from writing, and yet the embedded one
// reads any file of this process by the function file, and DESCRIBE has either ask
// any address: past the guard, and with our rights. Its database default has a table
// for each of the process's files too, of which nothing can be read, but whether it is
// there.

// outward are functions that reach beyond the tables.
var outward = []string{
	"file", "catboostevaluate", "showcertificate", "icebergtruncate", "getclienthttpheader",
	"aiclassify", "aiembed", "aiextract", "aigenerate", "aitranslate",
	"hascolumnintable", "joinget", "joingetornull", // they name a table by a text
}

// inward are the table functions that do not. All others of the engine's are taken
// for outward, so that a new one is until somebody has looked at it.
var inward = []string{
	"format", "generaterandom", "generateseries", "generate_series", "merge", "null", "numbers", "numbers_mt", "primes", "values", "view", "zeros", "zeros_mt",
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
	list := words.FindAllString(text, -1)
	calls, other := named(list)
	beyond := func(name string) bool {
		return slices.Contains(outward, name) || slices.Contains(tables, name) && !slices.Contains(inward, name)
	}
	if i := slices.IndexFunc(calls, beyond); i >= 0 {
		return fmt.Errorf("clickhouse: %s reaches beyond the tables, which no question may", calls[i])
	}
	if db.database != "default" && fromDefault(list) {
		return errors.New("clickhouse: the database default reaches beyond the tables, which no question may")
	}
	for _, name := range other {
		if slices.Contains(outward, name) {
			return fmt.Errorf("clickhouse: %s may be a function that reaches beyond the tables, which no question may: give it another name", name)
		}
	}
	if n := len(list); n > 1 && list[n-2] == "FORMAT" {
		return fmt.Errorf("clickhouse: leave FORMAT %s out: rows are read in one form", list[n-1])
	}
	return nil
}

// fromDefault says whether anything of the database default is named.
func fromDefault(list []string) bool {
	for i, word := range list {
		if strings.Trim(word, "`\"") == "default" && i+1 < len(list) && list[i+1] == "." {
			return true
		}
	}
	return false
}

// words are the parts of a text of the engine's: literals, names in quotes, names,
// and signs.
var words = regexp.MustCompile("(?s)'(?:[^'\\\\]|\\\\.)*'|`(?:[^`\\\\]|\\\\.)*`|\"(?:[^\"\\\\]|\\\\.)*\"|[A-Za-z0-9_]+|\\S")

// named are the names in the words of a text of the engine's, in lower case: those of
// what it calls, before a parenthesis, and all others but those that it gives. A function
// may stand there without a parenthesis too: behind APPLY, and where a function takes
// another, as in arrayMap(upper, names).
func named(list []string) (calls, other []string) {
	for i, word := range list {
		name := strings.ToLower(strings.Trim(word, "`\""))
		switch {
		case i+1 < len(list) && list[i+1] == "(":
			calls = append(calls, name)
		case i == 0 || list[i-1] != "AS":
			other = append(other, name)
		}
	}
	return calls, other
}
