package crawl

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
)

// point is one parameter of one page, and what goes with it.
type point struct {
	page   *url.URL // without a query
	params []param
	at     int // the parameter in question
	asked  int // requests about it
}

func (p *point) name() string  { return p.params[p.at].name }
func (p *point) value() string { return p.params[p.at].value }

// place is where its findings are.
func (p *point) place(home *url.URL) string {
	return scanners.Place(home, p.page) + "?" + scanners.Plain(p.name())
}

// with is the page with another value of the parameter. A raw one is sent as it
// is, others are encoded.
func (p *point) with(value string, raw bool) *url.URL {
	var query []string
	for i, q := range p.params {
		v := url.QueryEscape(q.value)
		if i == p.at && raw {
			v = value
		} else if i == p.at {
			v = url.QueryEscape(value)
		}
		query = append(query, url.QueryEscape(q.name)+"="+v)
	}
	u := *p.page
	u.RawQuery = strings.Join(query, "&")
	return &u
}

const (
	maxPoints    = 40   // parameters that are looked at
	mostNoted    = 2000 // that are noted
	mostInOne    = 20   // of one address
	longestParam = 200  // bytes of a name, and of a value
)

// changes says of a word that it may be an order to do something.
var changes = regexp.MustCompile(`(?i)delete|remove|destroy|drop|purge|erase|reset|cancel|revoke|approve|disable|deactivate|unsubscribe|log-?out|sign-?out|buy|checkout|pay|vote|send|submit|confirm|update|create|insert`)

// points are the parameters that were met, each once by page and name.
type points struct {
	all   []*point
	known map[string]bool
	left  int // addresses that were left out
}

func newPoints() *points { return &points{known: map[string]bool{}} }

// fromURL notes the parameters of a link.
func (p *points) fromURL(u *url.URL) { p.note(u, split(u.RawQuery)) }

// fromForm notes the fields of a form that asks for a page.
func (p *points) fromForm(action *url.URL, f form) { p.note(action, f.fields) }

// note takes the parameters of a page that nothing says of that it does
// something.
func (p *points) note(u *url.URL, params []param) {
	page := &url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	if len(params) == 0 {
		return
	}
	if len(params) > mostInOne || changes.MatchString(page.Path) || site.Acts(u) || slices.ContainsFunc(params, odd) {
		p.left++
		return
	}
	for i, q := range params {
		k := page.EscapedPath() + "?" + q.name
		switch {
		case q.name == "" || p.known[k] || len(p.known) >= mostNoted:
		default:
			p.known[k] = true
			p.all = append(p.all, &point{page: page, params: params, at: i})
		}
	}
}

// odd says of a parameter that nothing with it is to be sent: it may be an order,
// or is longer than one that somebody chooses.
func odd(q param) bool {
	return len(q.name) > longestParam || len(q.value) > longestParam || changes.MatchString(q.name) || changes.MatchString(q.value)
}
