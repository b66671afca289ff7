package domain

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receivers are the types of this package that have a method, as its source
// says.
func receivers(t *testing.T, method string) (types []string) {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == method {
				types = append(types, receiver(f))
			}
		}
	}
	return types
}

func receiver(f *ast.FuncDecl) string {
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	name, _ := of.(*ast.Ident)
	return name.Name
}

func TestCatalogComplete(t *testing.T) {
	var listed []string
	for _, e := range Catalog {
		if e.Current {
			listed = append(listed, e.Type.Name())
		}
	}
	events := receivers(t, "Kind")
	slices.Sort(listed)
	slices.Sort(events)
	if len(events) == 0 || !slices.Equal(listed, events) {
		t.Errorf("the catalog lists, as written today,\n%q\nand the events are\n%q", listed, events)
	}
}

func TestCatalogEntries(t *testing.T) {
	kind := regexp.MustCompile(`^[a-z]+\.[a-z]+$`)
	current, seen := map[string]int{}, map[string]bool{}
	for _, e := range Catalog {
		name := e.Kind + ".v" + string(rune('0'+e.Version))
		if seen[name] || !kind.MatchString(e.Kind) || e.Version < 1 {
			t.Errorf("%s is there twice, or no kind and version of an event", name)
		}
		seen[name] = true
		if e.Current {
			current[e.Kind]++
		} else {
			current[e.Kind] += 0
		}
		if e.Current && reflect.Zero(e.Type).Interface().(Event).Kind() != e.Kind {
			t.Errorf("%s is listed as %s", e.Type, e.Kind)
		}
		checkKeys(t, e.Type)
	}
	for kind, n := range current {
		if n != 1 {
			t.Errorf("%s is written in %d versions", kind, n)
		}
	}
}

// checkKeys finds fields whose key on the wire is not said or not in snake_case.
func checkKeys(t *testing.T, of reflect.Type) {
	t.Helper()
	switch of.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		checkKeys(t, of.Elem())
	case reflect.Struct:
		if of == reflect.TypeFor[time.Time]() {
			return
		}
		for f := range of.Fields() {
			key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !f.Anonymous && !regexp.MustCompile(`^[a-z][a-z0-9_]*$`).MatchString(key) {
				t.Errorf("%s.%s has the key %q", of, f.Name, key)
			}
			checkKeys(t, f.Type)
		}
	}
}

// filled returns a value of a type with something in every field.
func filled(of reflect.Type) reflect.Value {
	v := reflect.New(of).Elem()
	switch of {
	case reflect.TypeFor[time.Time]():
		return reflect.ValueOf(time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC))
	case reflect.TypeFor[json.RawMessage]():
		return reflect.ValueOf(json.RawMessage(`{"a":[1,"b"]}`))
	case reflect.TypeFor[uuid.UUID]():
		return reflect.ValueOf(uuid.MustParse("01234567-89ab-4def-8123-456789abcdef"))
	}
	switch of.Kind() {
	case reflect.String:
		v.SetString("text <&> \"ü\"\n\u2028")
	case reflect.Int, reflect.Int64:
		v.SetInt(-42)
	case reflect.Float64:
		v.SetFloat(0.1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(of.Elem()))
		v.Elem().Set(filled(of.Elem()))
	case reflect.Slice:
		v.Set(reflect.Append(v, filled(of.Elem()), filled(of.Elem())))
	case reflect.Map:
		v.Set(reflect.MakeMap(of))
		v.SetMapIndex(filled(of.Key()), filled(of.Elem()))
	case reflect.Struct:
		for i := range of.NumField() {
			v.Field(i).Set(filled(of.Field(i).Type))
		}
	default:
		panic("nothing to fill " + of.String() + " with")
	}
	return v
}

func TestEncodeDecode(t *testing.T) {
	for _, entry := range Catalog {
		if !entry.Current {
			continue
		}
		for _, v := range []reflect.Value{filled(entry.Type), reflect.Zero(entry.Type)} {
			e := v.Interface().(Event)
			if _, bare := e.(ObservationRecorded); bare && v.IsZero() {
				continue // a fact without a value has null for one
			}
			version, payload, err := Encode(e)
			if err != nil || version != entry.Version {
				t.Errorf("encode %s: version %d, %v", entry.Kind, version, err)
			}
			got, err := Decode(entry.Kind, version, payload)
			if err != nil || !reflect.DeepEqual(got, e) {
				t.Errorf("%s\n got %+v, %v\nwant %+v", entry.Kind, got, err, e)
			}
		}
	}
}

type outsider struct{}

func (outsider) Kind() string { return "scan.imagined" }

func TestCatalogRefuses(t *testing.T) {
	if _, _, err := Encode(outsider{}); err == nil {
		t.Error("an event outside the catalog was encoded")
	}
	for name, c := range map[string]struct {
		kind    string
		version int
		payload string
	}{
		"an unknown kind":    {"scan.imagined", 1, "{}"},
		"an unknown version": {"scan.started", 99, "{}"},
		"no JSON":            {"scan.started", 1, "{"},
		"another shape":      {"scan.started", 1, `{"worker": 1}`},
		"nothing":            {"scan.started", 1, ""},
	} {
		if e, err := Decode(c.kind, c.version, []byte(c.payload)); err == nil || e != nil {
			t.Errorf("%s: %v, %v", name, e, err)
		}
	}
}

// TestEncodeRefuses what no message of a topic takes: it would hold up all that
// is appended after it.
func TestEncodeRefuses(t *testing.T) {
	for more, fits := range map[int]bool{0: true, 1: false} {
		e := ScanFailed{Reason: ""}
		_, least, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		e.Reason = strings.Repeat("x", MaxEvent-len(least)+more)
		if _, _, err := Encode(e); (err == nil) != fits {
			t.Errorf("%d bytes more: %v", more, err)
		}
	}
}

// FuzzDecode reads payloads from anywhere. What can be read is written and
// read again without loss, and folds into a scan without harm.
func FuzzDecode(f *testing.F) {
	for _, entry := range Catalog {
		payload, err := json.Marshal(filled(entry.Type).Interface())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(entry.Kind, entry.Version, payload)
	}
	f.Add("observation.recorded", 1, []byte(`{"name":"traffic.part","value":{"value":1e308}}`))
	f.Add("scan.completed", 1, []byte(`{"findings":null,"seo":null}`))
	f.Fuzz(func(t *testing.T, kind string, version int, payload []byte) {
		first, err := Decode(kind, version, payload)
		if err != nil {
			return
		}
		v, written, err := Encode(first)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		second, err := Decode(kind, v, written)
		if err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if _, again, err := Encode(second); err != nil || !bytes.Equal(written, again) {
			t.Errorf("written as %s, then as %s (%v)", written, again, err)
		}
		Fold(new(Scan), []Envelope{{Version: 1, Event: ScanRequested{Probes: Quick.Tools()}}, {Version: 2, Event: first}})
		Fold(new(Account), []Envelope{{Version: 1, Event: AccountRegistered{}}, {Version: 2, Event: first}})
	})
}
