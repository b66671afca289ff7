package seo

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
)

// page is all that the audits look at.
type page struct {
	url       *url.URL
	status    int
	header    http.Header
	robots    site.RobotsFile
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

// pageOf reads an answer, whose tree is made of so many bytes.
func pageOf(a *scanners.Answer, root *html.Node, read int, robots site.RobotsFile) *page {
	p := &page{
		url: a.URL, status: a.Status, header: a.Header, robots: robots,
		truncated: a.Truncated || read < len(a.Body), read: read, base: a.URL, ids: map[string]*html.Node{},
	}
	p.findBase(root)
	p.collect(root, false)
	p.links = append(p.links, headerLinks(a.Header.Values("Link"), a.URL)...)
	return p
}

// findBase: the first base element with an href counts.
func (p *page) findBase(n *html.Node) bool {
	if isHTML(n, atom.Base) && hasAttr(n, "href") {
		if u, ok := site.ParseURL(attr(n, "href"), p.url); ok {
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
	if u, ok := site.ParseURL(attr(n, name), p.base); ok {
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
