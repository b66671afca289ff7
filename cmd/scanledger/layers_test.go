package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	root = "../.."
	ours = "github.com/scanledger/scanledger/"
)

// topLevel is what stands at the top, beside files whose names begin with a
// dot and what make build and make run leave (bin, data).
var topLevel = []string{
	"Makefile", "README.md", "adapters", "cmd", "commands", "deploy", "domain", "go.mod", "go.sum", "projections", "schemas",
}

// source is one Go file, by its path from the top.
type source struct {
	path string
	set  *token.FileSet
	file *ast.File
}

// fault is a line that breaks a rule, and what to do.
type fault struct {
	line int
	says string
}

func (s source) folder() string         { return path.Dir(s.path) }
func (s source) test() bool             { return strings.HasSuffix(s.path, "_test.go") || withinAny(s, forTests) }
func (s source) line(at ast.Node) int   { return s.set.Position(at.Pos()).Line }
func (s source) within(dir string) bool { return under(s.path, dir) }

// under says whether a path is dir or in it.
func under(p, dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }

func withinAny(s source, dirs []string) bool { return slices.ContainsFunc(dirs, s.within) }

// imports are what a file imports, by line.
func (s source) imports() map[string]int {
	all := map[string]int{}
	for _, i := range s.file.Imports {
		name, _ := strconv.Unquote(i.Path.Value)
		all[name] = s.line(i)
	}
	return all
}

// mentions are the uses of a package's names, such as time.Now.
func (s source) mentions(pkg string, names []string) (found []fault) {
	local := ""
	for _, i := range s.file.Imports {
		if name, _ := strconv.Unquote(i.Path.Value); name == pkg {
			local = path.Base(pkg)
			if i.Name != nil {
				local = i.Name.Name
			}
		}
	}
	if local == "" {
		return nil
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok && slices.Contains(names, sel.Sel.Name) {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == local {
				found = append(found, fault{s.line(n), local + "." + sel.Sel.Name})
			}
		}
		return true
	})
	return found
}

func parse(name string, content any) (source, error) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path.Join(root, name), content, parser.SkipObjectResolution)
	return source{name, set, file}, err
}

// sources are all Go files of the repository that are no tests.
func sources(t *testing.T) (all []source) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && name != "." && !slices.Contains(topLevel, strings.Split(name, "/")[0]) {
			return fs.SkipDir
		}
		if err != nil || path.Ext(name) != ".go" {
			return err
		}
		s, err := parse(name, nil)
		if err == nil && !s.test() {
			all = append(all, s)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestLayers holds every file to the design.
func TestLayers(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range sources(t) {
		for name, rule := range rules {
			for _, f := range rule(s) {
				t.Errorf("%s:%d: %s: %s", s.path, f.line, name, f.says)
			}
		}
		if len(exits(s)) > 0 {
			seen[s.path] = true
		}
	}
	for name := range maps.Keys(outgoing) {
		if !seen[name] {
			t.Errorf("%s has no way out: take it off the list", name)
		}
	}
}

// TestTopLevel holds the top to the design's folders.
func TestTopLevel(t *testing.T) {
	entries, err := os.ReadDir(filepath.FromSlash(root))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && e.Name() != "bin" && e.Name() != "data" {
			found = append(found, e.Name())
		}
	}
	if !slices.Equal(found, topLevel) {
		t.Errorf("at the top there is %q\nand there should be  %q: what is new belongs into one of the folders", found, topLevel)
	}
}
