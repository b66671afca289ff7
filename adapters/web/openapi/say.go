package openapi

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"

	"github.com/scanledger/scanledger/adapters/web"
)

// Beside what a schema demands a document may say how that is told: x-required
// where the field is missing, x-fault where it is anything else than it may be.
const (
	saysRequired = "x-required"
	saysFault    = "x-fault"
)

// say tells what is wrong in one sentence: of the first field that is of
// another type, else of the first that is missing, else of any.
func (o *operation) say(why *jsonschema.ValidationError, name string) string {
	faults := o.leaves(why)
	rank := func(e *jsonschema.ValidationError) int {
		switch e.ErrorKind.(type) {
		case *kind.Type:
			return 0
		case *kind.Required:
			return 1
		default:
			return 2
		}
	}
	slices.SortStableFunc(faults, func(a, b *jsonschema.ValidationError) int {
		if by := rank(a) - rank(b); by != 0 {
			return by
		}
		return strings.Compare(field(a.InstanceLocation), field(b.InstanceLocation))
	})
	return o.tell(faults[0], name)
}

// leaves are the faults that have none below them. Of alternatives it is those
// of the one that was meant, if that can be told.
func (o *operation) leaves(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if _, ok := e.ErrorKind.(*kind.OneOf); ok {
		meant := slices.DeleteFunc(slices.Clone(e.Causes), o.foreign)
		if len(meant) != 1 {
			return []*jsonschema.ValidationError{e}
		}
		return o.leaves(meant[0])
	}
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var all []*jsonschema.ValidationError
	for _, cause := range e.Causes {
		all = append(all, o.leaves(cause)...)
	}
	return all
}

// foreign says whether an alternative was not meant: what it needs is not
// there, or what it must not have is.
func (o *operation) foreign(e *jsonschema.ValidationError) bool {
	return slices.ContainsFunc(o.leaves(e), func(leaf *jsonschema.ValidationError) bool {
		switch k := leaf.ErrorKind.(type) {
		case *kind.Required:
			return len(leaf.InstanceLocation) == 0
		case *kind.Type:
			itself := len(leaf.InstanceLocation) == len(e.InstanceLocation)
			return len(leaf.InstanceLocation) == 0 || itself && (len(k.Want) == 1 && k.Want[0] == "null" || k.Got == "null")
		default:
			return false
		}
	})
}

// types are the words for JSON's types.
var types = map[string]string{
	"string": "a string", "integer": "a whole number", "number": "a number", "boolean": "true or false", "array": "a list", "object": "an object",
}

func (o *operation) tell(e *jsonschema.ValidationError, name string) string {
	if len(e.InstanceLocation) > 0 {
		name = field(e.InstanceLocation)
	}
	schema := o.in.At(e.SchemaURL)
	fault, told := schema[saysFault].(string)
	switch k := e.ErrorKind.(type) {
	case *kind.Required:
		return o.missing(e.SchemaURL, strings.TrimPrefix(name+"."+k.Missing[0], "."), k.Missing[0])
	case *kind.Type:
		switch {
		case name == "" && !told:
			return "The body must be a JSON object"
		case told && several(k.Want), told && slices.Contains(k.Want, "object"):
			return fault
		case k.Got == "null" && o.needed(e):
			return o.missing(parent(e.SchemaURL), name, last(e.InstanceLocation))
		case name != "":
			return web.Mistyped(name, wanted(k.Want), k.Got)
		}
	case *kind.AdditionalProperties:
		return o.strange(e, name, k.Properties)
	case *kind.MinLength:
		if k.Got == 0 && o.needed(e) {
			return o.missing(parent(e.SchemaURL), name, last(e.InstanceLocation))
		}
	}
	if told {
		return fault
	}
	return name + " " + rule(e.ErrorKind)
}

// several says whether a field may be of more than one type.
func several(want []string) bool {
	return len(slices.DeleteFunc(slices.Clone(want), func(w string) bool { return w == "null" })) > 1
}

// strange tells of a field that an object must not have.
func (o *operation) strange(e *jsonschema.ValidationError, name string, properties []string) string {
	schema := o.in.At(e.SchemaURL)
	allowed, _ := schema["properties"].(Node)
	of := ""
	if title, ok := schema["title"].(string); ok {
		of = "of " + title + " "
	}
	unknown := strings.TrimPrefix(name+"."+slices.Min(properties), ".")
	return fmt.Sprintf("%.60s is unknown: %sit may have %s", unknown, of, strings.Join(slices.Sorted(maps.Keys(allowed)), ", "))
}

// missing tells of a field that is not there.
func (o *operation) missing(object, name, property string) string {
	if says, ok := o.in.Follow(o.in.At(Below(object, "properties", property)))[saysRequired].(string); ok {
		return says
	}
	return name + " is required"
}

// needed says whether a field is one that its object must have.
func (o *operation) needed(e *jsonschema.ValidationError) bool {
	if len(e.InstanceLocation) == 0 {
		return false
	}
	required, _ := o.in.At(parent(e.SchemaURL))["required"].([]any)
	return slices.Contains(required, any(last(e.InstanceLocation)))
}

// parent is the object schema that has a property's.
func parent(schema string) string {
	before, _, _ := cutLast(schema, "/properties/")
	return before
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func last(location []string) string { return location[len(location)-1] }

// field is a place in a body, as "scan_config.port_range" or "allow_ip[0]".
func field(location []string) string {
	name := ""
	for _, step := range location {
		switch {
		case strings.Trim(step, "0123456789") == "" && name != "":
			name += "[" + step + "]"
		case name != "":
			name += "." + step
		default:
			name = step
		}
	}
	return name
}
