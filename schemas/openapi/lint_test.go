package openapi_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pb33f/libopenapi/datamodel"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/scanledger/scanledger/adapters/web/openapi"
	files "github.com/scanledger/scanledger/schemas/openapi"
)

// linted is a document with what its examples are held to.
type linted struct {
	openapi.Document
	t *testing.T
	c *jsonschema.Compiler
}

const base = "https://lint.invalid/document"

// each runs a test for every document.
func each(t *testing.T, run func(d linted)) {
	t.Helper()
	all, err := openapi.Read(files.Files)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all.All {
		t.Run(d.Name, func(t *testing.T) {
			c := jsonschema.NewCompiler()
			c.DefaultDraft(jsonschema.Draft2020)
			c.AssertFormat()
			if err := c.AddResource(base, map[string]any(d.Tree)); err != nil {
				t.Fatal(err)
			}
			run(linted{d, t, c})
		})
	}
}

// TestValid holds every document to the schema of OpenAPI 3.1, and each schema
// in it to that of JSON Schema 2020-12.
func TestValid(t *testing.T) {
	meta, err := jsonschema.UnmarshalJSON(strings.NewReader(datamodel.OpenAPI31SchemaData))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("https://lint.invalid/3.1", meta); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("https://lint.invalid/3.1")
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(d linted) {
		if err := schema.Validate(map[string]any(d.Tree)); err != nil {
			d.t.Error(err)
		}
		d.schemas(d.Tree, "#")
		if d.Tree["openapi"] = "2.0"; schema.Validate(map[string]any(d.Tree)) == nil {
			d.t.Error("a document of another version is valid")
		}
	})
}

// schemas compiles every schema below a part.
func (d linted) schemas(part any, at string) {
	switch n := part.(type) {
	case []any:
		for i, item := range n {
			d.schemas(item, openapi.Below(at, strconv.Itoa(i)))
		}
	case openapi.Node:
		for name, below := range n {
			place := openapi.Below(at, name)
			if name == "schema" {
				d.compile(place)
				continue
			}
			if strings.HasSuffix(at, "/components/schemas") {
				d.compile(place)
			} else if name != "example" && name != "examples" {
				d.schemas(below, place)
			}
		}
	}
}

func (d linted) compile(at string) *jsonschema.Schema {
	s, err := d.c.Compile(base + at)
	if err != nil {
		d.t.Errorf("%s: %v", at, err)
	}
	return s
}

// TestReferences leads each to something.
func TestReferences(t *testing.T) {
	each(t, func(d linted) {
		var walk func(part any)
		walk = func(part any) {
			switch n := part.(type) {
			case []any:
				for _, item := range n {
					walk(item)
				}
			case openapi.Node:
				if ref, ok := n["$ref"].(string); ok && (!strings.HasPrefix(ref, "#/components/") || d.At(ref) == nil) {
					d.t.Errorf("%s leads nowhere", ref)
				}
				for _, below := range n {
					walk(below)
				}
			}
		}
		walk(d.Tree)
	})
}

// TestWritten finds what YAML makes of a sentence without quotes: a field that
// is null.
func TestWritten(t *testing.T) {
	each(t, func(d linted) {
		var walk func(part any, at string)
		walk = func(part any, at string) {
			switch n := part.(type) {
			case []any:
				for _, item := range n {
					walk(item, at)
				}
			case openapi.Node:
				for name, below := range n {
					if below == nil {
						d.t.Errorf("%s has the field %q, which is null: put its description into quotes", at, name)
					}
					if name != "example" && name != "examples" && name != "enum" {
						walk(below, openapi.Below(at, name))
					}
				}
			}
		}
		walk(d.Tree, "#")
	})
}

// TestOperations have all that clients are made of: an id of their own, a
// summary, a tag that is described, answers with descriptions, a refusal of
// each kind, and parameters for what is in their path.
func TestOperations(t *testing.T) {
	each(t, func(d linted) {
		tags := map[any]bool{}
		for _, tag := range d.Tree["tags"].([]any) {
			n := tag.(openapi.Node)
			tags[n["name"]] = n["description"] != nil
		}
		ids := map[string]string{}
		d.operations(func(at, path, method string, o, item openapi.Node) {
			id, _ := o["operationId"].(string)
			if id == "" || ids[id] != "" {
				d.t.Errorf("%s %s has the operationId %q, as %q", method, path, id, ids[id])
			}
			ids[id] = method + " " + path
			if s, _ := o["summary"].(string); s == "" || strings.HasSuffix(s, ".") {
				d.t.Errorf("%s has the summary %q", id, s)
			}
			list, _ := o["tags"].([]any)
			if len(list) != 1 || !tags[list[0]] {
				d.t.Errorf("%s has the tags %v, and %v are described", id, list, slices.Collect(maps.Keys(tags)))
			}
			d.statuses(id, method, o)
			d.inPath(id, path, o, item)
		})
	})
}

// statuses are those that any request may come to.
func (d linted) statuses(id, method string, o openapi.Node) {
	responses := o["responses"].(openapi.Node)
	need := []string{"431", "500"}
	if security, said := o["security"].([]any); !said {
		need = append(need, "401", "429", "503", "413")
		if method == "post" {
			need = append(need, "400", "409", "422")
		}
	} else if len(security) == 0 && o["requestBody"] != nil {
		need = append(need, "400", "413", "429", "503")
	}
	for _, status := range need {
		if responses[status] == nil {
			d.t.Errorf("%s may be answered %s, which is not said", id, status)
		}
	}
	success := false
	for status, r := range responses {
		if text, _ := d.Follow(r)["description"].(string); text == "" {
			d.t.Errorf("%s %s is not described", id, status)
		}
		success = success || status < "400" // a form leads on
	}
	if !success {
		d.t.Errorf("%s never succeeds", id)
	}
}

