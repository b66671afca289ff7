package headers

import (
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// improper is CWE-707: what is handed on is not made sure to be well-formed.
const improper = 707

var malformedHead = domain.Advisory{ID: "headers/malformed", Title: "The head of the answer is not as HTTP wants it",
	Severity: domain.Low, CWE: improper,
	Description: "Browsers, proxies and caches read such lines each in their own way, and some refuse the answer. Where a control character comes out of what a visitor has sent, headers of his own can be put into the answer.",
	Remedy:      "Find what writes the line: an application that puts foreign text into a header without checking it, or a proxy that does. Refuse control characters in names and values.",
	References:  []string{rfc9110 + "#section-5.5", "https://www.rfc-editor.org/rfc/rfc9112#section-5.1"}}

// malformed tells what in the head of an answer HTTP forbids.
func malformed(a *scanners.Answer) []domain.Weakness {
	if len(a.Odd) == 0 {
		return nil
	}
	return []domain.Weakness{{Advisory: malformedHead, Detail: "There is " + strings.Join(a.Odd, "; ") + "."}}
}
