// Package libraries knows JavaScript libraries with published weaknesses. It
// reads a list in the format of retire.js, and tells from a script's address
// or text which library it is, in which version, and what is known of that
// one. Where retire.js would tell a library, so does this package, except by
// the list's rules for syntax trees, which it leaves out.
//
// The list that is built in (list.json.gz) is the file
// vulnerabilities/RetireJsVulns.json of the npm package
// @salesforce/code-analyzer-retirejs-engine 0.32.0 (BSD-3-Clause, see
// list.LICENSE), which is made from that of the project RetireJS (Apache-2.0),
// without its summaries and its example:
//
//	jq -c 'del(.[].vulnerabilities[].identifiers.summary, .[].vulnerabilities[].details?, ."retire-example")' |
//		gzip -n9 >list.json.gz
package libraries

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// List is a list of libraries. It is safe for concurrent use.
type List struct {
	components []component
	ignored    []*pattern // of addresses that nothing is to be told of
	left       []Left
}

// Left is a rule of the list that cannot be looked for.
type Left struct{ Library, Rule, Reason string }

// Library is a library in one version.
type Library struct {
	Name, Version string
	How           string // by what it was told: "address", "file name", "text" or "hash"
	// Weaknesses are those that are known of the version, the worst first;
	// empty for one that has none.
	Weaknesses []Weakness
	// Mended is the first version that has none of them; "" where it is not
	// known.
	Mended string
}

// Weakness is one that was published.
type Weakness struct {
	Severity   domain.Severity
	IDs        []string // CVE numbers, or where there are none what else names it: "GHSA-…", "issue 11974"
	CWE        []int
	Below      string   // the first version that is without it; "" where there is none yet
	References []string // https URLs
}

// Left are the rules of the list that cannot be looked for.
func (l *List) Left() []Left { return slices.Clone(l.left) }

// Named tells libraries from a script's address alone.
func (l *List) Named(script *url.URL) []Library {
	ctx := context.Background() // an address is short
	address := *script
	address.RawQuery, address.Fragment, address.ForceQuery = "", "", false
	whole := clip(address.String(), maxAddress)
	for _, p := range l.ignored {
		if len(p.find(ctx, whole)) > 0 {
			return nil
		}
	}
	var found []Library
	for _, c := range l.components {
		found = c.add(ctx, found, "file name", c.fileName, clip(path.Base(script.Path), maxAddress))
	}
	for _, c := range l.components {
		found = c.add(ctx, found, "address", c.address, whole)
	}
	return found
}

// Within tells libraries from a script's text, in time and memory linear in
// its size. The error is ctx's, with what was found before it.
func (l *List) Within(ctx context.Context, script []byte) ([]Library, error) {
	text := lineEnds.Replace(string(script))
	for _, rules := range []func(component) []rule{component.texts, component.replaced} {
		var found []Library
		for _, c := range l.components {
			if ctx.Err() != nil {
				return found, ctx.Err()
			}
			found = c.add(ctx, found, "text", rules(c), text)
		}
		if ctx.Err() != nil {
			return found, ctx.Err()
		}
		if len(found) > 0 {
			return found, nil
		}
	}
	sum := sha1.Sum([]byte(text))
	hash := hex.EncodeToString(sum[:])
	for _, c := range l.components {
		if version := c.hashes[hash]; version != "" {
			return []Library{c.library("hash", version)}, nil
		}
	}
	return nil, nil
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// Bounds of what a target may make of a list.
const (
	maxAddress = 2048
	maxVersion = 40
)

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
