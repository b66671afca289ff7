package main

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// common is the part whose components keep their names in every document.
const common = "common.yaml"

// files are the parts, each read once.
type files struct {
	dir  string
	read map[string]*yaml.Node
}

// file is a part as it was written; nobody may change it.
func (f files) file(name string) (*yaml.Node, error) {
	if n, ok := f.read[name]; ok {
		return n, nil
	}
	text, err := os.ReadFile(filepath.Join(f.dir, filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	f.read[name] = plain(document.Content[0])
	return f.read[name], nil
}

// bundle is a document with all that it refers to.
func (f files) bundle(name string) (*yaml.Node, error) {
	source, err := f.file(name + ".yaml")
	if err != nil {
		return nil, err
	}
	document := plain(source)
	shared, err := f.shared()
	if err != nil {
		return nil, err
	}
	if err := distinct(document, shared); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := everywhere(document, shared); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if err := f.fetch(document, document, ""); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, kind := range []string{"ApiKey", "AccessToken", "ReportKey"} {
		scheme, err := f.component(common, "", "securitySchemes", kind)
		if err != nil {
			return nil, err
		}
		if kind != "ReportKey" || uses(document, kind) {
			set(under(under(document, "components"), "securitySchemes"), kind, plain(scheme))
		}
	}
	return document, nil
}

// distinct refuses a component of a part that has the name of a shared one:
// which of them is meant could not be told.
func distinct(document, shared *yaml.Node) error {
	return pairs(get(document, "components"), func(kind string, list *yaml.Node) error {
		return pairs(list, func(name string, _ *yaml.Node) error {
			if get(shared, kind, name) != nil {
				return fmt.Errorf("%s %s is one of %s too: give it another name", kind, name, common)
			}
			return nil
		})
	})
}

// uses says whether an operation names a security scheme.
func uses(n *yaml.Node, scheme string) bool {
	if n.Kind == yaml.ScalarNode && n.Value == scheme {
		return true
	}
	for _, c := range n.Content {
		if uses(c, scheme) {
			return true
		}
	}
	return false
}

// fetch copies into a document what a part of it refers to in other files. The
// part came from one of them: "" for the document itself.
func (f files) fetch(document, part *yaml.Node, from string) error {
	return refs(part, func(ref *yaml.Node) error {
		in, pointer, _ := strings.Cut(ref.Value, "#")
		if in == "" {
			in = from
		}
		if in == "" {
			return nil
		}
		kind, name := "schemas", fact(in+strings.ReplaceAll(strings.TrimPrefix(pointer, "/properties"), "/", "."))
		if pointer != "" && !strings.HasSuffix(in, ".json") {
			kind, name = path.Base(path.Dir(pointer)), path.Base(pointer)
		}
		ref.Value = "#/components/" + kind + "/" + name
		place := under(under(document, "components"), kind)
		source, err := f.component(in, pointer, kind, name)
		if err != nil {
			return err
		}
		if present := get(place, name); present != nil {
			return nil
		}
		copied := plain(source)
		set(place, name, copied)
		return f.fetch(document, copied, in)
	})
}

// component is one of a part's, or the schema of a fact or an event: all of it, or
// what a pointer points to.
func (f files) component(in, pointer, kind, name string) (*yaml.Node, error) {
	source, err := f.file(in)
	if err != nil {
		return nil, err
	}
	if strings.HasSuffix(in, ".json") {
		if pointer != "" {
			if source = get(source, strings.Split(strings.TrimPrefix(pointer, "/"), "/")...); source == nil {
				return nil, fmt.Errorf("%s has no %s", in, pointer)
			}
		}
		schema := plain(source)
		unset(schema, "$id")
		unset(schema, "$schema")
		block(schema)
		return schema, nil
	}
	if found := get(source, "components", kind, name); found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("%s has no %s %s", in, kind, name)
}

// fact is the name of a schema that is a file of its own, or in one:
// "tls.endpoint.json" is TLSEndpoint.
func fact(file string) string {
	name := ""
	for _, word := range strings.FieldsFunc(strings.Replace(path.Base(file), ".json", "", 1), func(r rune) bool { return r == '.' || r == '_' }) {
		if word == "tls" || word == "dns" || word == "seo" {
			name += strings.ToUpper(word)
		} else {
			name += strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return name
}

// block writes what came as JSON as the rest is written.
func block(n *yaml.Node) {
	n.Style = 0
	for _, c := range n.Content {
		block(c)
	}
}

// shared are the components that keep their names in the document of all.
func (f files) shared() (*yaml.Node, error) {
	source, err := f.file(common)
	return get(source, "components"), err
}
