package list_test

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// texts are all texts that stand in a package.
func (p *pkg) texts() map[string]bool {
	all := map[string]bool{}
	for _, file := range p.files {
		ast.Inspect(file, func(n ast.Node) bool {
			if b, ok := n.(*ast.BasicLit); ok && b.Kind == token.STRING {
				text, _ := strconv.Unquote(b.Value)
				all[text] = true
			}
			return true
		})
	}
	return all
}

// called are the scanners whose lines are called as the middles of their rules,
// where nothing else is said of them.
var called = []string{"dns", "headers", "tls"}

// byAddress are rules that have a line for each address that was asked for.
const byAddress = "content/exposed/"

// TestRetests holds what re-tests know of coverage to what the scanners tell: a
// rule whose line nobody knew would count as looked at again while its line says
// that it was not.
func TestRetests(t *testing.T) {
	shared := load(t, filepath.Join("..", "observatory")).texts()
	for _, folder := range folders(t) {
		p := load(t, filepath.Join("..", folder))
		told := p.texts()
		for _, a := range p.advisories(t) {
			lines := domain.CoverageOf(a.ID)
			knows := slices.ContainsFunc(lines, func(line string) bool {
				if line == strings.Split(a.ID, "/")[1] && len(lines) == 1 && !slices.Contains(called, folder) {
					return false
				}
				if file, is := strings.CutPrefix(line, "exposed-files: "); is {
					return told[file]
				}
				return told[line] || shared[line]
			})
			if !knows && !strings.HasPrefix(a.ID, byAddress) {
				t.Errorf("%s: %s belongs to %q, none of which the scanner tells: enter its line in domain/retest.go", a.at, a.ID, lines)
			}
		}
	}
}
