package seo

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

// documentTitle fails without a title, or with one of white space.
func documentTitle(p *page) (string, string) {
	if len(p.titles) == 0 || site.Trim(textOf(p.titles[0])) == "" {
		return domain.SEOFail, "the page has no title"
	}
	return domain.SEOPass, ""
}

// metaDescription fails without a description, or with one of white space.
func metaDescription(p *page) (string, string) {
	content, ok := p.meta("description")
	switch {
	case !ok:
		return domain.SEOFail, "the page has no description"
	case site.Trim(content) == "":
		return domain.SEOFail, "the description is empty"
	default:
		return domain.SEOPass, ""
	}
}

// hreflang fails where a link to another language names no language, or is
// not a whole URL.
func hreflang(p *page) (string, string) {
	count, first := 0, ""
	for _, l := range p.links {
		if l.rel != "alternate" || l.hreflang == "" || l.source == "body" {
			continue
		}
		why := ""
		raw := strings.ToLower(l.raw)
		switch {
		case !isLanguage(l.hreflang):
			why = fmt.Sprintf("%q is no language", clip(l.hreflang))
		case !strings.HasPrefix(raw, "http:") && !strings.HasPrefix(raw, "https:"):
			why = fmt.Sprintf("%q is no whole URL", clip(l.raw))
		}
		if why == "" {
			continue
		}
		if count++; first == "" {
			first = why
		}
	}
	return failed(count, first)
}

// isLanguage looks only at the language, not at script and region.
func isLanguage(tag string) bool {
	if strings.EqualFold(tag, "x-default") {
		return true
	}
	code, _, _ := strings.Cut(strings.ToLower(tag), "-")
	if slices.Contains(newLanguages, code) {
		return true
	}
	base, err := language.ParseBase(code)
	return err == nil && len(base.String()) == len(code) && !slices.Contains(notSubtags, code) && !(len(code) == 3 && code >= "qab" && code <= "qtz")
}

// IANA's registry of language subtags and the library's tables differ in few
// codes: some are newer than the tables, and the bibliographic codes of
// ISO 639-2 are in the tables alone. The library turns codes of three letters
// into those of two that the registry wants instead.
var (
	newLanguages = []string{"cls", "hnm", "isv", "luh", "oak", "qaa", "rrm", "sjc", "vsn", "ynb"}
	notSubtags   = []string{
		"alb", "arm", "baq", "bur", "chi", "cze", "dut", "fre", "geo", "ger",
		"gre", "ice", "mac", "mao", "may", "per", "rum", "slo", "tib", "wel",
	}
)

// canonical fails where the page's canonical URL cannot be used, or is most
// likely a mistake.
func canonical(p *page) (string, string) {
	urls, languages, fault := p.canonicals()
	switch {
	case fault != "":
		return domain.SEOFail, fault
	case len(urls) == 0:
		return domain.SEONotApplicable, "the page names no canonical URL"
	case len(urls) > 1:
		return domain.SEOFail, fmt.Sprintf("several canonical URLs: %q", clip(strings.Join(urls, ", ")))
	}
	target, ok := site.ParseURL(urls[0], nil)
	own, _ := site.ParseURL(p.url.String(), nil)
	switch {
	case !ok || own == nil:
		return domain.SEOFail, fmt.Sprintf("%q is no URL", clip(urls[0]))
	case slices.Contains(languages, own.String()) && slices.Contains(languages, urls[0]) && own.String() != urls[0]:
		return domain.SEOFail, fmt.Sprintf("it leads to the page in another language: %q", clip(urls[0]))
	case sameOrigin(target, own) && target.Path == "/" && own.Path != "/":
		return domain.SEOFail, "it leads to the home page"
	default:
		return domain.SEOPass, ""
	}
}

// canonicals are the canonical URLs of the page, each once, and those of its
// other languages. A fault is a canonical link that is no whole URL: an
// invalid one counts before a relative one.
func (p *page) canonicals() (urls, languages []string, fault string) {
	invalid, relative := "", ""
	for _, l := range p.links {
		switch {
		case l.source == "body":
		case l.rel == "alternate" && l.href != "" && l.hreflang != "":
			languages = append(languages, l.href)
		case l.rel != "canonical" || l.raw == "":
		case l.href == "" || !isURL(l.raw, p.url):
			invalid = fmt.Sprintf("%q is no URL", clip(l.raw))
		case !isURL(l.raw, nil):
			relative = fmt.Sprintf("%q is no whole URL", clip(l.raw))
		case !slices.Contains(urls, l.href):
			urls = append(urls, l.href)
		}
	}
	if invalid != "" {
		return urls, languages, invalid
	}
	return urls, languages, relative
}

func isURL(raw string, base *url.URL) bool {
	_, ok := site.ParseURL(raw, base)
	return ok
}

func sameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host }
