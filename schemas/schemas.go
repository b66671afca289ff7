// Package schemas is what the outside may rely on: a JSON Schema for every
// event that was ever published (events/) and for every recorded fact
// (facts/), each with an example beside it, and an AsyncAPI document of the
// topics that they travel on. What is published never changes its shape.
package schemas

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// Base is what the ids of all schemas begin with.
const Base = "https://github.com/scanledger/scanledger/schemas/"

// Dialect is the JSON Schema that they are written in.
const Dialect = "https://json-schema.org/draft/2020-12/schema"

// Schema is a JSON Schema, or a part of one, as encoding/json writes it.
type Schema = map[string]any

// Path is where an event's schema stands, "events/scan.requested.v1.json".
func Path(e domain.Entry) string { return fmt.Sprintf("events/%s.v%d.json", e.Kind, e.Version) }

// FactPath is where a fact's schema stands, "facts/tls.endpoint.json". A fact
// has no version: another shape has another name.
func FactPath(name string) string { return "facts/" + name + ".json" }

// Example is where the example of the schema at a path stands.
func Example(path string) string { return strings.TrimSuffix(path, ".json") + ".example.json" }

// Event is the schema of an event's payload.
func Event(e domain.Entry, words Words) Schema {
	return document(Path(e), e.Kind, e.Type, words)
}

// Fact is the schema of the value that ObservationRecorded has under a name.
func Fact(name string, t reflect.Type, words Words) Schema {
	return document(FactPath(name), name, t, words)
}

func document(path, title string, t reflect.Type, words Words) Schema {
	s := Of(t, words)
	s["$schema"], s["$id"], s["title"] = Dialect, Base+path, title
	if says, ok := strings.CutPrefix(words[t.Name()], t.Name()+" "); ok {
		s["description"] = title + " " + says
	}
	return s
}

// Shape is a schema without its descriptions: what of it never changes.
func Shape(schema any) any {
	switch s := schema.(type) {
	case map[string]any:
		shape := make(map[string]any, len(s))
		for key, value := range s {
			if _, text := value.(string); key != "description" || !text {
				shape[key] = Shape(value)
			}
		}
		return shape
	case []any:
		shape := make([]any, len(s))
		for i, value := range s {
			shape[i] = Shape(value)
		}
		return shape
	default:
		return schema
	}
}
