package traffic

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/publicsuffix"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// nameLimit is how many assets of one page are counted.
const nameLimit = 1000

// fetchAssets fetches the first assets that the page names on its own site,
// without following their redirects. What does not come is left out. The error
// is ctx's.
func fetchAssets(ctx context.Context, session *scanners.Session, m *measured) error {
	if !strings.Contains(strings.ToLower(m.page.Header.Get("Content-Type")), "html") {
		return nil
	}
	named := assetsOf(m.page.Body, m.page.URL)
	m.named = len(named)
	for _, u := range named[:min(len(named), assetLimit)] {
		answer, err := session.Fetch(ctx, scanners.Request{URL: u, MaxBody: maxPage})
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil && answer.Status < 300 {
			m.assets = append(m.assets, weigh(answer))
		}
	}
	return nil
}

// assetsOf returns what a browser loads with a page from the page's own site:
// style sheets, scripts, icons, preloads, and images that are not lazy. Each
// URL once, in the order of the page.
func assetsOf(body []byte, page *url.URL) []*url.URL {
	var found []*url.URL
	seen := map[string]bool{}
	base, based := page, false
	tokens := html.NewTokenizer(bytes.NewReader(body))
	for len(found) < nameLimit {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			break
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		tag := readTag(tokens)
		if tag.name == "base" && !based && tag.attr["href"] != "" {
			if u, err := page.Parse(strings.TrimSpace(tag.attr["href"])); err == nil {
				base, based = u, true
			}
			continue
		}
		u, err := base.Parse(strings.TrimSpace(tag.loads()))
		if err != nil || tag.loads() == "" || !sameSite(u, page) {
			continue
		}
		u.Fragment, u.RawFragment = "", ""
		if !seen[u.String()] {
			seen[u.String()] = true
			found = append(found, u)
		}
	}
	return found
}

// telling are the attributes that say what is loaded.
var telling = map[string]bool{"href": true, "src": true, "rel": true, "loading": true}

type tag struct {
	name string
	attr map[string]string
}

func readTag(tokens *html.Tokenizer) tag {
	name, more := tokens.TagName()
	t := tag{name: string(name), attr: map[string]string{}}
	for more {
		var key, value []byte
		key, value, more = tokens.TagAttr()
		if _, twice := t.attr[string(key)]; !twice && telling[string(key)] {
			t.attr[string(key)] = string(value)
		}
	}
	return t
}

// loads is the URL that a tag makes a browser load; "" for none.
func (t tag) loads() string {
	switch t.name {
	case "script":
		return t.attr["src"]
	case "img":
		if !strings.EqualFold(t.attr["loading"], "lazy") {
			return t.attr["src"]
		}
	case "link":
		for _, rel := range strings.Fields(strings.ToLower(t.attr["rel"])) {
			switch rel {
			case "stylesheet", "icon", "preload", "modulepreload":
				return t.attr["href"]
			}
		}
	}
	return ""
}

// sameSite: under one registrable domain, or the very same host where there
// is none.
func sameSite(u, page *url.URL) bool {
	if u.Scheme != "http" && u.Scheme != "https" {
		return false
	}
	a, b := strings.ToLower(u.Hostname()), strings.ToLower(page.Hostname())
	if a == b {
		return true
	}
	if net.ParseIP(a) != nil || net.ParseIP(b) != nil {
		return false
	}
	siteA, errA := publicsuffix.EffectiveTLDPlusOne(a)
	siteB, errB := publicsuffix.EffectiveTLDPlusOne(b)
	return errA == nil && errB == nil && siteA == siteB
}
