package failpoint_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/failpoint"
)

// TestEveryStepIsInTheCode compares the list with its constants and with the
// places that mark a step: each step is marked at one place, so that N counts
// the same thing in every run. That each is reached is for the tests that kill
// the program there.
func TestEveryStepIsInTheCode(t *testing.T) {
	list, err := parser.ParseFile(token.NewFileSet(), "steps.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	names := constants(list)
	if len(names) != len(failpoint.Steps) {
		t.Errorf("%d constants, %d steps in the list", len(names), len(failpoint.Steps))
	}
	marked := map[string]int{}
	for _, top := range []string{"..", filepath.Join("..", "..", "cmd")} {
		err := filepath.WalkDir(top, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err == nil {
				marks(file, marked)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		if marked[name] != 1 {
			t.Errorf("%s is marked at %d places, want 1", name, marked[name])
		}
		delete(marked, name)
	}
	for name := range marked {
		t.Errorf("%s is marked and is no step", name)
	}
}

func TestEveryStepHasAName(t *testing.T) {
	seen := map[string]bool{}
	for i, s := range failpoint.Steps {
		if s.Name == "" || s.Says == "" || seen[s.Name] || failpoint.Step(i).String() != s.Name {
			t.Errorf("step %d is called %q, %q", i, s.Name, s.Says)
		}
		seen[s.Name] = true
	}
}

// constants are the names of the steps.
func constants(file *ast.File) (names []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && spec.Names[0].IsExported() && spec.Names[0].Name != "Steps" {
			names = append(names, spec.Names[0].Name)
		}
		return true
	})
	return names
}

// marks counts the calls of failpoint.Here by the step that they name.
func marks(file *ast.File, into map[string]int) {
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || !named(call.Fun, "Here") || len(call.Args) != 1 {
			return true
		}
		if step, ok := call.Args[0].(*ast.SelectorExpr); ok {
			into[step.Sel.Name]++
		}
		return true
	})
}

func named(e ast.Expr, name string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != name {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	return ok && pkg.Name == "failpoint"
}
