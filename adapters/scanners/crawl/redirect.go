package crawl

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
)

// elsewhere is a host that never is one (RFC 6761, 6.4).
const elsewhere = "scanledger.invalid"

// strays are addresses elsewhere, in the spellings that checks forget.
var strays = []string{"https://" + elsewhere + "/", "//" + elsewhere + "/", `/\` + elsewhere + "/"}

var (
	leadNames  = regexp.MustCompile(`(?i)^(?:.*(?:url|uri|redir|return|next|goto|dest|target|continue|forward|callback|referer|referrer).*|r|u|to|go|out|link|back|from|path|page|rurl|ref)$`)
	leadValues = regexp.MustCompile(`(?i)^(?:https?:)?/`)
)

// redirects sends an address elsewhere as what looks like the place where the
// visitor goes next, and reads where the answer leads, without going there.
func redirects(ctx context.Context, a *active, p *point, found *scanners.Answer) error {
	next, _ := found.Redirect()
	if next == nil && !leadNames.MatchString(p.name()) && !leadValues.MatchString(p.value()) {
		return nil
	}
	for _, stray := range strays {
		answer, err := a.ask(ctx, p, stray, false)
		if err != nil {
			return err
		}
		if to, header := leadsElsewhere(answer); to != "" {
			a.raise(openRedirect, p, fmt.Sprintf("With %s as %s the header %s is %s.", scanners.Quote(stray), scanners.Quote(p.name()), header, scanners.Quote(to)), answer, "")
			return nil
		}
	}
	return nil
}

// leadsElsewhere is where an answer sends a browser, if that is elsewhere.
func leadsElsewhere(a *scanners.Answer) (to, header string) {
	if location := a.Header.Get("Location"); location != "" && a.Status >= 300 && a.Status <= 399 && isElsewhere(location, a) {
		return location, "Location"
	}
	if refresh := a.Header.Get("Refresh"); refresh != "" {
		if next, ok := refreshTo(refresh); ok && isElsewhere(next, a) {
			return refresh, "Refresh"
		}
	}
	return "", ""
}

func isElsewhere(raw string, a *scanners.Answer) bool {
	u, ok := site.ParseURL(raw, a.URL)
	return ok && (u.Scheme == "http" || u.Scheme == "https") && strings.EqualFold(u.Hostname(), elsewhere)
}
