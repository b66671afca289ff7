package crawl

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"strings"

	"golang.org/x/net/html"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// special are the characters that make a difference somewhere in HTML.
const special = `<"'>`

// maxSpots bounds the places of one page at which its own text is looked for.
const maxSpots = 20

// marker is a text that no page has of itself, and that may be the name of an
// element.
func marker() string { return "sl" + strings.ToLower(rand.Text()[:12]) }

// reflected sends a text with the characters that are special in HTML, looks
// where it comes back and which of them are as they were, and then sends one that
// would make an element or an attribute there: only where it did is there a finding.
func reflected(ctx context.Context, a *active, p *point, _ *scanners.Answer) error {
	begin, end := marker(), marker()
	echo, err := a.ask(ctx, p, begin+special+end, false)
	if err != nil || !echo.IsPage() {
		return err
	}
	tried := map[string]bool{}
	for _, s := range spots(echo.Body, begin, end) {
		made := marker()
		payload, kind := s.breakout(made)
		if payload == "" || tried[kind] || len(tried) == 2 {
			continue
		}
		tried[kind] = true
		answer, err := a.ask(ctx, p, payload, false)
		if err != nil {
			return err
		}
		broken, err := s.broken(ctx, answer.Body, payload, made)
		if err != nil {
			return err
		}
		if answer.IsPage() && broken {
			at := bytes.Index(answer.Body, []byte(made))
			a.raise(reflectedInput, p, fmt.Sprintf("What is sent as %s comes back in %s and ends it: %s made something of its own.", scanners.Quote(p.name()), s.in, scanners.Quote(payload)),
				answer, around(string(answer.Body), at, at+len(made)))
			return nil
		}
	}
	return nil
}

// spot is a place at which a text came back.
type spot struct {
	in    string // what it stands in, in words
	quote byte   // of an attribute or of a text in a script; 0 for none
	close string // what ends the element around it, where nothing else would
	code  bool   // whether it is in a script
	left  string // the special characters that are as they were
}

// spots are the places of a page at which begin is followed by end.
func spots(body []byte, begin, end string) (all []spot) {
	for at := 0; len(all) < maxSpots; {
		i := bytes.Index(body[at:], []byte(begin))
		if i < 0 {
			return all
		}
		at += i
		rest := body[at+len(begin):]
		if j := bytes.Index(rest[:min(len(rest), 200)], []byte(end)); j >= 0 {
			s := where(body, at)
			s.left = survivors(string(rest[:j]), s.code)
			all = append(all, s)
		}
		at += len(begin)
	}
	return all
}

// survivors are the special characters that are in a text as they were sent. A
// script takes a quote behind a backslash for a character.
func survivors(echo string, code bool) (left string) {
	for i, c := range []byte(echo) {
		if strings.IndexByte(special, c) >= 0 && !(code && c != '<' && c != '>' && escaped(echo, i)) {
			left += string(c)
		}
	}
	return left
}

// escaped says whether an odd number of backslashes stands before text[at].
func escaped(text string, at int) bool {
	n := 0
	for at-n > 0 && text[at-n-1] == '\\' {
		n++
	}
	return n%2 == 1
}

// breakout is a text that ends what is around the spot and then makes an element
// or an attribute of a name; "" where too few characters are as they were.
func (s spot) breakout(name string) (payload, kind string) {
	has := func(chars string) bool {
		return !strings.ContainsFunc(chars, func(r rune) bool { return !strings.ContainsRune(s.left, r) })
	}
	switch {
	case s.code && has("<>"):
		return "</script><" + name + ">", s.in
	case s.code && (s.quote == '"' || s.quote == '\'') && has(string(s.quote)):
		return string(s.quote) + ";" + name + ";" + string(s.quote), s.in + " as text"
	case s.code:
		return "", ""
	case s.quote == ' ': // a tag needs none of them
		return "x " + name + "= ", s.in
	case s.quote != 0 && has(string(s.quote)):
		return string(s.quote) + " " + name + "=" + string(s.quote), s.in + string(s.quote)
	case s.quote == 0 && has("<>"):
		return s.close + "<" + name + ">", s.in
	default:
		return "", ""
	}
}

// broken says whether the text has made what it says. Its error is ctx's.
func (s spot) broken(ctx context.Context, body []byte, payload, name string) (made bool, err error) {
	if s.code && payload[0] != '<' {
		for _, at := range indexes(body, payload) {
			if found := where(body, at); found.code && found.quote == payload[0] && !escaped(string(body), at) {
				return true, nil
			}
		}
		return false, nil
	}
	err = scanners.ReadHTML(ctx, body, func(root *html.Node, _ int) {
		for n := range root.Descendants() {
			_, named := attr(n, name)
			made = made || n.Type == html.ElementNode && (named || n.Data == name)
		}
	})
	if err != nil {
		return false, ctx.Err() // what cannot be read has made nothing
	}
	return made, nil
}

// indexes are the places at which a text stands in a page, some of them.
func indexes(body []byte, text string) (all []int) {
	for at := 0; len(all) < maxSpots; {
		i := bytes.Index(body[at:], []byte(text))
		if i < 0 {
			return all
		}
		all = append(all, at+i)
		at += i + len(text)
	}
	return all
}
