package crawl

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// where says what the byte at an offset stands in.
func where(body []byte, offset int) spot {
	z := html.NewTokenizer(bytes.NewReader(body))
	raw, within := 0, ""
	for {
		kind := z.Next()
		begin := raw
		raw += len(z.Raw())
		text := z.Raw()
		if raw > offset || kind == html.ErrorToken {
			return place(kind, string(text), within, offset-begin)
		}
		within = ""
		if kind == html.StartTagToken {
			name, _ := z.TagName()
			within = string(name)
		}
	}
}

// closed are the elements whose content is text up to their end.
var closed = map[string]bool{
	"title": true, "textarea": true, "style": true, "xmp": true, "iframe": true, "noembed": true, "noframes": true, "noscript": true,
}

// place says what an offset in a token stands in; within is the element that
// begins right before it.
func place(kind html.TokenType, raw, within string, offset int) spot {
	switch {
	case kind == html.CommentToken:
		return spot{in: "a comment", close: "-->"}
	case kind == html.StartTagToken || kind == html.SelfClosingTagToken || kind == html.EndTagToken:
		return inTag(raw[:min(max(offset, 0), len(raw))])
	case within == "script":
		return spot{in: "a script", code: true, quote: inCode(raw[:min(max(offset, 0), len(raw))]), close: "</script>"}
	case closed[within]:
		return spot{in: "the element " + within, close: "</" + within + ">"}
	default:
		return spot{in: "the text of the page"}
	}
}

// inTag says by what stands before it in a tag whether it is in an attribute.
func inTag(before string) spot {
	quote, next := byte(0), false // next: a value begins, with a quote or without
	for _, c := range []byte(before) {
		switch {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
		case next && (c == '"' || c == '\''):
			quote, next = c, false
		case c == '=':
			next = true
		case strings.IndexByte(" \t\r\n\f", c) < 0:
			next = false
		}
	}
	if quote != 0 {
		return spot{in: "an attribute", quote: quote}
	}
	return spot{in: "a tag", quote: ' '}
}

// inCode is the quote of the text in which a script stands at its end; 0 where
// it stands in none, or in a comment.
func inCode(code string) (quote byte) {
	last := byte('(') // that is no space, before i
	for i := 0; i < len(code); i++ {
		c := code[i]
		switch {
		case quote != 0 && c == '\\':
			i++
		case quote != 0 && c == quote, quote != 0 && quote != '`' && c == '\n':
			quote = 0
		case quote != 0:
		case strings.HasPrefix(code[i:], "//"):
			i += past(code[i:], "\n")
		case strings.HasPrefix(code[i:], "/*"):
			i += 1 + past(code[i+1:], "*/")
		case c == '/' && strings.IndexByte("(,=:[!&|?{};+-*%~^<>", last) >= 0:
			i += pattern(code[i:])
		case c == '"' || c == '\'' || c == '`':
			quote = c
		}
		if i < len(code) && strings.IndexByte(" \t\r\n", code[i]) < 0 {
			last = code[i]
		}
	}
	return quote
}

// past is the offset of the last byte of end in a text, or its length.
func past(text, end string) int {
	if at := strings.Index(text, end); at >= 0 {
		return at + len(end) - 1
	}
	return len(text)
}

// pattern is the offset of the slash that ends a regular expression.
func pattern(code string) int {
	class := false
	for i := 1; i < len(code); i++ {
		switch c := code[i]; {
		case c == '\\':
			i++
		case c == '\n':
			return i
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			return i
		}
	}
	return len(code)
}
