package content

import (
	"fmt"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

// judgeMixed looks for what a page over https loads over http. Where the page
// has browsers use https instead, or block it, there is nothing to find.
func (l *look) judgeMixed(p *page) {
	if p.answer.URL.Scheme != "https" || p.upgrade {
		return
	}
	var found [2]int
	var first [2]load
	for _, a := range p.loads {
		if a.url.Scheme != "http" {
			continue
		}
		kind := 0
		if a.active {
			kind = 1
		}
		if found[kind]++; found[kind] == 1 {
			first[kind] = a
		}
	}
	for kind, advisory := range []domain.Advisory{mixedPassive, mixedActive} {
		if found[kind] > 0 {
			detail := fmt.Sprintf("The page loads %s over http, the first by <%s>: %s.",
				times(found[kind], "thing"), first[kind].tag, scanners.Quote(scanners.Whole(first[kind].url)))
			l.raise(advisory, l.place(p.answer.URL), detail, l.evidence(p.answer))
		}
	}
}

// judgeForms looks at where forms send what is typed into them. Of a page the
// worst is told.
func (l *look) judgeForms(p *page) {
	clear := p.answer.URL.Scheme == "http"
	for _, rule := range []struct {
		advisory domain.Advisory
		breaks   func(form) bool
	}{
		{passwordClear, func(f form) bool { return f.password && (clear || f.action.Scheme == "http") }},
		{formInsecure, func(f form) bool { return !f.password && !clear && f.action.Scheme == "http" }},
		{formClear, func(f form) bool { return !f.password && clear && f.method == "post" }},
		{passwordInURL, func(f form) bool { return f.password && f.method == "get" }},
	} {
		for _, f := range p.forms {
			if rule.breaks(f) {
				l.raise(rule.advisory, l.place(p.answer.URL), fmt.Sprintf("A form of the page sends to %s.", scanners.Quote(scanners.Whole(f.action))), l.evidence(p.answer))
				break
			}
		}
	}
}

// framed are the sites whose hidden frames do a known work: tags, payment and
// the check that a visitor is human.
var framed = map[string]bool{
	"googletagmanager.com": true, "doubleclick.net": true, "google.com": true, "recaptcha.net": true, "gstatic.com": true, "youtube.com": true,
	"youtube-nocookie.com": true, "facebook.com": true, "stripe.com": true, "stripe.network": true, "paypal.com": true, "braintreegateway.com": true,
	"adyen.com": true, "hcaptcha.com": true, "cloudflare.com": true, "bing.com": true, "linkedin.com": true, "pinterest.com": true,
	"vimeo.com": true, "adsrvr.org": true, "criteo.com": true, "criteo.net": true, "demdex.net": true, "googlesyndication.com": true,
}

// judgeFrames looks for frames of other sites that nobody can see.
func (l *look) judgeFrames(p *page) {
	for _, f := range p.frames {
		if f.hidden == "" || site.Same(f.src, p.answer.URL) || framed[site.Registrable(f.src.Hostname())] {
			continue
		}
		detail := fmt.Sprintf("A frame with %s is hidden by %s.", scanners.Quote(scanners.Whole(f.src)), f.hidden)
		l.raise(hiddenFrame, l.place(f.src), detail, l.evidence(p.answer))
	}
}
