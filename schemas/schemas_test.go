package schemas_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/scanledger/scanledger/adapters/stream"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/schemas"
)

// compiled is the schema in a file. Compiling it holds it to the metaschema of
// its dialect.
func compiled(t *testing.T, path string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(schemas.Base+path, parsed(t, read(t, path))); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(schemas.Base + path)
	if err != nil {
		t.Fatalf("%s is no JSON Schema: %v", path, err)
	}
	return s
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.FromSlash(path))
	if os.IsNotExist(err) && strings.HasSuffix(path, ".example.json") {
		t.Fatalf("%s is missing: write an example of the payload, as realistic as can be", path)
	}
	if os.IsNotExist(err) {
		t.Fatalf("%s is missing: run make schemas", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func parsed(t *testing.T, document []byte) any {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatalf("%v: %s", err, document)
	}
	return v
}

// TestEvents reads the example of every event that was ever published.
func TestEvents(t *testing.T) {
	for _, e := range domain.Catalog {
		t.Run(schemas.Path(e), func(t *testing.T) {
			example := read(t, schemas.Example(schemas.Path(e)))
			wantStrict(t, compiled(t, schemas.Path(e)), example)
			event, err := domain.Decode(e.Kind, e.Version, example)
			if err != nil {
				t.Fatal(err)
			}
			version, payload, err := domain.Encode(event)
			if err != nil || e.Current && version != e.Version {
				t.Fatalf("written again as version %d, %v", version, err)
			}
			if e.Current && !reflect.DeepEqual(parsed(t, payload), parsed(t, example)) {
				t.Errorf("written again as %s", payload)
			}
		})
	}
}

// TestFacts reads the example of every recorded fact.
func TestFacts(t *testing.T) {
	for name := range domain.FactNames {
		t.Run(name, func(t *testing.T) {
			example := read(t, schemas.Example(schemas.FactPath(name)))
			wantStrict(t, compiled(t, schemas.FactPath(name)), example)
			fact, err := domain.ReadFact(name, example)
			if err != nil {
				t.Fatal(err)
			}
			value, err := json.Marshal(fact)
			if err != nil || !reflect.DeepEqual(parsed(t, value), parsed(t, example)) {
				t.Errorf("written again as %s, %v", value, err)
			}
		})
	}
}

// wantStrict holds a schema to its example, and to refusing what it is not.
func wantStrict(t *testing.T, s *jsonschema.Schema, example []byte) {
	t.Helper()
	if err := s.Validate(parsed(t, example)); err != nil {
		t.Errorf("the example does not fit: %v", err)
	}
	spoiled := parsed(t, example).(map[string]any)
	spoiled["no_such_property"] = true
	if s.Validate(spoiled) == nil {
		t.Error("an unknown property is accepted")
	}
	for _, name := range s.Required {
		spoiled := parsed(t, example).(map[string]any)
		delete(spoiled, name)
		if s.Validate(spoiled) == nil {
			t.Errorf("without %s it is accepted", name)
		}
		spoiled[name] = []any{map[string]any{}}
		if s.Validate(spoiled) == nil {
			t.Errorf("with a list of an empty object for %s it is accepted", name)
		}
	}
}

func TestMetaschema(t *testing.T) {
	c := jsonschema.NewCompiler()
	id := schemas.Base + "events/broken.v1.json"
	if err := c.AddResource(id, map[string]any{"$schema": schemas.Dialect, "$id": id, "type": "text"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Compile(id); err == nil {
		t.Error("a schema with an unknown type is accepted")
	}
}

// TestFactOfExample holds the recorded observation's example to its fact.
func TestFactOfExample(t *testing.T) {
	event, err := domain.Decode("observation.recorded", 1, read(t, "events/observation.recorded.v1.example.json"))
	if err != nil {
		t.Fatal(err)
	}
	o := event.(domain.ObservationRecorded)
	if err := compiled(t, schemas.FactPath(o.Name)).Validate(parsed(t, o.Value)); err != nil {
		t.Error(err)
	}
}

// TestEmptiest holds what the domain writes, where next to nothing is known,
// to the schemas: nothing is null that they do not say may be.
func TestEmptiest(t *testing.T) {
	requested := domain.ScanRequested{
		Scan: uuid.New(), Contract: domain.ScannerAPI, Target: domain.Target{Kind: domain.HostTarget}, Probes: []domain.Tool{domain.Ports},
	}
	scan := domain.Fold(new(domain.Scan), []domain.Envelope{{Version: 1, Event: requested}})
	seen := []domain.Observation{
		domain.Port{}, domain.Service{}, domain.Weakness{Advisory: domain.Advisory{Severity: domain.Low}}, domain.Advance{Percent: 50},
		domain.TLSEndpoint{Certificate: new(domain.Certificate)},
	}
	for _, zero := range domain.FactNames {
		seen = append(seen, zero)
	}
	events, err := scan.Observe(domain.Ports, 1, seen)
	if err != nil {
		t.Fatal(err)
	}
	finished, err := scan.Finish(domain.ProbeFinished{Tool: domain.Ports, Lease: 1, Outcome: domain.Tested})
	if err != nil {
		t.Fatal(err)
	}
	events = append(append(events, finished...), requested, domain.RequestServed{Contract: domain.SecAbly})
	for _, e := range events {
		version, payload, err := domain.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		path := schemas.Path(domain.Entry{Kind: e.Kind(), Version: version})
		if err := compiled(t, path).Validate(parsed(t, payload)); err != nil {
			t.Errorf("%s: %v", payload, err)
		}
		if o, ok := e.(domain.ObservationRecorded); ok {
			if err := compiled(t, schemas.FactPath(o.Name)).Validate(parsed(t, o.Value)); err != nil {
				t.Errorf("%s: %v", o.Value, err)
			}
		}
	}
}

// TestBase holds the ids in schemas to those in messages.
func TestBase(t *testing.T) {
	if schemas.Base+"events/" != stream.SchemaBase {
		t.Errorf("messages name schemas below %s, and they are below %s", stream.SchemaBase, schemas.Base)
	}
}
