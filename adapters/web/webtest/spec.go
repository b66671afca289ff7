package webtest

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/scanledger/scanledger/adapters/web/openapi"
	files "github.com/scanledger/scanledger/schemas/openapi"
)

var (
	read = sync.OnceValues(func() (*openapi.Documents, error) { return openapi.Read(files.Files) })
	held = sync.OnceValues(func() ([]*spec, error) {
		d, err := read()
		if err != nil {
			return nil, err
		}
		var all []*spec
		for _, one := range d.All {
			s, err := newSpec(one)
			if err != nil {
				return nil, err
			}
			all = append(all, s)
		}
		// the longest prefix first, so that the root comes last
		slices.SortFunc(all, func(a, b *spec) int { return len(b.Prefix) - len(a.Prefix) })
		return all, nil
	})
)

// documents are read once for all servers.
func documents(t testing.TB) *openapi.Documents {
	t.Helper()
	d, err := read()
	must(t, err)
	return d
}

// spec is a document to which answers are held.
type spec struct {
	openapi.Document
	routes   map[string][]string // of the paths, in their parts
	mu       sync.Mutex
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

const strictBase = "https://strict.invalid/"

// newSpec takes a document more strictly than clients have to: an answer has
// no field that is not in it.
func newSpec(d openapi.Document) (*spec, error) {
	text, err := json.Marshal(d.Tree)
	if err != nil {
		return nil, err
	}
	tree, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		return nil, err
	}
	tighten(tree)
	d.Tree = tree.(openapi.Node)
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	s := &spec{Document: d, compiler: c, compiled: map[string]*jsonschema.Schema{}, routes: map[string][]string{}}
	paths, _ := d.Tree["paths"].(openapi.Node)
	for path := range paths {
		s.routes[path] = strings.Split(openapi.Route(d.Prefix, path), "/")
	}
	return s, c.AddResource(strictBase+d.Name, tree)
}

// tighten closes the objects below a part that do not say what else they have.
func tighten(part any) {
	switch n := part.(type) {
	case []any:
		for _, item := range n {
			tighten(item)
		}
	case openapi.Node:
		if _, object := n["properties"].(openapi.Node); object && n["additionalProperties"] == nil {
			n["additionalProperties"] = false
		}
		for name, below := range n {
			if name != "example" && name != "examples" && name != "requestBody" {
				tighten(below)
			}
		}
	}
}

// schema is the one at a pointer.
func (s *spec) schema(pointer string) (*jsonschema.Schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if done, ok := s.compiled[pointer]; ok {
		return done, nil
	}
	made, err := s.compiler.Compile(strictBase + s.Name + pointer)
	s.compiled[pointer] = made
	return made, err
}

// place is where the operation of a request stands; known says whether there
// is its path at all.
func (s *spec) place(method, path string) (pointer string, known bool) {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	paths, _ := s.Tree["paths"].(openapi.Node)
	best, parts := "", strings.Split(path, "/")
	for template, route := range s.routes {
		if fits(route, parts) && (best == "" || strings.Count(template, "{") < strings.Count(best, "{")) {
			best = template
		}
	}
	if best == "" {
		return "", false
	}
	method = strings.ToLower(method)
	if _, ok := paths[best].(openapi.Node)[method]; !ok {
		return "", true
	}
	return openapi.Below("#/paths", best, method), true
}

// fits says whether a path is one of a route.
func fits(route, path []string) bool {
	return slices.EqualFunc(route, path, func(w, h string) bool {
		return w == h || strings.HasPrefix(w, ":") && h != ""
	})
}

// specOf is the document of a path, with the path as it is mounted.
func specOf(all []*spec, path string) (*spec, string) {
	if path != "/api/v1/scans/" && len(path) > 1 {
		path = "/" + strings.Trim(path, "/")
	}
	for _, s := range all {
		if strings.HasPrefix(path, s.Prefix+"/") {
			return s, path
		}
	}
	return all[len(all)-1], path
}

// sorted are the names of an object's fields.
func sorted(n openapi.Node) []string { return slices.Sorted(maps.Keys(n)) }

// Operation is one of a document.
type Operation struct {
	Document openapi.Document
	Method   string
	Path     string // as the document has it
	Route    string // as Fiber mounts it, with the document's prefix
	At       string // where it stands in the document
	Node     openapi.Node
}

// Operations are those of all documents.
func Operations(t testing.TB) (all []Operation) {
	t.Helper()
	for _, d := range documents(t).All {
		paths, _ := d.Tree["paths"].(openapi.Node)
		for _, path := range sorted(paths) {
			item := paths[path].(openapi.Node)
			for _, method := range openapi.Methods {
				if o, ok := item[method].(openapi.Node); ok {
					all = append(all, Operation{d, strings.ToUpper(method), path, openapi.Route(d.Prefix, path), openapi.Below("#/paths", path, method), o})
				}
			}
		}
	}
	return all
}
