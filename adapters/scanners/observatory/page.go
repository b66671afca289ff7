package observatory

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"golang.org/x/net/html"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// Page is what the tests need of an HTML page.
type Page struct {
	Title    string   // its white space folded, at most 200 bytes
	CSP      []string // of meta elements
	Referrer string   // of the last meta element with the name referrer
	Scripts  []Script // with a src
	Inline   int      // scripts without one
	Err      error    // why the HTML could not be read to its end
}

// Script is a script element that loads its code.
type Script struct {
	Src       string
	Integrity string
}

// Bounds of a page. A token is a tag or the text between two.
const (
	maxToken = 4 << 20
	maxTitle = 200
)

// htmlTypes are the media types of pages.
var htmlTypes = map[string]bool{"text/html": true, "application/xhtml+xml": true}

// mediaType returns the media type of an answer in lower case, "" without one.
func mediaType(a *scanners.Answer) string {
	kind, _, _ := strings.Cut(a.Header.Get("Content-Type"), ";")
	return strings.ToLower(strings.TrimSpace(kind))
}

// ReadPage reads an HTML page token by token, in time and memory linear in its
// size. What stands in a template is not part of the page.
func ReadPage(body []byte) Page {
	z := html.NewTokenizer(bytes.NewReader(body))
	z.SetMaxBuf(maxToken)
	var p Page
	var inTitle bool
	templates := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			if err := z.Err(); !errors.Is(err, io.EOF) {
				p.Err = err
			}
			return p
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			tag := string(name)
			inTitle = tag == "title" && p.Title == "" && templates == 0
			if tag == "noscript" { // read as without scripting, as the Observatory does
				z.NextIsNotRawText()
			}
			if tag == "template" {
				templates++
			} else if templates == 0 {
				p.see(tag, attributes(z, tag, more))
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			inTitle = false
			if string(name) == "template" && templates > 0 {
				templates--
			}
		case html.TextToken:
			if inTitle {
				p.Title = title(string(z.Text()))
			}
		}
	}
}

// attributes reads the attributes of a tag that the tests look at; the first
// of a name counts.
func attributes(z *html.Tokenizer, tag string, more bool) map[string]string {
	found := map[string]string{}
	if tag != "meta" && tag != "script" {
		return found
	}
	for more {
		var key, value []byte
		key, value, more = z.TagAttr()
		if _, twice := found[string(key)]; !twice {
			found[string(key)] = string(value)
		}
	}
	return found
}

// see takes up a start tag.
func (p *Page) see(tag string, a map[string]string) {
	content, hasContent := a["content"]
	equiv, isEquiv := a["http-equiv"]
	switch {
	case tag == "script":
		if src := address(a["src"]); src != "" {
			p.Scripts = append(p.Scripts, Script{src, strings.TrimSpace(a["integrity"])})
		} else {
			p.Inline++
		}
	case tag != "meta" || !hasContent:
	case isEquiv:
		if word(equiv) == "content-security-policy" && content != "" {
			p.CSP = append(p.CSP, content)
		}
	case word(a["name"]) == "referrer" && content != "":
		p.Referrer = content
	}
}

func word(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// address cleans a URL as the URL standard's parser does before it reads it.
func address(src string) string {
	src = strings.Trim(src, "\x00 \t\r\n\f")
	return strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(src)
}

func title(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	return strings.ToValidUTF8(cut(strings.Join(strings.Fields(text), " "), maxTitle), "")
}
