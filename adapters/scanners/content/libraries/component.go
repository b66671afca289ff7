package libraries

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// component is a library of the list.
type component struct {
	name                               string
	address, fileName, text, replacing []rule
	hashes                             map[string]string // a version by the SHA-1 of a text
	known                              []known
}

// rule finds a version.
type rule struct {
	*pattern
	version string // how it is made of the groups: "$1.$2"; "" for the first group
}

// known is a weakness and the versions that have it.
type known struct {
	from     string // the first; "" for all from the beginning
	excludes []string
	Weakness
}

func (c component) texts() []rule    { return c.text }
func (c component) replaced() []rule { return c.replacing }

// add adds what the rules find in a text, each version once.
func (c component) add(ctx context.Context, found []Library, how string, rules []rule, text string) []Library {
	for _, r := range rules {
		for _, m := range r.find(ctx, text) {
			version := r.versionIn(text, m)
			if version == "" || slices.ContainsFunc(found, func(l Library) bool { return l.Name == c.name && l.Version == version }) {
				continue
			}
			found = append(found, c.library(how, version))
		}
	}
	return found
}

// isVersion is what may be shown as one.
var isVersion = regexp.MustCompile(`^[0-9][0-9A-Za-z._-]*$`)

var minified = regexp.MustCompile(`[.-]min$`)

// versionIn is the version that a match tells; "" where it is none.
func (r rule) versionIn(text string, m []int) string {
	version := r.group(text, m, 1)
	if r.version != "" {
		version = reference.ReplaceAllStringFunc(r.version, func(ref string) string {
			return r.group(text, m, int(ref[1]-'0'))
		})
	}
	version = minified.ReplaceAllString(version, "")
	if len(version) > maxVersion || !isVersion.MatchString(version) {
		return ""
	}
	return version
}

var reference = regexp.MustCompile(`\$[1-9]`)

// library is the component in a version, with what is known of that.
func (c component) library(how, version string) Library {
	l := Library{Name: c.name, Version: version, How: how}
	for _, k := range c.known {
		if k.has(version) {
			l.Weaknesses = append(l.Weaknesses, k.Weakness)
		}
	}
	for i, w := range l.Weaknesses {
		switch {
		case w.Below == "":
			l.Mended = ""
		case i == 0 || l.Mended != "" && atOrAbove(w.Below, l.Mended):
			l.Mended = w.Below
		}
	}
	slices.SortStableFunc(l.Weaknesses, func(a, b Weakness) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
	return l
}

func rank(s domain.Severity) int { return slices.Index(domain.Severities, s) }

func (k known) has(version string) bool {
	if k.Below != "" && atOrAbove(version, k.Below) || k.from != "" && !atOrAbove(version, k.from) {
		return false
	}
	return !slices.Contains(k.excludes, version)
}

// httpsOnly are the references that reports may show.
func httpsOnly(all []string) (good []string) {
	for _, r := range all {
		if strings.HasPrefix(r, "https://") {
			good = append(good, r)
		}
	}
	return good
}
