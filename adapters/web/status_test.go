package web

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// codes are all that the domain has, as its source lists them.
func codes(t *testing.T) (all []domain.Code) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../domain/error.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := v.Type.(*ast.Ident); ok && kind.Name == "Code" {
			text, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, domain.Code(text))
		}
		return true
	})
	return all
}

// TestStatuses has a status for every code, and lets a contract have another.
func TestStatuses(t *testing.T) {
	all := codes(t)
	for _, code := range all {
		if status := Statuses[code]; status < 400 {
			t.Errorf("%s is answered with %d", code, status)
		}
	}
	if len(all) != len(Statuses) {
		t.Errorf("%d codes, and statuses of %d", len(all), len(Statuses))
	}
	other := Contract{Status: map[domain.Code]int{domain.BadKey: 403}}
	for code, want := range map[domain.Code]int{domain.BadKey: 403, domain.Unauthorized: 401, "another": 500} {
		if status := other.StatusOf(code); status != want {
			t.Errorf("%s is answered with %d, want %d", code, status, want)
		}
	}
}
