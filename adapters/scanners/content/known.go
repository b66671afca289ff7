package content

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/content/libraries"
	"github.com/scanledger/scanledger/domain"
)

// perScript bounds the time that the list's rules work on one script.
const perScript = 10 * time.Second

// libraryFile is the list of vulnerable libraries.
type libraryFile struct{ scanners.File[*libraries.List] }

func newLibraryFile(path string) *libraryFile {
	return &libraryFile{scanners.File[*libraries.List]{Path: path, Read: func(raw []byte, _ time.Time) (*libraries.List, error) {
		return libraries.Read(bytes.NewReader(raw))
	}}}
}

// get is the operator's list, or the one that is built in. With an error it is
// the last one that could be read, nil where there is none.
func (f *libraryFile) get() (*libraries.List, error) {
	if f.Path == "" {
		return libraries.BuiltIn()
	}
	return f.Get()
}

// judgeScripts looks at what scripts are, and at what they do.
func (l *look) judgeScripts(ctx context.Context, file *libraryFile) error {
	list, err := file.get()
	if err != nil {
		l.ledger.settle(libraryRule+": newest list", domain.Failed, plain("it cannot be read, and the one before it is used: "+err.Error()))
	}
	for _, left := range list.Left() {
		l.ledger.settle(libraryRule+": "+left.Library+": "+plain(left.Rule), domain.Skipped, plain(left.Reason))
	}
	for _, s := range l.scripts {
		if s.gone {
			continue
		}
		found, err := l.librariesIn(ctx, list, s)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			l.ledger.settle(libraryRule+": "+l.scriptPlace(s), domain.TimedOut, "its text is too slow to look through")
		}
		for _, lib := range found {
			if len(lib.Weaknesses) > 0 {
				l.raise(advisoryOf(lib), l.scriptPlace(s), fmt.Sprintf("%s is %s %s by its %s.", l.name(s), lib.Name, lib.Version, lib.How), l.proof(s))
			}
		}
		l.judgeText(s)
	}
	for _, rule := range []string{libraryRule, injectedRule, skimmerRule} {
		l.ledger.tested(rule)
	}
	return nil
}

// librariesIn tells a script's libraries by its address, or else by its text.
// Where both tell of the same library, the text is right.
func (l *look) librariesIn(ctx context.Context, list *libraries.List, s *script) ([]libraries.Library, error) {
	var named []libraries.Library
	if s.url != nil {
		named = list.Named(s.url)
	}
	if s.text == nil {
		return named, nil
	}
	bounded, cancel := context.WithTimeout(ctx, perScript)
	defer cancel()
	within, err := list.Within(bounded, s.text)
	if len(named) == 0 {
		return within, err
	}
	var all []libraries.Library
	for _, n := range named {
		same := slices.DeleteFunc(slices.Clone(within), func(w libraries.Library) bool { return w.Name != n.Name })
		if len(same) == 0 {
			same = []libraries.Library{n}
		}
		for _, lib := range same {
			if !slices.ContainsFunc(all, func(a libraries.Library) bool { return a.Name == lib.Name && a.Version == lib.Version }) {
				all = append(all, lib)
			}
		}
	}
	return all, err
}

// maxTold bounds how many weaknesses and references of one library are told.
const maxTold = 12

// advisoryOf is what the list knows of a library in this version, the same for
// every target.
func advisoryOf(lib libraries.Library) domain.Advisory {
	var a domain.Advisory
	a.ID = "content/library/" + lib.Name + "@" + lib.Version
	a.Title = lib.Name + " " + lib.Version + " has published weaknesses"
	a.Severity = lib.Weaknesses[0].Severity
	if cwe := lib.Weaknesses[0].CWE; len(cwe) > 0 {
		a.CWE = cwe[0]
	}
	var told []string
	for _, w := range lib.Weaknesses {
		for _, id := range w.IDs {
			if strings.HasPrefix(id, "CVE-") && !slices.Contains(a.CVE, id) {
				a.CVE = append(a.CVE, id)
			}
		}
		line := strings.Join(w.IDs, ", ") + " (" + string(w.Severity)
		if w.Below != "" {
			line += ", not in " + w.Below
		}
		told = append(told, line+")")
		for _, r := range w.References {
			if len(a.References) < maxTold && !slices.Contains(a.References, r) {
				a.References = append(a.References, r)
				break
			}
		}
	}
	slices.Sort(a.CVE)
	rest := ""
	if extra := len(told) - maxTold; extra > 0 {
		told, rest = told[:maxTold], fmt.Sprintf(", and %d more", extra)
	}
	a.Description = "Whoever attacks the visitors of the site can read how: " + strings.Join(told, "; ") + rest + "."
	a.Remedy = "Replace the library by one that is kept up: no version without these weaknesses is known."
	if lib.Mended != "" {
		a.Remedy = "Update " + lib.Name + " to " + lib.Mended + " or later, or to what its makers name in its place."
	}
	if len(a.References) == 0 {
		a.References = []string{"https://owasp.org/Top10/A06_2021-Vulnerable_and_Outdated_Components/"}
	}
	return a
}
