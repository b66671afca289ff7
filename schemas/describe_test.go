package schemas_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/schemas"
)

type inner struct {
	Deep int `json:"deep"`
}

type sample struct {
	inner
	ID       uuid.UUID               `json:"id"`
	Other    uuid.UUID               `json:"other,omitzero"`
	At       *time.Time              `json:"at"`
	Text     string                  `json:"text,omitempty"`
	List     []string                `json:"list"`
	Maybe    []bool                  `json:"maybe,omitempty"`
	Part     *inner                  `json:"part,omitempty"`
	Contract domain.Contract         `json:"contract"`
	Counts   map[domain.Severity]int `json:"counts"`
	Raw      json.RawMessage         `json:"raw"`
	Ratio    float64                 `json:"ratio"`
}

const described = `{
	"type": "object", "additionalProperties": false, "description": "a sample",
	"required": ["at", "contract", "counts", "deep", "id", "list", "ratio", "raw"],
	"properties": {
		"deep": {"type": "integer", "description": "how deep"},
		"id": {"type": "string", "format": "uuid"},
		"other": {"type": "string", "format": "uuid"},
		"at": {"type": ["string", "null"], "format": "date-time"},
		"text": {"type": "string", "default": ""},
		"list": {"type": "array", "items": {"type": "string"}},
		"maybe": {"type": "array", "items": {"type": "boolean"}, "default": []},
		"part": {
			"type": "object", "additionalProperties": false, "required": ["deep"],
			"properties": {"deep": {"type": "integer", "description": "how deep"}}
		},
		"contract": {"type": "string", "enum": ["7azzani", "secably", "issafesite", "scanner"]},
		"counts": {
			"type": "object", "additionalProperties": {"type": "integer"},
			"propertyNames": {"enum": ["critical", "high", "medium", "low", "informational"]}
		},
		"raw": {"type": "object"},
		"ratio": {"type": "number"}
	}
}`

func TestOf(t *testing.T) {
	got, err := json.Marshal(schemas.Of(reflect.TypeFor[sample](), schemas.Words{"sample": "a sample", "inner.Deep": "how deep"}))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(parsed(t, got), parsed(t, []byte(described))) {
		t.Errorf("got  %s\nwant %s", got, described)
	}
}

func TestOfWhatNoPayloadHas(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a channel has a schema")
		}
	}()
	schemas.Of(reflect.TypeFor[chan int](), nil)
}

// TestClosedWords holds the lists of words to the constants of the domain.
func TestClosedWords(t *testing.T) {
	constants := constantsOf(t, filepath.Join("..", "domain"))
	for name, of := range map[string]reflect.Type{
		"Contract": reflect.TypeFor[domain.Contract](), "TargetKind": reflect.TypeFor[domain.TargetKind](),
		"Severity": reflect.TypeFor[domain.Severity](), "Outcome": reflect.TypeFor[domain.Outcome](),
	} {
		got, _ := schemas.Of(of, nil)["enum"].([]string)
		if len(got) == 0 || !slices.Equal(got, constants[name]) {
			t.Errorf("%s has the words %q in its schema, and the constants are %q", name, got, constants[name])
		}
	}
	if s := schemas.Of(reflect.TypeFor[domain.Tool](), nil); s["enum"] != nil {
		t.Errorf("tools are not closed, and have the schema %v", s)
	}
}

// constantsOf are the values of a package's typed text constants, by type.
func constantsOf(t *testing.T, dir string) map[string][]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				of, named := spec.Type.(*ast.Ident)
				value, literal := spec.Values[0].(*ast.BasicLit)
				if named && literal && value.Kind == token.STRING {
					word, _ := strconv.Unquote(value.Value)
					found[of.Name] = append(found[of.Name], word)
				}
			}
			return true
		})
	}
	return found
}

func TestReadWords(t *testing.T) {
	words, err := schemas.ReadWords(filepath.Join("..", "domain"))
	if err != nil {
		t.Fatal(err)
	}
	if got := words["FindingRaised.CWE"]; got != "0 where there is none" {
		t.Errorf("a field's comment is %q", got)
	}
	if got := words["ScanFailed"]; got != "ScanFailed closes a scan in which no probe could look." {
		t.Errorf("a type's comment is %q", got)
	}
	if _, err := schemas.ReadWords("no such folder"); err == nil {
		t.Error("a folder that is not there was read")
	}
}