// inPath holds the parameters in a path to those that are described.
func (d linted) inPath(id, path string, o, item openapi.Node) {
	described := map[string]bool{}
	for _, from := range []openapi.Node{item, o} {
		list, _ := from["parameters"].([]any)
		for _, p := range list {
			n := d.Follow(p)
			name, _ := n["name"].(string)
			if n["in"] == "path" {
				described[name] = true
			}
			if n["description"] == nil && n["in"] != "path" {
				d.t.Errorf("%s: %s is not described", id, name)
			}
		}
	}
	for _, part := range strings.Split(path, "{")[1:] {
		name, _, _ := strings.Cut(part, "}")
		if !described[name] {
			d.t.Errorf("%s: {%s} is not described", id, name)
		}
		delete(described, name)
	}
	if len(described) > 0 {
		d.t.Errorf("%s: %v are not in the path %s", id, described, path)
	}
}

// TestExamples fit their schemas, and every body and every JSON answer has one.
func TestExamples(t *testing.T) {
	each(t, func(d linted) {
		d.operations(func(at, _, _ string, o, _ openapi.Node) {
			if body, ok := o["requestBody"].(openapi.Node); ok {
				d.content(openapi.Below(at, "requestBody"), body)
			}
			for status, r := range o["responses"].(openapi.Node) {
				place := openapi.Below(at, "responses", status)
				d.content(d.Place(r, place), d.Follow(r))
			}
		})
		for name := range d.At("#/components/parameters") {
			d.single(openapi.Below("#/components/parameters", name))
		}
		for name := range d.At("#/components/headers") {
			d.single(openapi.Below("#/components/headers", name))
		}
	})
}

func (d linted) content(at string, has openapi.Node) {
	content, _ := has["content"].(openapi.Node)
	for media, m := range content {
		place, n := openapi.Below(at, "content", media), m.(openapi.Node)
		examples, _ := n["examples"].(openapi.Node)
		open := d.Follow(n["schema"])["additionalProperties"] == true
		if media == "application/json" && len(examples) == 0 && n["example"] == nil && !open {
			d.t.Errorf("%s has no example", place)
		}
		for name, e := range examples {
			d.fits(openapi.Below(place, "schema"), e.(openapi.Node)["value"], place+" "+name)
		}
		if e, ok := n["example"]; ok {
			d.fits(openapi.Below(place, "schema"), e, place)
		}
	}
}

// fieldwise are the schemas that the contract's document leaves open: each of their
// fields says what it is, with an example.
var fieldwise = []string{
	"Shorten", "ChangeLink", "LinkRule", "UTM", "Link", "RunSpeedTest", "SpeedSamples", "Transfer", "SpeedTest", "PastSpeedTest", "LookupRequest", "LookupShort",
	"CodeWanted", "CodeFileWanted", "CodesWanted", "CodeStyleWanted", "CodeStyle", "CodePreview",
}

// TestFieldExamples holds the fields of what was left open to an example each.
func TestFieldExamples(t *testing.T) {
	each(t, func(d linted) {
		for _, name := range fieldwise {
			at := openapi.Below("#/components/schemas", name)
			schema := d.At(at)
			if schema == nil {
				if d.Name == "7azzani" {
					d.t.Errorf("there is no %s", name)
				}
				continue
			}
			properties, _ := schema["properties"].(openapi.Node)
			for field, f := range properties {
				place := openapi.Below(at, "properties", field)
				examples, _ := f.(openapi.Node)["examples"].([]any)
				if says, _ := f.(openapi.Node)["description"].(string); says == "" || len(examples) == 0 {
					d.t.Errorf("%s has no description, or no example", place)
				}
				for _, e := range examples {
					d.fits(place, e, place)
				}
			}
		}
	})
}

// single is a parameter or a header.
func (d linted) single(at string) {
	n := d.At(at)
	if n["example"] == nil {
		d.t.Errorf("%s has no example", at)
		return
	}
	d.fits(openapi.Below(at, "schema"), n["example"], at)
}

func (d linted) fits(schema string, example any, where string) {
	if s := d.compile(schema); s != nil {
		if err := s.Validate(example); err != nil {
			d.t.Errorf("the example of %s does not fit: %v", where, err)
		}
	}
}

func (d linted) operations(f func(at, path, method string, o, item openapi.Node)) {
	for path, p := range d.Tree["paths"].(openapi.Node) {
		item := p.(openapi.Node)
		for _, method := range openapi.Methods {
			if o, ok := item[method].(openapi.Node); ok {
				f(openapi.Below("#/paths", path, method), path, method, o, item)
			}
		}
	}
}

// TestBothForms holds the YAML to the JSON.
func TestBothForms(t *testing.T) {
	each(t, func(d linted) {
		var content any
		if err := yaml.Unmarshal(d.YAML, &content); err != nil {
			d.t.Fatal(err)
		}
		text, err := json.Marshal(content)
		if err != nil {
			d.t.Fatal(err)
		}
		var one, other any
		if json.Unmarshal(text, &one) != nil || json.Unmarshal(d.JSON, &other) != nil {
			d.t.Fatal("it is no JSON")
		}
		a, _ := json.Marshal(one)
		b, _ := json.Marshal(other)
		if !bytes.Equal(a, b) {
			d.t.Error("the YAML says something else than the JSON")
		}
	})
}

// TestNoStrangers is in the folder what is served.
func TestNoStrangers(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		name, ending, _ := strings.Cut(e.Name(), ".")
		if (ending == "yaml" || ending == "json") && !slices.Contains([]string{"scanledger", "7azzani", "secably", "issafesite", "scanner"}, name) {
			t.Errorf("%s is served nowhere", e.Name())
		}
	}
}
