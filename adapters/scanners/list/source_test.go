package list_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// pkg is a scanner's source: what it knows of weaknesses is its own, and is
// read where it is written.
type pkg struct {
	set    *token.FileSet
	files  []*ast.File
	values map[string]ast.Expr // constants and variables of the package
	words  map[string]string   // text constants of the domain
	rated  map[string]ast.Expr // what every scanner may use, and so ratings
}

// found is an advisory and the line that it begins in.
type found struct {
	domain.Advisory
	at string
}

func load(t *testing.T, dir string) *pkg {
	t.Helper()
	p := &pkg{set: token.NewFileSet(), values: map[string]ast.Expr{}}
	paths, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(p.set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		p.files = append(p.files, file)
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == len(spec.Names) {
				for i, name := range spec.Names {
					p.values[name.Name] = spec.Values[i]
				}
			}
			return true
		})
	}
	return p
}

// stringsOf are a package's text constants by their names.
func stringsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	words := map[string]string{}
	for name, value := range load(t, dir).values {
		if b, ok := value.(*ast.BasicLit); ok && b.Kind == token.STRING {
			words[name], _ = strconv.Unquote(b.Value)
		}
	}
	return words
}

// tool is the constant of the domain that Tool returns.
func (p *pkg) tool(t *testing.T) (name string) {
	t.Helper()
	for _, file := range p.files {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "Tool" || len(f.Body.List) != 1 {
				continue
			}
			if r, ok := f.Body.List[0].(*ast.ReturnStmt); ok {
				if sel, ok := r.Results[0].(*ast.SelectorExpr); ok {
					name = sel.Sel.Name
				}
			}
		}
	}
	return name
}

// advisories are all composite literals of the type, those in maps by id too.
func (p *pkg) advisories(t *testing.T) (all []found) {
	t.Helper()
	p.words, p.rated = stringsOf(t, filepath.Join("..", "..", "..", "domain")), load(t, "..").values
	for _, file := range p.files {
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if isAdvisory(literal.Type) {
				all = append(all, p.advisory(t, "", literal))
			}
			if m, ok := literal.Type.(*ast.MapType); ok && isAdvisory(m.Value) {
				for _, e := range literal.Elts {
					pair := e.(*ast.KeyValueExpr)
					if value, ok := pair.Value.(*ast.CompositeLit); ok && value.Type == nil {
						all = append(all, p.advisory(t, p.text(t, pair.Key), value))
					}
				}
			}
			return true
		})
	}
	return all
}

func isAdvisory(e ast.Expr) bool {
	sel, ok := e.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Advisory"
}

func (p *pkg) advisory(t *testing.T, id string, literal *ast.CompositeLit) found {
	t.Helper()
	at := p.set.Position(literal.Pos())
	a := found{domain.Advisory{ID: id}, fmt.Sprintf("%s:%d", at.Filename, at.Line)}
	texts := map[string]*string{"ID": &a.ID, "Title": &a.Title, "Description": &a.Description, "Remedy": &a.Remedy}
	for _, e := range literal.Elts {
		pair, ok := e.(*ast.KeyValueExpr)
		if !ok {
			t.Fatalf("%s: name the fields", a.at)
		}
		switch name := pair.Key.(*ast.Ident).Name; name {
		case "Severity":
			a.Severity = domain.Severity(p.text(t, pair.Value))
		case "CWE":
			a.CWE = p.number(t, pair.Value)
		case "CVE":
			a.CVE = p.list(t, pair.Value)
		case "CVSS":
			a.CVSS = p.ratings(t, pair.Value)
		case "References":
			a.References = p.list(t, pair.Value)
		default:
			if texts[name] == nil {
				t.Fatalf("%s: read and check %s here too", a.at, name)
			}
			*texts[name] = p.text(t, pair.Value)
		}
	}
	return a
}

// text is what a constant expression says.
func (p *pkg) text(t *testing.T, e ast.Expr) string {
	t.Helper()
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		if err != nil {
			t.Fatal(err)
		}
		return s
	case *ast.BinaryExpr:
		return p.text(t, e.X) + p.text(t, e.Y)
	case *ast.Ident:
		if value := p.values[e.Name]; value != nil {
			return p.text(t, value)
		}
	case *ast.SelectorExpr:
		if word, ok := p.words[e.Sel.Name]; ok {
			return word
		}
	}
	t.Fatalf("%s: an advisory's texts are constants, so that they are the same for every target", p.set.Position(e.Pos()))
	return ""
}

func (p *pkg) number(t *testing.T, e ast.Expr) int {
	t.Helper()
	if name, ok := e.(*ast.Ident); ok && p.values[name.Name] != nil {
		return p.number(t, p.values[name.Name])
	}
	b, ok := e.(*ast.BasicLit)
	if !ok {
		t.Fatalf("%s: a CWE is a constant", p.set.Position(e.Pos()))
	}
	n, err := strconv.Atoi(b.Value)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// ratings are those that a name says that all scanners have in common.
func (p *pkg) ratings(t *testing.T, e ast.Expr) []domain.Rating {
	t.Helper()
	sel, ok := e.(*ast.SelectorExpr)
	if !ok {
		t.Fatalf("%s: ratings stand in one table", p.set.Position(e.Pos()))
	}
	call, ok := p.rated[sel.Sel.Name].(*ast.CallExpr)
	if !ok {
		t.Fatalf("%s: there are no ratings %s", p.set.Position(e.Pos()), sel.Sel.Name)
	}
	var vectors []string
	for _, vector := range call.Args {
		vectors = append(vectors, p.text(t, vector))
	}
	return scanners.Rated(vectors...)
}

func (p *pkg) list(t *testing.T, e ast.Expr) (all []string) {
	t.Helper()
	literal, ok := e.(*ast.CompositeLit)
	if !ok {
		t.Fatalf("%s: the list is a constant", p.set.Position(e.Pos()))
	}
	for _, item := range literal.Elts {
		all = append(all, p.text(t, item))
	}
	return all
}
