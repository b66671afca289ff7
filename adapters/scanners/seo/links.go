package seo

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"

	"github.com/scanledger/scanledger/adapters/scanners/site"
)

// linkText fails on links whose text says nothing of where they lead.
func linkText(p *page) (string, string) {
	count, first := 0, ""
	own := withoutFragment(p.url.String())
	single, hasSingle := p.singleLang()
	for _, a := range p.anchors {
		href := p.href(a)
		lower := strings.ToLower(href)
		if href == "" || a.Namespace == "" && strings.Contains(attr(a, "rel"), "nofollow") ||
			strings.HasPrefix(lower, "javascript:") || strings.HasPrefix(lower, "mailto:") || withoutFragment(href) == own {
			continue
		}
		lang := single
		if !hasSingle {
			lang = langOf(a)
		}
		text := strings.ToLower(site.Trim(linkWords(a)))
		if saysNothing(text, lang) {
			if count++; first == "" {
				first = fmt.Sprintf("the text of a link to %q is %q", clip(href), clip(text))
			}
		}
	}
	return failed(count, first)
}

func linkWords(a *html.Node) string {
	if a.Namespace != "" {
		return textOf(a)
	}
	return shownText(a)
}

// href is what a script would read from an anchor.
func (p *page) href(a *html.Node) string {
	if a.Namespace == "" {
		return p.property(a, "href")
	}
	raw := attr(a, "href")
	for _, x := range a.Attr {
		if x.Namespace == "xlink" && x.Key == "href" && !hasAttr(a, "href") {
			raw = x.Val
		}
	}
	if u, ok := site.ParseURL(raw, p.url); ok {
		return u.String()
	}
	return ""
}

// singleLang is the language of a document that names it once, at its top.
func (p *page) singleLang() (lang string, ok bool) {
	if len(p.langs) != 1 || p.langs[0].Data != "html" && p.langs[0].Data != "body" {
		return "", false
	}
	return attr(p.langs[0], "lang"), true
}

// langOf is the language of the text in n: "" where it is not known, or where
// there are several.
func langOf(n *html.Node) string {
	found := ""
	var walk func(*html.Node) bool
	walk = func(at *html.Node) bool {
		for c := at.FirstChild; c != nil; c = c.NextSibling {
			if c.Type != html.ElementNode {
				continue
			}
			if lang := nearestLang(c); lang != "" && hasText(c) {
				if found == "" {
					found = lang
				} else if primary(found) != primary(lang) {
					return false
				}
			}
			if !walk(c) {
				return false
			}
		}
		return true
	}
	if !walk(n) {
		return ""
	}
	if found == "" {
		return nearestLang(n)
	}
	return found
}

func hasText(n *html.Node) bool {
	if n.Type == html.TextNode {
		return n.Data != ""
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if hasText(c) {
			return true
		}
	}
	return false
}

func nearestLang(n *html.Node) string {
	for at := n; at != nil; at = at.Parent {
		if hasAttr(at, "lang") {
			return attr(at, "lang")
		}
	}
	return ""
}

func primary(lang string) string {
	lang, _, _ = strings.Cut(lang, "-")
	return lang
}

// saysNothing looks the text up in its language, or in all where that is not
// known.
func saysNothing(text, lang string) bool {
	if text == "" {
		return false
	}
	if lang != "" {
		return slices.Contains(emptyWords[primary(lang)], text)
	}
	for _, words := range emptyWords {
		if slices.Contains(words, text) {
			return true
		}
	}
	return false
}

// needHref are the attributes that mean nothing without an href.
var needHref = []string{"target", "download", "ping", "rel", "hreflang", "type", "referrerpolicy"}

var scriptVoid = regexp.MustCompile(`javascript:void(\(|)0(\)|)`)

// crawlableAnchors fails on anchors that no crawler can follow.
func crawlableAnchors(p *page) (string, string) {
	count, first := 0, ""
	for _, a := range p.anchors {
		if p.leadsNowhere(a) {
			if count++; first == "" {
				first = fmt.Sprintf("an anchor with the href %q and the text %q", clip(attr(a, "href")), clip(site.Trim(linkWords(a))))
			}
		}
	}
	return failed(count, first)
}

func (p *page) leadsNowhere(a *html.Node) bool {
	raw := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) && r != '\u0085' || r == '\ufeff' {
			return -1
		}
		return r
	}, attr(a, "href"))
	switch {
	case site.Trim(attr(a, "role")) != "", strings.HasPrefix(raw, "mailto:"), raw == "" && attr(a, "id") != "":
		return false
	case strings.HasPrefix(raw, "file:"):
		return true
	case a.Namespace == "" && site.Trim(attr(a, "name")) != "":
		return false
	case !hasAttr(a, "href") && !slices.ContainsFunc(needHref, func(name string) bool { return hasAttr(a, name) }):
		return listens(a)
	case p.href(a) == "" || scriptVoid.MatchString(raw):
		return true
	}
	_, ok := site.ParseURL(raw, p.url)
	return !ok
}

// listens: an element with an inline handler does something when clicked.
func listens(n *html.Node) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return strings.HasPrefix(a.Key, "on") })
}
