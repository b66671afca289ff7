package seo

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// page is all that the audits look at.
type page struct {
	url       *url.URL
	status    int
	header    http.Header
	robots    robotsFile
	truncated bool // whether the page goes on after read bytes
	read      int

	base    *url.URL // of relative URLs: <base href>, or url
	titles  []*html.Node
	metas   []*html.Node // in the head
	links   []link       // of the head, the body and the Link header, in this order
	anchors []*html.Node // HTML's and SVG's
	images  []*html.Node
	langs   []*html.Node // elements with a lang attribute
	ids     map[string]*html.Node
}

// link is a link element, or a reference of the Link header.
type link struct {
	rel, hreflang string
	raw           string // href as written
	href          string // resolved; "" where the header's cannot be
	source        string // "head", "body" or "header"
}

// newPage reads an answer. It fails on HTML that is nested deeper than any
// browser allows.
func newPage(a *scanners.Answer, robots robotsFile) (*page, error) {
	root, err := html.Parse(bytes.NewReader(a.Body))
	if err != nil {
		return nil, err
	}
	p := &page{
		url: a.URL, status: a.Status, header: a.Header, robots: robots,
		truncated: a.Truncated, read: len(a.Body), base: a.URL, ids: map[string]*html.Node{},
	}
	p.findBase(root)
	p.collect(root, false)
	p.links = append(p.links, headerLinks(a.Header.Values("Link"), a.URL)...)
	return p, nil
}

// findBase: the first base element with an href counts.
func (p *page) findBase(n *html.Node) bool {
	if isHTML(n, atom.Base) && hasAttr(n, "href") {
		if u, ok := parseURL(attr(n, "href"), p.url); ok {
			p.base = u
		}
		return true
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom != atom.Template && p.findBase(c) {
			return true
		}
	}
	return false
}

func (p *page) collect(n *html.Node, inHead bool) {
	if n.Type == html.ElementNode {
		p.take(n, inHead)
		if n.DataAtom == atom.Template && n.Namespace == "" {
			return // its content is no part of the document
		}
	}
	inHead = inHead || isHTML(n, atom.Head)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.collect(c, inHead)
	}
}

func (p *page) take(n *html.Node, inHead bool) {
	if hasAttr(n, "lang") {
		p.langs = append(p.langs, n)
	}
	if id := attr(n, "id"); id != "" && p.ids[id] == nil {
		p.ids[id] = n
	}
	switch {
	case n.Data == "a" && n.Namespace != "math":
		p.anchors = append(p.anchors, n)
	case n.Namespace != "":
	case n.DataAtom == atom.Title:
		p.titles = append(p.titles, n)
	case n.DataAtom == atom.Meta && inHead:
		p.metas = append(p.metas, n)
	case n.DataAtom == atom.Img:
		p.images = append(p.images, n)
	case n.DataAtom == atom.Link:
		source := "body"
		if inHead {
			source = "head"
		}
		p.links = append(p.links, link{
			rel: strings.ToLower(attr(n, "rel")), hreflang: attr(n, "hreflang"),
			raw: attr(n, "href"), href: p.property(n, "href"), source: source,
		})
	}
}

// property is what a script would read from n.href: "" without the attribute,
// the resolved URL, or the attribute as it is where that cannot be.
func (p *page) property(n *html.Node, name string) string {
	if !hasAttr(n, name) {
		return ""
	}
	if u, ok := parseURL(attr(n, name), p.base); ok {
		return u.String()
	}
	return attr(n, name)
}

// meta returns the content of the first meta element of the head with this
// name, which is in lower case.
func (p *page) meta(name string) (content string, ok bool) {
	for _, m := range p.metas {
		if strings.ToLower(attr(m, "name")) == name {
			return attr(m, "content"), true
		}
	}
	return "", false
}

func isHTML(n *html.Node, a atom.Atom) bool {
	return n.Type == html.ElementNode && n.Namespace == "" && n.DataAtom == a
}

