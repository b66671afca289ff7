package domain

import (
	"math"
	"slices"
)

// The outcomes of a SEOAudit.
const (
	SEOPass          = "pass"
	SEOFail          = "fail"
	SEONotApplicable = "not_applicable"
)

// SEOAudits names Lighthouse's SEO audits, in Lighthouse's order.
var SEOAudits = []string{
	"is-crawlable", "document-title", "meta-description", "http-status-code", "link-text",
	"crawlable-anchors", "robots-txt", "image-alt", "hreflang", "canonical",
}

// lacksAudits says whether a search engine audit could not be made.
func (m Measured) lacksAudits() bool {
	return slices.ContainsFunc(SEOAudits, func(id string) bool {
		return !slices.ContainsFunc(m.SEO, func(a SEOAudit) bool { return a.ID == id })
	})
}

// seoWeight is the weight of an audit in Lighthouse's SEO category
// (core/config/default-config.js): being indexable weighs so much that its
// failure alone takes 31 % of the score; audits that it does not know weigh
// nothing.
func seoWeight(id string) float64 {
	if id == "is-crawlable" {
		return 93.0 / 23
	}
	for _, known := range SEOAudits {
		if id == known {
			return 1
		}
	}
	return 0
}

// SEOScore is Lighthouse's: the weighted share of audits that passed, 0 to
// 100, rounded; audits that do not apply leave the denominator. It is not ok
// when no audit could be made.
func SEOScore(audits []SEOAudit) (score int, ok bool) {
	var passed, all float64
	for _, a := range audits {
		switch a.Outcome {
		case SEOPass:
			passed += seoWeight(a.ID)
			all += seoWeight(a.ID)
		case SEOFail:
			all += seoWeight(a.ID)
		}
	}
	if all == 0 {
		return 0, false
	}
	return int(math.Round(100 * passed / all)), true
}
