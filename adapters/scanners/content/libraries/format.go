package libraries

import (
	"bytes"
	"cmp"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

//go:embed list.json.gz
var builtIn []byte

// BuiltIn is the list that the program brings.
var BuiltIn = sync.OnceValues(func() (*List, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(builtIn))
	if err != nil {
		return nil, err
	}
	return Read(unpacked)
})

// maxList bounds a list, in bytes.
const maxList = 32 << 20

// The list's own words.
const (
	ignore       = "dont check" // the entry whose addresses tell nothing
	anyVersion   = "§§version§§"
	versionWords = `[0-9][0-9.a-z_\-]+`
)

// entry is a component as it is written.
type entry struct {
	Vulnerabilities []struct {
		Below       string   `json:"below"`
		AtOrAbove   string   `json:"atOrAbove"`
		Excludes    []string `json:"excludes"`
		Severity    string   `json:"severity"`
		CWE         []string `json:"cwe"`
		Identifiers struct {
			CVE     []string `json:"CVE"`
			GHSA    string   `json:"githubID"`
			Issue   string   `json:"issue"`
			Bug     string   `json:"bug"`
			PR      string   `json:"PR"`
			RetID   string   `json:"retid"`
			Release string   `json:"release"`
		} `json:"identifiers"`
		Info []string `json:"info"`
	} `json:"vulnerabilities"`
	Extractors struct {
		Address   []string          `json:"uri"`
		FileName  []string          `json:"filename"`
		Text      []string          `json:"filecontent"`
		Replacing []string          `json:"filecontentreplace"`
		Hashes    map[string]string `json:"hashes"`
		Tree      []string          `json:"ast"`
	} `json:"extractors"`
}

// Read reads a list as retire.js publishes it (jsrepository.json). A rule that
// cannot be looked for is told by Left; what is no such list, or has nothing
// to look for, is an error.
func Read(from io.Reader) (*List, error) {
	var entries map[string]entry
	raw, err := io.ReadAll(io.LimitReader(from, maxList+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxList {
		return nil, fmt.Errorf("a list of libraries is longer than %d bytes", maxList)
	}
	if err := json.Unmarshal(raw, &entries); err != nil {
		return nil, fmt.Errorf("a list of libraries in the format of retire.js: %w", err)
	}
	l := &List{}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		if name == ignore {
			l.ignore(entries[name])
			continue
		}
		c, err := l.component(name, entries[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		l.components = append(l.components, c)
	}
	if !slices.ContainsFunc(l.components, component.looks) {
		return nil, fmt.Errorf("the list of libraries has no rule to tell one by")
	}
	return l, nil
}

// looks says whether a component can be told and something is known of it.
func (c component) looks() bool {
	return len(c.known) > 0 && len(c.address)+len(c.fileName)+len(c.text)+len(c.replacing)+len(c.hashes) > 0
}

func (l *List) ignore(e entry) {
	for _, expression := range e.Extractors.Address {
		if p, err := rewrite(expression); err != nil {
			l.leave(ignore, expression, err)
		} else {
			l.ignored = append(l.ignored, p)
		}
	}
}

func (l *List) leave(name, rule string, err error) {
	l.left = append(l.left, Left{name, rule, err.Error()})
}

func (l *List) component(name string, e entry) (component, error) {
	c := component{name: name, hashes: e.Extractors.Hashes}
	c.address = l.rules(name, e.Extractors.Address, plain)
	c.fileName = l.rules(name, e.Extractors.FileName, wholeName)
	c.text = l.rules(name, e.Extractors.Text, plain)
	c.replacing = l.rules(name, e.Extractors.Replacing, replacing)
	if n := len(e.Extractors.Tree); n > 0 {
		l.leave(name, scanners.Count(n, "rule"), fmt.Errorf("they look at a syntax tree"))
	}
	for _, v := range e.Vulnerabilities {
		severity := domain.Severity(cmp.Or(v.Severity, string(domain.Medium)))
		if !slices.Contains(domain.Severities, severity) {
			return c, fmt.Errorf("%q is no severity", v.Severity)
		}
		k := known{from: v.AtOrAbove, excludes: v.Excludes, Weakness: Weakness{
			Severity: severity, IDs: slices.Clone(v.Identifiers.CVE), Below: v.Below, References: httpsOnly(v.Info),
		}}
		i := v.Identifiers
		for _, other := range []struct{ before, id string }{
			{"", i.GHSA}, {"bug ", i.Bug}, {"issue ", i.Issue}, {"pull request ", i.PR}, {"release ", i.Release}, {"retire.js ", i.RetID},
		} {
			if len(k.IDs) == 0 && other.id != "" {
				k.IDs = []string{other.before + other.id}
			}
		}
		for _, word := range v.CWE {
			if n, err := strconv.Atoi(strings.TrimPrefix(word, "CWE-")); err == nil {
				k.CWE = append(k.CWE, n)
			}
		}
		c.known = append(c.known, k)
	}
	return c, nil
}

// rules makes rules of expressions; what cannot be one is left.
func (l *List) rules(name string, expressions []string, read func(string) (expression, version string, err error)) (all []rule) {
	for _, written := range expressions {
		expression, version, err := read(strings.ReplaceAll(written, anyVersion, versionWords))
		var p *pattern
		if err == nil {
			p, err = rewrite(expression)
		}
		if err != nil {
			l.leave(name, written, err)
			continue
		}
		all = append(all, rule{p, version})
	}
	return all
}

func plain(expression string) (string, string, error) { return expression, "", nil }

func wholeName(expression string) (string, string, error) { return "^" + expression + "$", "", nil }

var replacement = regexp.MustCompile(`^/(.*[^\\])/([^/]+)/$`)

// replacing reads "/expression/version/".
func replacing(written string) (string, string, error) {
	m := replacement.FindStringSubmatch(written)
	if m == nil {
		return "", "", fmt.Errorf("it is not in the form /expression/version/")
	}
	return m[1], m[2], nil
}
