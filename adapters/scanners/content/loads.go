package content

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// rawLoad is an address as it stands in an attribute.
type rawLoad struct {
	raw    string
	active bool
}

// loading are the attributes that make browsers load something, and whether
// that can change the page (https://www.w3.org/TR/mixed-content/).
var loading = map[atom.Atom]map[string]bool{
	atom.Script: {"src": true}, atom.Iframe: {"src": true}, atom.Frame: {"src": true}, atom.Embed: {"src": true}, atom.Object: {"data": true},
	atom.Img: {"src": false}, atom.Audio: {"src": false}, atom.Video: {"src": false, "poster": false}, atom.Source: {"src": false},
	atom.Track: {"src": false}, atom.Input: {"src": false}, atom.Body: {"background": false},
}

// linked are the kinds of link elements that load something.
var linked = map[string]bool{
	"stylesheet": true, "preload": true, "modulepreload": true, "prefetch": false, "manifest": true, "icon": false, "apple-touch-icon": false,
}

// loadsOf are the addresses that an element loads.
func loadsOf(n *html.Node) (found []rawLoad) {
	for name, active := range loading[n.DataAtom] {
		if raw, ok := attr(n, name); ok && strings.TrimSpace(raw) != "" {
			found = append(found, rawLoad{raw, active})
		}
	}
	switch n.DataAtom {
	case atom.Link:
		rel, _ := attr(n, "rel")
		for _, word := range strings.Fields(strings.ToLower(rel)) {
			if active, loads := linked[word]; loads {
				href, _ := attr(n, "href")
				return append(found, rawLoad{href, active})
			}
		}
	case atom.Img, atom.Source:
		set, _ := attr(n, "srcset")
		for candidate := range strings.SplitSeq(set, ",") {
			if words := strings.Fields(candidate); len(words) > 0 {
				found = append(found, rawLoad{words[0], false})
			}
		}
	case atom.Style:
		if n.FirstChild != nil {
			found = append(found, styled(n.FirstChild.Data)...)
		}
	}
	if style, ok := attr(n, "style"); ok {
		found = append(found, styled(style)...)
	}
	return found
}

var styleURL = regexp.MustCompile(`(?i)(@import\s+(?:url\()?|url\()\s*['"]?(https?:[^'")\s;]{1,1000})`)

// styled are the addresses in CSS; what is imported can change the page.
func styled(css string) (found []rawLoad) {
	for _, m := range styleURL.FindAllStringSubmatch(css, 200) {
		found = append(found, rawLoad{m[2], strings.HasPrefix(strings.ToLower(m[1]), "@import")})
	}
	return found
}

var (
	hiding = regexp.MustCompile(`(?i)(?:^|;)\s*(display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0?\.?0+\s*(?:;|$|!)|(?:left|top|right|margin-left|text-indent)\s*:\s*-\d{3,}|(?:width|height)\s*:\s*[01](?:px)?\s*(?:;|$|!))`)
	tiny   = regexp.MustCompile(`^\s*[01](?:px)?\s*$`)
)

// hides says by what an element and all in it cannot be seen; "" for nothing.
func hides(n *html.Node) string {
	if _, hidden := attr(n, "hidden"); hidden {
		return "the attribute hidden"
	}
	style, _ := attr(n, "style")
	if m := hiding.FindStringSubmatch(style); m != nil {
		return "the style " + scanners.Quote(strings.TrimRight(m[1], " ;!"))
	}
	if n.DataAtom == atom.Iframe || n.DataAtom == atom.Frame {
		width, _ := attr(n, "width")
		height, _ := attr(n, "height")
		if tiny.MatchString(width) && tiny.MatchString(height) {
			return "a size of one pixel or less"
		}
	}
	return ""
}
