package seo

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/site"
	"github.com/scanledger/scanledger/domain"
)

// bots are those of which one must be let in; "" is any other.
var bots = []string{"", "Googlebot", "bingbot", "DuckDuckBot", "archive.org_bot"}

// isCrawlable fails where every bot is kept from indexing the page, by a meta
// element, a header or robots.txt.
func isCrawlable(p *page) (string, string) {
	rules := site.ParseRobots(p.robots.Content)
	var first string
	var blocked []string
	for _, bot := range bots {
		why := p.blocks(bot, rules)
		if why == "" {
			continue
		}
		if first == "" {
			first = why
		}
		blocked = append(blocked, bot)
	}
	switch {
	case len(blocked) == len(bots):
		return domain.SEOFail, first
	case len(blocked) > 0:
		return domain.SEOPass, strings.TrimPrefix(strings.Join(blocked, ", "), ", ") + " may not index it: " + first
	default:
		return domain.SEOPass, ""
	}
}

// blocks says what keeps a bot away; "" where nothing does.
func (p *page) blocks(bot string, rules site.Robots) string {
	name := "robots"
	content, ok := "", false
	if bot != "" {
		name = strings.ToLower(bot)
		content, ok = p.meta(name)
	}
	if !ok {
		name = "robots"
		content, _ = p.meta(name)
	}
	if forbids(content) {
		return fmt.Sprintf("<meta name=%q content=%q>", name, clip(content))
	}
	for _, value := range p.header.Values("X-Robots-Tag") {
		to := addressee(value)
		if to != "" && to != bot {
			continue
		}
		directives := site.Trim(value)
		if bot != "" {
			directives = strings.TrimPrefix(directives, bot+":")
		}
		if forbids(directives) {
			return fmt.Sprintf("X-Robots-Tag: %q", clip(value))
		}
	}
	if line := rules.Disallows(p.url, bot); line > 0 {
		return fmt.Sprintf("line %d of robots.txt", line)
	}
	return ""
}

var addressed = regexp.MustCompile(`^([^,:]+):`)

// addressee is the bot that a header is for: "" for all.
func addressee(value string) string {
	m := addressed.FindStringSubmatch(value)
	if m == nil || strings.EqualFold(m[1], "unavailable_after") {
		return ""
	}
	return m[1]
}

func forbids(directives string) bool {
	for _, d := range strings.Split(directives, ",") {
		d = site.Trim(strings.ToLower(d))
		if d == "noindex" || d == "none" || hasExpired(d) {
			return true
		}
	}
	return false
}

// dates are the forms that are in use for unavailable_after, which Google
// describes as RFC 822, RFC 850 and ISO 8601.
var dates = []string{
	time.RFC3339, "2006-01-02t15:04:05z07:00", "2006-01-02T15:04:05", "2006-01-02", "2006-01-02 15:04:05", "2006-01-02 15:04:05 MST",
	"2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 -0700", "2 Jan 2006 15:04:05", "2 Jan 2006", "02-Jan-2006 15:04:05 MST", "2-Jan-2006 15:04:05 MST",
	"02-Jan-06 15:04:05 MST", "Jan 2 2006", "January 2 2006",
}

func hasExpired(directive string) bool {
	date, ok := strings.CutPrefix(directive, "unavailable_after:")
	if !ok {
		return false
	}
	for _, form := range dates {
		if at, err := time.Parse(form, strings.ToUpper(site.Trim(date))); err == nil {
			return at.Before(time.Now())
		}
	}
	return false
}

// statusCode fails on an answer that says that it is an error.
func statusCode(p *page) (string, string) {
	if p.status >= 400 && p.status <= 599 {
		return domain.SEOFail, fmt.Sprintf("the status is %d", p.status)
	}
	return domain.SEOPass, ""
}

// robotsTxt fails on a robots.txt that is not there for the server's fault, or
// that crawlers cannot understand.
func robotsTxt(p *page) (string, string) {
	switch status := p.robots.Status; {
	case status >= 500:
		return domain.SEOFail, fmt.Sprintf("robots.txt answers with the status %d", status)
	case status >= 400 || status >= 200 && status <= 299 && p.robots.Content == "":
		return domain.SEONotApplicable, "there is no robots.txt"
	case p.robots.Failure != "":
		return domain.SEOFail, clip(p.robots.Failure)
	case status < 200 || status > 299:
		return domain.SEOFail, fmt.Sprintf("robots.txt answers with the status %d", status)
	}
	faults := site.CheckRobots(p.robots.Content)
	if len(faults) == 0 {
		return domain.SEOPass, ""
	}
	return domain.SEOFail, fmt.Sprintf("%s, the first in line %d: %s", scanners.Count(len(faults), "fault"), faults[0].Line, faults[0].What)
}
