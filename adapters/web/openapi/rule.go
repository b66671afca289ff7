package openapi

import (
	"cmp"
	"fmt"
	"math/big"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// rule says what a field must be.
func rule(k jsonschema.ErrorKind) string {
	switch k := k.(type) {
	case *kind.Enum:
		return "must be " + choice(k.Want)
	case *kind.Const:
		return fmt.Sprintf("must be %v", k.Want)
	case *kind.MinLength:
		if k.Got == 0 {
			return "must not be empty"
		}
		return fmt.Sprintf("must have at least %d characters", k.Want)
	case *kind.MaxLength:
		return fmt.Sprintf("must have at most %d characters", k.Want)
	case *kind.MinItems:
		return fmt.Sprintf("must have at least %d items", k.Want)
	case *kind.MaxItems:
		return fmt.Sprintf("must have at most %d items", k.Want)
	case *kind.Minimum:
		return "must be at least " + number(k.Want)
	case *kind.Maximum:
		return "must be at most " + number(k.Want)
	case *kind.Pattern:
		return fmt.Sprintf("must be written as %s", k.Want)
	default:
		return "cannot be taken: " + k.LocalizedString(message.NewPrinter(language.English))
	}
}

func number(r *big.Rat) string { return strings.TrimSuffix(r.FloatString(1), ".0") }

// wanted are the types that a field may have; that it may be null is not worth
// a word.
func wanted(names []string) string {
	var all []string
	for _, n := range names {
		if n != "null" {
			all = append(all, cmp.Or(types[n], n))
		}
	}
	return or(all)
}

func choice(values []any) string {
	var all []string
	for _, v := range values {
		if v != nil {
			all = append(all, fmt.Sprint(v))
		}
	}
	return or(all)
}

// or joins words: "a, b or c".
func or(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	n := len(words) - 1
	return strings.Join(words[:n], ", ") + " or " + words[n]
}
