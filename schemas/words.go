package schemas

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// Words are what the comments in the Go source say of types ("Target") and
// their fields ("Target.Host").
type Words map[string]string

// ReadWords reads the comments of the package in a folder, tests left out.
func ReadWords(dir string) (Words, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	words := Words{}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range file.Decls {
			if types, ok := d.(*ast.GenDecl); ok {
				words.types(types)
			}
		}
	}
	return words, nil
}

func (w Words) types(d *ast.GenDecl) {
	for _, spec := range d.Specs {
		t, ok := spec.(*ast.TypeSpec)
		if !ok {
			continue
		}
		w.add(t.Name.Name, t.Doc, d.Doc)
		s, ok := t.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, f := range s.Fields.List {
			for _, name := range f.Names {
				w.add(t.Name.Name+"."+name.Name, f.Doc, f.Comment)
			}
		}
	}
}

// add keeps the first comment that there is, in one line.
func (w Words) add(name string, comments ...*ast.CommentGroup) {
	for _, c := range comments {
		if says := strings.Join(strings.Fields(c.Text()), " "); says != "" {
			w[name] = says
			return
		}
	}
}
