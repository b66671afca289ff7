package crawl

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
)

// maxFound bounds the links and the forms that are taken from one page.
const maxFound = 2000

// maxFields bounds the fields of one form.
const maxFields = 100

// found is what a page leads to.
type found struct {
	base  *url.URL
	links []*url.URL
	forms []form
	more  bool // whether there is more than was taken
	read  int  // bytes of the page that were
}

// form is a form as a browser would send it without anything being typed.
type form struct {
	action   *url.URL
	method   string // "GET" or "POST"
	fields   []param
	password bool
}

// names are those of its fields.
func (f form) names() (names []string) {
	for _, p := range f.fields {
		names = append(names, p.name)
	}
	return names
}

// readLinks reads an HTML page. It fails on HTML that is nested deeper than any
// browser allows.
func readLinks(ctx context.Context, a *scanners.Answer) (*found, error) {
	f := &found{base: a.URL}
	err := scanners.ReadHTML(ctx, a.Body, func(root *html.Node, n int) {
		f.read = n
		f.findBase(root, a.URL)
		f.walk(root, a.URL)
	})
	return f, err
}

// findBase: the first base element with an href counts.
func (f *found) findBase(root *html.Node, page *url.URL) {
	for n := range root.Descendants() {
		if href, ok := attr(n, "href"); ok && n.DataAtom == atom.Base {
			if u, ok := site.ParseURL(href, page); ok && u.Host != "" {
				f.base = u
			}
			return
		}
	}
}

// walk takes up a node and all below it.
func (f *found) walk(n *html.Node, page *url.URL) {
	if n.Type == html.ElementNode {
		switch n.DataAtom {
		case atom.Template:
			return // its content is no part of the document
		case atom.A, atom.Area:
			f.link(n, "href")
		case atom.Iframe, atom.Frame:
			f.link(n, "src")
		case atom.Link:
			if rel, _ := attr(n, "rel"); leads(rel) {
				f.link(n, "href")
			}
		case atom.Meta:
			f.refresh(n)
		case atom.Form:
			f.form(n, page)
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		f.walk(c, page)
	}
}

// leads says whether a link element is one to another page.
func leads(rel string) bool {
	return slices.ContainsFunc(strings.Fields(strings.ToLower(rel)), func(word string) bool {
		return slices.Contains([]string{"next", "prev", "alternate", "canonical", "help", "search", "author", "license"}, word)
	})
}

func (f *found) link(n *html.Node, name string) {
	if raw, ok := attr(n, name); ok {
		f.add(raw)
	}
}

func (f *found) add(raw string) {
	u, ok := site.ParseURL(raw, f.base)
	if !ok || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return
	}
	if len(f.links) >= maxFound {
		f.more = true
		return
	}
	f.links = append(f.links, u)
}

// refresh: <meta http-equiv=refresh content="5; url=/next">.
func (f *found) refresh(n *html.Node) {
	if equiv, _ := attr(n, "http-equiv"); !strings.EqualFold(strings.TrimSpace(equiv), "refresh") {
		return
	}
	content, _ := attr(n, "content")
	if to, ok := refreshTo(content); ok {
		f.add(to)
	}
}

// refreshTo is where a refresh leads.
func refreshTo(content string) (to string, ok bool) {
	at := strings.IndexAny(content, ";,")
	if at < 0 {
		return "", false
	}
	to = strings.TrimSpace(content[at+1:])
	if len(to) > 3 && strings.EqualFold(to[:3], "url") {
		if rest := strings.TrimLeft(to[3:], " \t"); strings.HasPrefix(rest, "=") {
			to = strings.TrimSpace(rest[1:])
		}
	}
	return strings.Trim(to, `"'`), to != ""
}

func (f *found) form(n *html.Node, page *url.URL) {
	action, _ := attr(n, "action")
	base := f.base
	if strings.TrimSpace(action) == "" {
		action, base = "", page
	}
	u, ok := site.ParseURL(action, base)
	if !ok || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return
	}
	if len(f.forms) >= maxFound {
		f.more = true
		return
	}
	to := form{action: u, method: http.MethodGet}
	if method, _ := attr(n, "method"); strings.EqualFold(strings.TrimSpace(method), "post") {
		to.method = http.MethodPost
	}
	for c := range n.Descendants() {
		to.field(c)
	}
	f.forms = append(f.forms, to)
}

// field takes a field of the form, with what stands in it.
func (f *form) field(n *html.Node) {
	name, named := attr(n, "name")
	kind, _ := attr(n, "type")
	kind = strings.ToLower(strings.TrimSpace(kind))
	value, _ := attr(n, "value")
	switch n.DataAtom {
	case atom.Input:
		f.password = f.password || kind == "password"
		if slices.Contains([]string{"submit", "button", "image", "reset", "file"}, kind) {
			return
		}
		if (kind == "checkbox" || kind == "radio") && value == "" {
			value = "on"
		}
	case atom.Textarea:
		if n.FirstChild != nil {
			value = n.FirstChild.Data
		}
	case atom.Select:
		value = chosen(n)
	default:
		return
	}
	if named && name != "" && len(f.fields) < maxFields && !slices.Contains(f.names(), name) {
		f.fields = append(f.fields, param{name: name, value: value})
	}
}

// chosen is the value of a select element.
func chosen(n *html.Node) string {
	first, any := "", false
	for c := range n.Descendants() {
		if c.DataAtom != atom.Option {
			continue
		}
		value, ok := attr(c, "value")
		if !ok && c.FirstChild != nil {
			value = strings.TrimSpace(c.FirstChild.Data)
		}
		if _, selected := attr(c, "selected"); selected {
			return value
		}
		if !any {
			first, any = value, true
		}
	}
	return first
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Namespace == "" && a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}
