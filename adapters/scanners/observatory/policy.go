package observatory

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// sources is the source list of a directive, in lower case.
type sources map[string]bool

// policy is a Content Security Policy: directives, in lower case, and what
// each allows.
type policy map[string]sources

// Bounds of what is parsed: servers and browsers do not pass on more.
const (
	maxPolicies   = 64
	maxPolicySize = 64 << 10
	minPolicySize = 6 // the Observatory takes anything shorter for no policy
)

// source is one entry of a source list while policies are merged.
type source struct {
	text  string
	index int  // of the policy that it stands in
	keep  bool // whether it is part of the merged policy so far
}

// parsePolicies merges policies as the Observatory does: what the first allows
// remains where the next allow it too, and a directive that a later one brings
// allows nothing. That is a good deal coarser than what browsers do, who
// enforce each policy by itself. Repeated reports whether report-uri or
// report-to stands twice in one policy; any other directive that does is an
// error, as is a policy that is too short to be one. Browsers take the first of
// two: the Observatory calls the policy invalid all the same, in version 6 as
// before, so that somebody notices.
func parsePolicies(policies []string) (merged policy, repeated bool, err error) {
	if err := checkPolicies(policies); err != nil {
		return nil, false, err
	}
	directives := map[string][]source{}
	for i, p := range policies {
		seen := map[string]bool{}
		for entry := range strings.SplitSeq(p, ";") {
			words := strings.Fields(strings.ToLower(entry))
			if len(words) == 0 {
				continue
			}
			name := words[0]
			if seen[name] && name != "report-uri" && name != "report-to" {
				return nil, false, fmt.Errorf("directive %s stands twice in one policy", quote(name))
			}
			repeated = repeated || seen[name]
			seen[name] = true
			directives[name] = merge(directives[name], words, i, len(policies) > 1)
		}
	}
	return flatten(directives), repeated, nil
}

func checkPolicies(policies []string) error {
	if len(policies) > maxPolicies {
		return fmt.Errorf("%d policies are more than %d", len(policies), maxPolicies)
	}
	size := 0
	for _, p := range policies {
		if size += len(p); size > maxPolicySize {
			return fmt.Errorf("the policy is longer than %d bytes", maxPolicySize)
		}
		if len(strings.TrimSpace(p)) < minPolicySize {
			return fmt.Errorf("%s is too short for a policy", quote(p))
		}
	}
	return nil
}

// merge adds a directive of the policy with this index, given as its words, to
// what the policies before it made of the directive.
func merge(before []source, words []string, index int, several bool) []source {
	first := index == 0
	all := slices.Clone(before)
	if first {
		all = nil
	}
	for _, w := range values(words) {
		all = append(all, source{w, index, first})
	}
	slices.SortStableFunc(all, func(a, b source) int { return cmp.Compare(a.text, b.text) })
	for i := 1; i < len(all); i++ {
		s, prev := &all[i], all[i-1]
		switch {
		case s.index == prev.index && strings.HasPrefix(s.text, prev.text):
			s.keep = false // the shorter one allows it already
		case s.index != prev.index && covers(prev.text, s.text):
			s.keep = true
		}
	}
	all = slices.DeleteFunc(all, func(s source) bool { return !s.keep })
	if first && several {
		for i := range all {
			all[i].keep = false // from here on it must be confirmed
		}
	}
	return all
}

// values are the sources of a directive; an empty source list allows nothing.
func values(words []string) []string {
	if len(words) == 1 && strings.HasSuffix(words[0], "-src") {
		return []string{"'none'"}
	}
	return words[1:]
}

// covers says whether source a allows what source b does: they are equal part
// by part, or a ends with a slash and b goes on from there.
func covers(a, b string) bool {
	as, bs := strings.Split(a, "/"), strings.Split(b, "/")
	if strings.HasSuffix(a, "/") {
		as = as[:len(as)-1]
		return len(as) < len(bs) && slices.EqualFunc(as, bs[:len(as)], sameSegment)
	}
	return slices.EqualFunc(as, bs, sameSegment)
}

func sameSegment(a, b string) bool { return unescape(a) == unescape(b) }

func unescape(s string) string {
	if u, err := url.PathUnescape(s); err == nil {
		return u
	}
	return s
}

func flatten(directives map[string][]source) policy {
	p := policy{}
	for name, list := range directives {
		p[name] = sources{}
		for _, s := range list {
			p[name][s.text] = true
		}
		if len(list) == 0 {
			p[name]["'none'"] = true
		}
	}
	return p
}

// list returns the sources of the first of these directives that is there;
// without any, everything is allowed.
func (p policy) list(directives ...string) sources {
	for _, d := range directives {
		if s, ok := p[d]; ok {
			return s
		}
	}
	return sources{"*": true}
}

// anyOf says whether one of the words stands in the list.
func (s sources) anyOf(words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return s[w] })
}

// starting says whether a source starts with one of the prefixes.
func (s sources) starting(prefixes []string) bool {
	for text := range maps.Keys(s) {
		if startsWith(text, prefixes) {
			return true
		}
	}
	return false
}

func startsWith(text string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(text, p) })
}
