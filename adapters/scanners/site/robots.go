package site

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// robotLines splits robots.txt; comments and white space at the ends are off.
func robotLines(content string) []string {
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(content), "\n")
	for i, line := range lines {
		line, _, _ = strings.Cut(line, "#")
		lines[i] = Trim(line)
	}
	return lines
}

// robotDirective splits a line; ok is false without a colon.
func robotDirective(line string) (name, value string, ok bool) {
	name, value, ok = strings.Cut(line, ":")
	return strings.ToLower(Trim(name)), Trim(value), ok
}

// Fault is what a crawler cannot understand of a robots.txt.
type Fault struct {
	Line int // from 1
	What string
}

// directives are those that crawlers know, or that are in wide use.
var directives = []string{
	"user-agent", "disallow", "allow", "sitemap", "crawl-delay", "clean-param", "host",
	"request-rate", "visit-time", "noindex", "content-signal",
}

// CheckRobots finds the faults of a robots.txt by Lighthouse's rules.
func CheckRobots(content string) []Fault {
	var faults []Fault
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
			faults = append(faults, Fault{i + 1, what})
		}
	}
	return faults
}

func checkDirective(name, value string) string {
	switch {
	case !slices.Contains(directives, name):
		return "an unknown directive"
	case name == "sitemap":
		u, ok := ParseURL(value, nil)
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

// Robots is what a robots.txt says. The zero value allows everything.
type Robots struct {
	Sitemaps []string // as they are written
	groups   map[string]*group
}

// group is what is said to one user agent.
type group struct {
	rules []rule
	delay time.Duration // between two requests; 0 where nothing is said
}

type rule struct {
	pattern string
	allow   bool
	line    int
}

// ParseRobots reads the groups of a robots.txt (RFC 9309, 2.2), its sitemaps,
// and the pauses that it asks for.
func ParseRobots(content string) Robots {
	r := Robots{groups: map[string]*group{}}
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
		switch name {
		case "sitemap":
			r.Sitemaps = append(r.Sitemaps, value)
		case "allow", "disallow", "crawl-delay":
			for _, agent := range agents {
				r.say(agent, name, value, i+1)
			}
		}
	}
	return r
}

// say adds a line to an agent's group, which is there from then on, if only to
// allow everything.
func (r Robots) say(agent, name, value string, line int) {
	g := r.groups[agent]
	if g == nil {
		g = &group{}
		r.groups[agent] = g
	}
	switch {
	case value == "":
	case name == "crawl-delay":
		if seconds, err := strconv.ParseFloat(value, 64); err == nil && seconds > 0 {
			g.delay = time.Duration(min(seconds, longestDelay.Seconds()) * float64(time.Second))
		}
	default:
		g.rules = append(g.rules, rule{upperEscapes(escapeInvalid(value)), name == "allow", line})
	}
}

// longestDelay is what a longer Crawl-delay is taken for.
const longestDelay = 24 * time.Hour

// groupOf is what is said to a bot; "" is any that is not named.
func (r Robots) groupOf(bot string) *group {
	g, ok := r.groups[agentName(bot)]
	if !ok || bot == "" {
		g = r.groups["*"]
	}
	if g == nil {
		return &group{}
	}
	return g
}

// Delay is how long a bot is asked to wait between two requests; 0 where
// nothing is said.
func (r Robots) Delay(bot string) time.Duration { return r.groupOf(bot).delay }

// agentName is a user agent without its version.
func agentName(s string) string {
	s, _, _ = strings.Cut(strings.ToLower(s), "/")
	return Trim(s)
}

// Disallows returns the line that keeps a bot from u; 0 where none does. Of
// the patterns that match the longest counts, and of two of the same length
// the one that allows (RFC 9309, 2.2.2).
func (r Robots) Disallows(u *url.URL, bot string) int {
	path := u.EscapedPath()
	if u.RawQuery != "" || u.ForceQuery {
		path += "?" + u.RawQuery
	}
	path = upperEscapes(path)
	var best rule
	for _, rule := range r.groupOf(bot).rules {
		longer := best.line == 0 || len(rule.pattern) > len(best.pattern)
		if (longer || len(rule.pattern) == len(best.pattern) && rule.allow) && matches(rule.pattern, path) {
			best = rule
		}
	}
	if best.allow {
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
