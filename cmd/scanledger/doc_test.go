package main_test

import (
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestMap holds the map in doc.go to the files and folders that there are.
func TestMap(t *testing.T) {
	doc, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments|parser.PackageClauseOnly)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	words := strings.FieldsFunc(doc.Doc.Text(), func(r rune) bool { return strings.ContainsRune(" \t\n,;:.", r) })
	for _, e := range entries {
		name, isGo := strings.CutSuffix(e.Name(), ".go")
		switch {
		case e.IsDir():
			name += "/"
		case !isGo || strings.HasSuffix(name, "_test"):
			continue
		}
		if name != "doc" && name != "testdata/" && !slices.Contains(words, name) {
			t.Errorf("%s is not on the map in doc.go", name)
		}
	}
}
