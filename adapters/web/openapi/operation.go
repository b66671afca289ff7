package openapi

import (
	"encoding/json"
	"math"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// base is what the documents' names stand below while they are compiled.
const base = "https://scanledger.invalid/"

// form is the type of bodies that a page's form sends: those are read by whoever
// answers with the page.
const form = "application/x-www-form-urlencoded"

// operation is what one method of a path takes.
type operation struct {
	in    Document
	body  *jsonschema.Schema // nil where no body is read
	query []parameter
}

// parameter is one of the query.
type parameter struct {
	name     string
	required bool
	empty    bool // whether it may be sent empty, and then counts as not sent
	schema   *jsonschema.Schema
	number   bool // whether it is a whole number: then it has bounds, and no schema is asked
	real     bool // whether it is a number of any kind
	least    int64
	most     int64
}

func (d *Documents) compile(one Document) error {
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(base+one.Name, one.Tree); err != nil {
		return err
	}
	paths, _ := one.Tree["paths"].(Node)
	for path, item := range paths {
		for _, method := range Methods {
			o, ok := item.(Node)[method].(Node)
			if !ok {
				continue
			}
			compiled, err := one.operation(c, Below("#/paths", path, method), o)
			if err != nil {
				return err
			}
			route := Route(one.Prefix, path)
			if d.routes[route] == nil {
				d.routes[route] = map[string]*operation{}
			}
			d.routes[route][strings.ToUpper(method)] = compiled
		}
	}
	return nil
}

func (d Document) operation(c *jsonschema.Compiler, at string, o Node) (made *operation, err error) {
	made = &operation{in: d}
	body, sent := o["requestBody"]
	if content, _ := d.Follow(body)["content"].(Node); sent && content[form] == nil {
		place := Below(d.Place(body, Below(at, "requestBody")), "content", "application/json", "schema")
		if made.body, err = c.Compile(base + d.Name + place); err != nil {
			return nil, err
		}
	}
	list, _ := o["parameters"].([]any)
	for i, part := range list {
		p := d.Follow(part)
		if p["in"] != "query" {
			continue
		}
		place := Below(d.Place(part, Below(at, "parameters", itoa(i))), "schema")
		schema, err := c.Compile(base + d.Name + place)
		if err != nil {
			return nil, err
		}
		made.query = append(made.query, d.parameter(p, schema))
	}
	return made, nil
}

func (d Document) parameter(p Node, schema *jsonschema.Schema) parameter {
	says := d.Follow(p["schema"])
	name, _ := p["name"].(string)
	made := parameter{name: name, schema: schema, number: says["type"] == "integer", real: says["type"] == "number", required: p["required"] == true, empty: p["allowEmptyValue"] == true}
	made.least, made.most = bound(says["minimum"], math.MinInt64), bound(says["maximum"], math.MaxInt64)
	return made
}

func bound(said any, preset int64) int64 {
	if n, ok := said.(json.Number); ok {
		if v, err := n.Int64(); err == nil {
			return v
		}
	}
	return preset
}
