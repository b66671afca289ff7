package content

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
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
	secretRule    = "leaked-secrets"
)

var pageRules = []string{mixedRule, formRule, frameRule, injectedRule, skimmerRule, lookAlikeRule, libraryRule, malwareRule, debugRule, secretRule}

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
		what := scanners.Whole(u)
		l.ledger.Expect(what)
		chain, err := l.fetch.Follow(ctx, scanners.Request{URL: u, MaxBody: maxPage}, followed)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			l.ledger.Lost(what, err)
		case !site.Same(chain.Last().URL, landing.URL):
			l.ledger.Settle(what, domain.Skipped, "it leads to another site")
		default:
			l.readPage(ctx, chain.Last())
			l.ledger.Tested(what)
		}
	}
	return nil
}

// readPage takes up an answer that is a page, and says why of one that is none.
func (l *look) readPage(ctx context.Context, a *scanners.Answer) {
	what := scanners.Whole(a.URL)
	switch {
	case a.Status >= 300:
		l.ledger.Settle(what, domain.Skipped, fmt.Sprintf("it answers with the status %d", a.Status))
		return
	case !a.IsPage():
		l.ledger.Settle(what, domain.Skipped, fmt.Sprintf("it is %s, not HTML", scanners.Quote(a.MediaType())))
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
		l.ledger.Settle(what, domain.Refused, scanners.Plain("its HTML cannot be read: "+err.Error()))
		return
	case !l.job.Net.Hold(p.size()):
		l.ledger.Settle(what, domain.Skipped, noRoom)
		return
	}
	if a.Truncated || p.read < len(a.Body) {
		l.ledger.Settle(what, domain.Skipped, fmt.Sprintf("only the first %d bytes were read", p.read))
		l.cutShort(p)
	}
	if p.more {
		l.ledger.Settle(what+": what it names", domain.Skipped, fmt.Sprintf("only the first %d scripts, links and things that it loads are looked at", maxLoads))
	}
	l.ledger.Tested(what)
	l.pages = append(l.pages, p)
	l.collect(p)
}

// cutShort says of the rules that look at pages that one was not read to its end:
// what they do not see on it may stand in the rest.
func (l *look) cutShort(p *page) {
	for _, rule := range pageRules {
		if rule != debugRule {
			l.ledger.Settle(rule, domain.Skipped, fmt.Sprintf("only the first %d bytes of %s were read", p.read, scanners.Whole(p.answer.URL)))
		}
	}
}

// pageLinks are the pages of the same origin that a page links to, each once.
func (p *page) pageLinks() (found []*url.URL) {
	seen := map[string]bool{p.answer.URL.String(): true}
	for _, u := range p.links {
		clean := *u
		clean.Fragment, clean.RawFragment = "", ""
		if seen[clean.String()] || site.Origin(&clean).String() != site.Origin(p.answer.URL).String() ||
			site.NoPage(&clean) || site.Acts(&clean) {
			continue
		}
		seen[clean.String()] = true
		found = append(found, &clean)
	}
	slices.SortStableFunc(found, func(a, b *url.URL) int { return site.Rank(a) - site.Rank(b) })
	return found
}

// judgePages runs the rules that need no further request.
func (l *look) judgePages(ctx context.Context, s *Scanner) error {
	if len(l.pages) == 0 {
		for _, rule := range pageRules {
			if rule != debugRule {
				l.ledger.Settle(rule, domain.Skipped, "there is no page to look at")
			}
		}
		return nil
	}
	for _, p := range l.pages {
		if p != l.pages[0] { // which is judged already, for what it answers
			l.judgeAnswer(p.answer)
		}
		l.judgePage(p)
	}
	return l.conclude(ctx, s)
}

// judgePage runs the rules that look at one page.
func (l *look) judgePage(p *page) {
	l.judgeMixed(p)
	l.judgeForms(p)
	l.judgeFrames(p)
	l.noteDirs(p)
	for _, list := range l.lists {
		l.lookUpPage(list, p)
	}
}

// conclude runs the rules that look at scripts, and says that those that look at
// pages have done so.
func (l *look) conclude(ctx context.Context, s *Scanner) error {
	for _, rule := range []string{mixedRule, formRule, frameRule} {
		l.ledger.Tested(rule)
	}
	l.judgeHosts()
	for _, list := range l.lists {
		l.lookUpScripts(list)
	}
	if len(s.malware) > 0 {
		l.ledger.Tested(malwareRule)
	}
	if err := l.judgeScripts(ctx, s.libraries); err != nil {
		return err
	}
	l.ledger.Tested(secretRule)
	return nil
}

// times is a number with its noun.
func times(n int, noun string) string {
	if n == 1 {
		return "one " + noun
	}
	return fmt.Sprintf("%d %ss", n, strings.TrimSuffix(noun, "s"))
}
