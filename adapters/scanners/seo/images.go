package seo

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

// imageAlt fails on images that say nothing to those who cannot see them
// (axe-core's rule image-alt).
func imageAlt(p *page) (string, string) {
	count, first, apply := 0, "", false
	for _, img := range p.images {
		if !needsText(img) || hiddenFromReaders(img) {
			continue
		}
		apply = true
		if p.isNamed(img) {
			continue
		}
		if count++; first == "" {
			first = fmt.Sprintf("an image without a text: %q", clip(attr(img, "src")))
		}
	}
	if !apply {
		return domain.SEONotApplicable, "the page has no images"
	}
	return failed(count, first)
}

var (
	// otherRoles are the roles of WAI-ARIA that need no name.
	otherRoles = strings.Fields(`alert article banner blockquote caption cell code columnheader comment complementary contentinfo
		definition deletion directory document emphasis feed figure form grid gridcell group heading insertion list listitem log main
		mark marquee math menu menubar navigation note paragraph radiogroup region row rowgroup rowheader scrollbar search sectionfooter
		sectionheader separator status strong subscript suggestion superscript tab table tablist tabpanel term text time timer tooltip
		tree treegrid`)
	// globalARIA are the attributes that every element may have.
	globalARIA = strings.Fields(`aria-actions aria-atomic aria-braillelabel aria-brailleroledescription aria-busy aria-controls
		aria-current aria-describedby aria-description aria-details aria-disabled aria-dropeffect aria-errormessage aria-flowto
		aria-grabbed aria-haspopup aria-hidden aria-invalid aria-keyshortcuts aria-label aria-labelledby aria-live aria-owns
		aria-relevant aria-roledescription`)
)

func role(n *html.Node) string { return strings.ToLower(site.Trim(attr(n, "role"))) }

// needsText leaves out images that have been given a role that needs none.
func needsText(img *html.Node) bool {
	return !slices.Contains(otherRoles, role(img)) || focusable(img)
}

// focusable: an image is only with a tabindex.
func focusable(n *html.Node) bool {
	_, err := strconv.Atoi(site.Trim(attr(n, "tabindex")))
	return err == nil
}

// decorative: the role is kept only by an element that does nothing else.
func decorative(n *html.Node) bool {
	if r := role(n); r != "none" && r != "presentation" || focusable(n) {
		return false
	}
	return !slices.ContainsFunc(globalARIA, func(name string) bool { return hasAttr(n, name) })
}

func (p *page) isNamed(img *html.Node) bool {
	if decorative(img) {
		return true
	}
	alt := attr(img, "alt")
	if hasAttr(img, "alt") {
		return alt == "" || site.Trim(alt) != ""
	}
	if site.Trim(attr(img, "aria-label")) != "" || site.Trim(attr(img, "title")) != "" {
		return true
	}
	return slices.ContainsFunc(strings.Fields(attr(img, "aria-labelledby")), func(id string) bool {
		n := p.ids[id]
		return n != nil && (site.Trim(textOf(n)) != "" || site.Trim(attr(n, "aria-label")) != "" || site.Trim(attr(n, "alt")) != "")
	})
}
