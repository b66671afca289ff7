package content

import (
	"context"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// page is what the rules need of an HTML page.
type page struct {
	answer  *scanners.Answer
	base    *url.URL
	loads   []load
	scripts []*url.URL
	inline  []string        // the texts of scripts in the page
	rest    strings.Builder // of those beyond maxInline
	frames  []frame
	forms   []form
	links   []*url.URL
	upgrade bool // whether browsers turn http into https in what it loads
	more    bool // whether there is more of a kind than is taken
	read    int  // bytes of the body
}

// load is something that a page loads by itself.
type load struct {
	url    *url.URL
	tag    string
	active bool // whether it can change the page
}

type frame struct {
	src    *url.URL
	hidden string // by what; "" for one that can be seen
}

type form struct {
	action   *url.URL
	method   string // "get" or "post" as it is written, "" where scripts may send it as they like
	password bool
}

// Bounds of what is taken from one page.
const (
	maxLoads  = 2000 // things that are loaded, and scripts, and links
	maxInline = 200  // scripts in the page that are looked at one by one; the rest is one more
)

// readPage reads an HTML page. It fails on HTML that is nested deeper than any
// browser allows.
func readPage(ctx context.Context, a *scanners.Answer) (p *page, err error) {
	p = &page{answer: a, base: a.URL}
	for _, policy := range a.Header.Values("Content-Security-Policy") {
		p.upgrade = p.upgrade || upgrades(policy)
	}
	err = scanners.ReadHTML(ctx, a.Body, func(root *html.Node, n int) {
		p.read = n
		p.findBase(root)
		p.walk(root, "")
	})
	if err != nil {
		return nil, err
	}
	if p.rest.Len() > 0 {
		p.inline = append(p.inline, p.rest.String())
	}
	return p, nil
}

func upgrades(policy string) bool {
	return regexpUpgrade.MatchString(policy)
}

var regexpUpgrade = regexp.MustCompile(`(?i)(?:^|[;,])\s*(?:upgrade-insecure-requests|block-all-mixed-content)\s*(?:[;,]|$)`)

// findBase: the first base element with an href counts.
func (p *page) findBase(n *html.Node) bool {
	if n.Type == html.ElementNode && n.DataAtom == atom.Base {
		if href, ok := attr(n, "href"); ok {
			if u := p.resolve(href); u != nil {
				p.base = u
			}
			return true
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if p.findBase(c) {
			return true
		}
	}
	return false
}

// walk takes up a node and all below it; hidden is by what they are.
func (p *page) walk(n *html.Node, hidden string) {
	if n.Type == html.ElementNode {
		if n.DataAtom == atom.Template {
			return
		}
		if hidden == "" {
			hidden = hides(n)
		}
		p.take(n, hidden)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		p.walk(c, hidden)
	}
}

func (p *page) take(n *html.Node, hidden string) {
	for _, l := range loadsOf(n) {
		if u := p.resolve(l.raw); u != nil && p.room(len(p.loads)) {
			p.loads = append(p.loads, load{url: u, tag: n.Data, active: l.active})
		}
	}
	switch n.DataAtom {
	case atom.Script:
		p.takeScript(n)
	case atom.Iframe, atom.Frame:
		if src, ok := attr(n, "src"); ok {
			if u := p.resolve(src); u != nil {
				p.frames = append(p.frames, frame{src: u, hidden: hidden})
			}
		}
	case atom.Form:
		p.takeForm(n)
	case atom.A, atom.Area:
		if href, ok := attr(n, "href"); ok && p.room(len(p.links)) {
			if u := p.resolve(href); u != nil {
				p.links = append(p.links, u)
			}
		}
	case atom.Meta:
		if equiv, _ := attr(n, "http-equiv"); strings.EqualFold(strings.TrimSpace(equiv), "content-security-policy") {
			content, _ := attr(n, "content")
			p.upgrade = p.upgrade || upgrades(content)
		}
	}
}

func (p *page) takeScript(n *html.Node) {
	if src, ok := attr(n, "src"); ok {
		if u := p.resolve(src); u != nil && p.room(len(p.scripts)) {
			p.scripts = append(p.scripts, u)
		}
		return
	}
	kind, _ := attr(n, "type")
	if n.FirstChild == nil || kind != "" && kind != "module" && !strings.Contains(strings.ToLower(kind), "javascript") {
		return
	}
	if len(p.inline) < maxInline {
		p.inline = append(p.inline, n.FirstChild.Data)
		return
	}
	p.rest.WriteString("\n" + n.FirstChild.Data)
}

// size is how many bytes are held of a page.
func (p *page) size() int {
	n := len(p.answer.Raw)
	for _, text := range p.inline {
		n += 2 * len(text) // it is a script too
	}
	return n
}

// room says whether one more of a kind is taken.
func (p *page) room(taken int) bool {
	p.more = p.more || taken >= maxLoads
	return taken < maxLoads
}

func (p *page) takeForm(n *html.Node) {
	action, _ := attr(n, "action")
	method, _ := attr(n, "method")
	f := form{action: p.resolve(action), method: strings.ToLower(strings.TrimSpace(method))}
	if strings.TrimSpace(action) == "" {
		f.action = p.answer.URL
	}
	f.password = has(n, func(c *html.Node) bool {
		kind, _ := attr(c, "type")
		return c.DataAtom == atom.Input && strings.EqualFold(strings.TrimSpace(kind), "password")
	})
	for _, button := range all(n, func(c *html.Node) bool { _, ok := attr(c, "formaction"); return ok }) {
		to, _ := attr(button, "formaction")
		if u := p.resolve(to); u != nil {
			p.forms = append(p.forms, form{action: u, method: f.method, password: f.password})
		}
	}
	if f.action != nil {
		p.forms = append(p.forms, f)
	}
}

// resolve reads an address as browsers do; nil for one that they would not
// fetch over http or https.
func (p *page) resolve(raw string) *url.URL {
	raw = strings.Trim(raw, "\x00 \t\r\n\f")
	raw = strings.NewReplacer("\t", "", "\r", "", "\n", "").Replace(raw)
	if strings.HasPrefix(raw, `\\`) || strings.HasPrefix(raw, `/\`) {
		raw = "//" + raw[2:]
	}
	u, err := p.base.Parse(raw)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil
	}
	return u
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Namespace == "" && a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func has(n *html.Node, is func(*html.Node) bool) bool { return len(all(n, is)) > 0 }

// all returns the elements below a node that are what is looked for.
func all(n *html.Node, is func(*html.Node) bool) (found []*html.Node) {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && is(c) {
			found = append(found, c)
		}
	}
	return found
}
