package seo

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// robotLines splits robots.txt; comments and white space at the ends are off.
func robotLines(content string) []string {
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(content), "\n")
	for i, line := range lines {
		line, _, _ = strings.Cut(line, "#")
		lines[i] = trim(line)
	}
	return lines
}

// robotDirective splits a line; ok is false without a colon.
func robotDirective(line string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(line, ":")
	return strings.ToLower(trim(name)), trim(value), ok
}

// fault is what a crawler cannot understand.
type fault struct {
	line int
	what string
}

// directives are those that crawlers know, or that are in wide use.
var directives = []string{
	"user-agent", "disallow", "allow", "sitemap", "crawl-delay", "clean-param", "host",
	"request-rate", "visit-time", "noindex", "content-signal",
}

// checkRobots finds the faults of a robots.txt by Lighthouse's rules.
func checkRobots(content string) []fault {
	var faults []fault
	inGroup := false
	for i, line := range robotLines(content) {
		if line == "" {
			continue
		}
		name, value, ok := robotDirective(line)
		what := checkDirective(name, value)
		switch {
		case !ok:
			what = "not understood"
		case what != "":
		case name == "user-agent":
			inGroup = true
		case !inGroup && (name == "allow" || name == "disallow"):
			what = "no user-agent before it"
		}
		if what != "" {
			faults = append(faults, fault{i + 1, what})
		}
	}
	return faults
}

func checkDirective(name, value string) string {
	switch {
	case !slices.Contains(directives, name):
		return "an unknown directive"
	case name == "sitemap":
		u, ok := parseURL(value, nil)
		if !ok {
			return "a sitemap that is no URL"
		}
		if u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "ftp" {
			return "a sitemap that is neither http, https nor ftp"
		}
	case name == "user-agent" && value == "":
		return "no user-agent in it"
	case (name == "allow" || name == "disallow") && value != "":
		if value[0] != '/' && value[0] != '*' {
			return `a pattern that begins neither with "/" nor "*"`
		}
		if at := strings.IndexByte(value, '$'); at >= 0 && at != len(value)-1 {
			return `a "$" that is not at the pattern's end`
		}
	}
	return ""
}

// robotRules are the rules of a robots.txt by user agent, in lower case.
type robotRules map[string][]robotRule

type robotRule struct {
	pattern string
	allow   bool
	line    int
}

// parseRobots reads the groups of a robots.txt, RFC 9309, 2.2.
func parseRobots(content string) robotRules {
	rules := robotRules{}
	var agents []string
	naming := false
	for i, line := range robotLines(content) {
		name, value, ok := robotDirective(line)
		if !ok || name == "" {
			continue
		}
		if name == "user-agent" {
			if !naming {
				agents = nil
			}
			if value != "" {
				agents = append(agents, agentName(value))
			}
		}
		naming = name == "user-agent"
		if name != "allow" && name != "disallow" && name != "crawl-delay" {
			continue
		}
		for _, agent := range agents {
			group := rules[agent] // there from now on, if only to allow everything
			if value != "" && name != "crawl-delay" {
				group = append(group, robotRule{upperEscapes(escapeInvalid(value)), name == "allow", i + 1})
			}
			rules[agent] = group
		}
	}
	return rules
}

// agentName is a user agent without its version.
func agentName(s string) string {
	s, _, _ = strings.Cut(strings.ToLower(s), "/")
	return trim(s)
}

// disallows returns the line that keeps a bot from u; 0 where none does. Of
// the patterns that match the longest counts, and of two of the same length
// the one that allows (RFC 9309, 2.2.2).
func (r robotRules) disallows(u *url.URL, bot string) int {
	group, ok := r[agentName(bot)]
	if !ok || bot == "" {
		group = r["*"]
	}
	path := u.EscapedPath()
	if u.RawQuery != "" || u.ForceQuery {
		path += "?" + u.RawQuery
	}
	path = upperEscapes(path)
	var best *robotRule
	for i := range group {
		rule := &group[i]
		longer := best == nil || len(rule.pattern) > len(best.pattern)
		if (longer || len(rule.pattern) == len(best.pattern) && rule.allow) && matches(rule.pattern, path) {
			best = rule
		}
	}
	if best == nil || best.allow {
		return 0
	}
	return best.line
}

var escapes = regexp.MustCompile(`%[0-9a-fA-F]{2}`)

func upperEscapes(s string) string { return escapes.ReplaceAllStringFunc(s, strings.ToUpper) }

// matches a pattern with "*" and a "$" at its end against the beginning of
// path, in time proportional to the product of their lengths at most.
func matches(pattern, path string) bool {
	anchored := strings.HasSuffix(pattern, "$")
	pattern = strings.TrimSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	rest, ok := strings.CutPrefix(path, parts[0])
	if !ok {
		return false
	}
	for i, part := range parts[1:] {
		if anchored && i == len(parts)-2 {
			return strings.HasSuffix(rest, part)
		}
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return !anchored || rest == ""
}
