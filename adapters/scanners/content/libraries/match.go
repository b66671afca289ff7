package libraries

import (
	"context"
	"io"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

const (
	maxMatches = 50   // of one pattern in one text
	maxTries   = 1000 // places that are looked at for them
	lookBack   = 256
	shortText  = 64 << 10 // bytes that any pattern is through in half a second
)

// find returns the places of a pattern in a text as FindStringSubmatchIndex
// does, each of which is what the original expression would match. It ends
// early, with what it has, when ctx does.
func (p *pattern) find(ctx context.Context, text string) [][]int {
	if !strings.Contains(text, p.literal) {
		return nil
	}
	matches := p.all(ctx, text)
	var found [][]int
	for _, m := range matches {
		if len(found) < maxMatches && p.holds(text, m) {
			found = append(found, m)
		}
	}
	return found
}

// all is where Go's engine finds the pattern.
func (p *pattern) all(ctx context.Context, text string) (found [][]int) {
	if len(text) <= shortText {
		return p.re.FindAllStringSubmatchIndex(text, maxTries)
	}
	for from := 0; from < len(text) && len(found) < maxTries; {
		m := p.re.FindReaderSubmatchIndex(&runes{ctx: ctx, text: text[from:]})
		if m == nil {
			break
		}
		for i := range m {
			if m[i] >= 0 {
				m[i] += from
			}
		}
		found = append(found, m)
		from = max(m[1], m[0]+1)
	}
	return found
}

// runes reads a text until ctx ends.
type runes struct {
	ctx  context.Context
	text string
	at   int
	read int
}

// ReadRune implements io.RuneReader.
func (r *runes) ReadRune() (rune, int, error) {
	if r.read++; r.read%4096 == 0 && r.ctx.Err() != nil || r.at >= len(r.text) {
		return 0, 0, io.EOF
	}
	c, size := utf8.DecodeRuneInString(r.text[r.at:])
	r.at += size
	return c, size, nil
}

// holds looks at what Go's engine could not.
func (p *pattern) holds(text string, m []int) bool {
	for _, pair := range p.equal {
		if sub(text, m, pair[0]) != sub(text, m, pair[1]) {
			return false
		}
	}
	for _, a := range p.around {
		at := m[2*a.group]
		if at < 0 {
			continue
		}
		side := text[at:min(len(text), at+lookBack)]
		if a.behind {
			side = text[max(0, at-lookBack):at]
		}
		if a.re.MatchString(side) == a.not {
			return false
		}
	}
	return true
}

// sub is what a group of the match is; "" for one that has no part in it.
func sub(text string, m []int, group int) string {
	if 2*group+1 >= len(m) || m[2*group] < 0 {
		return ""
	}
	return text[m[2*group]:m[2*group+1]]
}

// group is what a group of the original expression is in a match.
func (p *pattern) group(text string, m []int, original int) string {
	if original >= len(p.groups) {
		return ""
	}
	return sub(text, m, p.groups[original])
}

// required returns the longest text that stands in whatever an expression
// matches, so that most expressions need not be tried on most texts.
func required(expression string) string {
	parsed, err := syntax.Parse(expression, syntax.Perl)
	if err != nil {
		return ""
	}
	return literalOf(parsed)
}

func literalOf(re *syntax.Regexp) string {
	switch re.Op {
	case syntax.OpLiteral:
		if re.Flags&syntax.FoldCase == 0 {
			return string(re.Rune)
		}
	case syntax.OpCapture, syntax.OpPlus:
		return literalOf(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return literalOf(re.Sub[0])
		}
	case syntax.OpConcat:
		longest := ""
		for _, s := range re.Sub {
			if l := literalOf(s); len(l) > len(longest) {
				longest = l
			}
		}
		return longest
	}
	return ""
}
