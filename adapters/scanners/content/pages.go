package content

import (
	"context"
	"fmt"
	"mime"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// The rules that look at pages and what they load, as Coverage calls them.
const (
	mixedRule     = "mixed-content"
	formRule      = "forms"
	frameRule     = "hidden-frames"
	injectedRule  = "injected-scripts"
	skimmerRule   = "skimmers"
	lookAlikeRule = "look-alike-hosts"
	libraryRule   = "vulnerable-libraries"
	malwareRule   = "malware-lists"
	debugRule     = "debug-pages"
)

var pageRules = []string{mixedRule, formRule, frameRule, injectedRule, skimmerRule, lookAlikeRule, libraryRule, malwareRule, debugRule}

// noRoom is why something is not looked at that came.
const noRoom = "there is no room in memory for more of the site"

// followed are the redirects of a page that is linked.
const followed = 5

// readPages reads the landing page and the pages of the site that it links to,
// those first where people type secrets.
func (l *look) readPages(ctx context.Context, landing *scanners.Answer) error {
	l.readPage(ctx, landing)
	if len(l.pages) == 0 {
		return nil
	}
	links := l.pages[0].pageLinks()
	for _, u := range links[:min(len(links), l.limits.pages-1)] {
		what := whole(u)
		l.ledger.expect(what)
		chain, err := l.job.Net.Follow(ctx, scanners.Request{URL: u, MaxBody: maxPage}, followed)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			l.ledger.lost(what, err)
		case !sameSite(chain.Last().URL, landing.URL):
			l.ledger.settle(what, domain.Skipped, "it leads to another site")
		default:
			l.readPage(ctx, chain.Last())
			l.ledger.tested(what)
		}
	}
	return nil
}

// readPage takes up an answer that is a page, and says why of one that is none.
func (l *look) readPage(ctx context.Context, a *scanners.Answer) {
	what := whole(a.URL)
	kind, _, _ := mime.ParseMediaType(a.Header.Get("Content-Type"))
	switch {
	case a.Status >= 300:
		l.ledger.settle(what, domain.Skipped, fmt.Sprintf("it answers with the status %d", a.Status))
		return
	case kind != "text/html" && kind != "application/xhtml+xml":
		l.ledger.settle(what, domain.Skipped, fmt.Sprintf("it is %s, not HTML", quote(kind)))
		return
	}
	for _, p := range l.pages {
		if p.answer.URL.String() == a.URL.String() {
			return
		}
	}
	p, err := readPage(ctx, a)
	switch {
	case ctx.Err() != nil:
		return
	case err != nil:
		l.ledger.settle(what, domain.Refused, plain("its HTML cannot be read: "+err.Error()))
		return
	case !l.job.Net.Hold(p.size()):
		l.ledger.settle(what, domain.Skipped, noRoom)
		return
	}
	if a.Truncated || p.read < len(a.Body) {
		l.ledger.settle(what, domain.Skipped, fmt.Sprintf("only the first %d bytes were read", p.read))
	}
	if p.more {
		l.ledger.settle(what+": what it names", domain.Skipped, fmt.Sprintf("only the first %d scripts, links and things that it loads are looked at", maxLoads))
	}
	l.ledger.tested(what)
	l.pages = append(l.pages, p)
}

var (
	secretive = regexp.MustCompile(`(?i)log-?in|sign-?in|sign-?up|register|account|checkout|cart|basket|pay|password|contact`)
	noPage    = regexp.MustCompile(`(?i)\.(?:pdf|zip|gz|jpe?g|png|gif|svg|webp|ico|mp[34]|docx?|xlsx?|pptx?|exe|dmg|iso|xml|json|txt|css|js)$`)
	acts      = regexp.MustCompile(`(?i)log-?out|sign-?out|log-?off|delete|remove|unsubscribe`)
)

// pageLinks are the pages of the same origin that a page links to, each once.
func (p *page) pageLinks() (found []*url.URL) {
	seen := map[string]bool{p.answer.URL.String(): true}
	for _, u := range p.links {
		clean := *u
		clean.Fragment, clean.RawFragment = "", ""
		if seen[clean.String()] || origin(&clean).String() != origin(p.answer.URL).String() ||
			noPage.MatchString(clean.Path) || acts.MatchString(clean.Path+"?"+clean.RawQuery) {
			continue
		}
		seen[clean.String()] = true
		found = append(found, &clean)
	}
	slices.SortStableFunc(found, func(a, b *url.URL) int { return rank(a) - rank(b) })
	return found
}

func rank(u *url.URL) int {
	switch {
	case secretive.MatchString(u.Path):
		return 0
	case u.RawQuery == "":
		return 1
	default:
		return 2
	}
}

// judgePages runs the rules that need no further request.
func (l *look) judgePages(ctx context.Context, s *Scanner) error {
	if len(l.pages) == 0 {
		for _, rule := range pageRules {
			if rule != debugRule {
				l.ledger.settle(rule, domain.Skipped, "there is no page to look at")
			}
		}
		return nil
	}
	for _, p := range l.pages {
		l.judgeMixed(p)
		l.judgeForms(p)
		l.judgeFrames(p)
	}
	for _, rule := range []string{mixedRule, formRule, frameRule} {
		l.ledger.tested(rule)
	}
	l.judgeHosts()
	l.judgeMalware(s.malware)
	return l.judgeScripts(ctx, s.libraries)
}

// times is a number with its noun.
func times(n int, noun string) string {
	if n == 1 {
		return "one " + noun
	}
	return fmt.Sprintf("%d %ss", n, strings.TrimSuffix(noun, "s"))
}