func hasAttr(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Namespace == "" && a.Key == name {
			return true
		}
	}
	return false
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Namespace == "" && a.Key == name {
			return a.Val
		}
	}
	return ""
}

// trim takes off what JavaScript's trim takes off.
func trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) && r != '\u0085' || r == '\ufeff' })
}

// textOf is the text in n and below, scripts and styles included.
func textOf(n *html.Node) string {
	var b strings.Builder
	writeText(&b, n, false)
	return b.String()
}

// shownText is near to what innerText gives: without what is hidden, white
// space collapsed, lines broken where elements break them. What is hidden
// itself gives all of its text.
func shownText(n *html.Node) string {
	if hiddenFromScreen(n) {
		return textOf(n)
	}
	var b strings.Builder
	writeText(&b, n, true)
	lines := strings.Split(b.String(), "\n")
	kept := lines[:0]
	for _, line := range lines {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

var lineBreakers = map[atom.Atom]bool{
	atom.Br: true, atom.Div: true, atom.P: true, atom.Li: true, atom.Ul: true, atom.Ol: true, atom.Table: true, atom.Tr: true,
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Section: true,
	atom.Article: true, atom.Header: true, atom.Footer: true, atom.Figure: true, atom.Figcaption: true, atom.Blockquote: true, atom.Pre: true,
}

func writeText(b *strings.Builder, n *html.Node, shown bool) {
	switch {
	case n.Type == html.TextNode && shown:
		b.WriteString(strings.NewReplacer("\n", " ", "\r", " ").Replace(n.Data))
		return
	case n.Type == html.TextNode:
		b.WriteString(n.Data)
		return
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if shown && c.Type == html.ElementNode && (hiddenSelf(c) || textless[c.DataAtom]) {
			continue
		}
		breaks := shown && lineBreakers[c.DataAtom]
		if breaks {
			b.WriteByte('\n')
		}
		writeText(b, c, shown)
		if breaks {
			b.WriteByte('\n')
		}
	}
}

// textless elements have text that is never shown.
var textless = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Title: true,
	atom.Textarea: true, atom.Select: true, atom.Iframe: true, atom.Object: true, atom.Video: true, atom.Audio: true, atom.Canvas: true,
}

// hiddenSelf knows the ways of hiding an element that need no style sheet.
func hiddenSelf(n *html.Node) bool {
	if hasAttr(n, "hidden") && n.Namespace == "" && !strings.EqualFold(attr(n, "hidden"), "until-found") {
		return !strings.Contains(style(n), "display:") || displayNone(n)
	}
	return displayNone(n) || strings.Contains(style(n), "visibility:hidden") || strings.Contains(style(n), "visibility:collapse")
}

func displayNone(n *html.Node) bool { return strings.Contains(style(n), "display:none") }

func style(n *html.Node) string {
	return strings.ToLower(strings.Join(strings.Fields(attr(n, "style")), ""))
}

// hiddenFromScreen: n or what it is in is hidden.
func hiddenFromScreen(n *html.Node) bool {
	for at := n; at != nil; at = at.Parent {
		if at.Type == html.ElementNode && (hiddenSelf(at) || textless[at.DataAtom] && at != n || inClosedDetails(at)) {
			return true
		}
	}
	return false
}

// hiddenFromReaders: n or what it is in is kept from screen readers.
func hiddenFromReaders(n *html.Node) bool {
	for at := n; at != nil; at = at.Parent {
		if attr(at, "aria-hidden") == "true" || hasAttr(at, "inert") {
			return true
		}
	}
	return hiddenFromScreen(n)
}

// inClosedDetails: everything in closed details but its first summary.
func inClosedDetails(n *html.Node) bool {
	if n.Parent == nil || !isHTML(n.Parent, atom.Details) || hasAttr(n.Parent, "open") {
		return false
	}
	for c := n.Parent.FirstChild; c != nil; c = c.NextSibling {
		if isHTML(c, atom.Summary) {
			return c != n
		}
	}
	return true
}
