package schemas

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// closed are the types whose words are all there will ever be in this version
// of an event.
var closed = map[reflect.Type][]string{
	reflect.TypeFor[domain.Contract](): texts(domain.SevenAzzani, domain.SecAbly, domain.IsSafeSite, domain.ScannerAPI),
	reflect.TypeFor[domain.TargetKind](): texts(
		domain.URLTarget, domain.HostTarget, domain.IPTarget, domain.RangeTarget),
	reflect.TypeFor[domain.Severity](): texts(domain.Severities...),
	reflect.TypeFor[domain.Outcome](): texts(
		domain.Tested, domain.Skipped, domain.TimedOut, domain.Refused, domain.Failed),
	reflect.TypeFor[domain.Pool]():          texts(domain.MonthlyPool, domain.PurchasedPool),
	reflect.TypeFor[domain.Frequency]():     texts(domain.Frequencies...),
	reflect.TypeFor[domain.Method]():        texts(domain.ByDNS, domain.ByFile),
	reflect.TypeFor[domain.LookupKind]():    texts(domain.DomainSubject, domain.AddressSubject, domain.ASSubject),
	reflect.TypeFor[domain.LookupType]():    texts(domain.LookupTypes...),
	reflect.TypeFor[domain.LookupOutcome](): texts(domain.LookupOutcomes...),
}

// patterns are the types whose words have one form. Tool and Profile have
// neither a list nor a form: a new scanner is no new version of every event
// that names one.
var patterns = map[reflect.Type]string{
	reflect.TypeFor[domain.Hash]():  "^([0-9a-f]{64})?$",
	reflect.TypeFor[domain.Month](): "^([0-9]{4}-[0-9]{2})?$",
}

func texts[T ~string](words ...T) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return out
}

// Of describes what encoding/json writes of a type, in the words of its
// comments. Lists and maps are never null: the domain sees to it. It panics
// for a type that no payload has.
func Of(t reflect.Type, words Words) Schema {
	switch t {
	case reflect.TypeFor[time.Time]():
		return Schema{"type": "string", "format": "date-time"}
	case reflect.TypeFor[uuid.UUID]():
		return Schema{"type": "string", "format": "uuid"}
	case reflect.TypeFor[json.RawMessage]():
		return Schema{"type": "object"}
	}
	switch t.Kind() {
	case reflect.String:
		return text(t, words)
	case reflect.Bool:
		return Schema{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return Schema{"type": "integer"}
	case reflect.Float64:
		return Schema{"type": "number"}
	case reflect.Pointer:
		return nullable(Of(t.Elem(), words))
	case reflect.Slice:
		return Schema{"type": "array", "items": Of(t.Elem(), words)}
	case reflect.Map:
		return dictionary(t, words)
	case reflect.Struct:
		return object(t, words)
	default:
		panic(fmt.Sprintf("a payload has a %s, which has no schema", t))
	}
}

func dictionary(t reflect.Type, words Words) Schema {
	s := Schema{"type": "object", "additionalProperties": Of(t.Elem(), words)}
	if keys, ok := closed[t.Key()]; ok {
		s["propertyNames"] = Schema{"enum": keys}
	}
	return s
}

func text(t reflect.Type, words Words) Schema {
	s := described(Schema{"type": "string"}, words[t.Name()])
	if all, ok := closed[t]; ok {
		s["enum"] = all
	}
	if pattern, ok := patterns[t]; ok {
		s["pattern"] = pattern
	}
	return s
}

func nullable(s Schema) Schema {
	s["type"] = []any{s["type"], "null"}
	return s
}

func described(s Schema, says string) Schema {
	if says != "" {
		s["description"] = says
	}
	return s
}

// object describes a struct; embedded ones are part of it.
func object(t reflect.Type, words Words) Schema {
	properties, required := Schema{}, []string{}
	collect(t, words, properties, &required)
	slices.Sort(required)
	s := Schema{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	return described(s, words[t.Name()])
}

func collect(t reflect.Type, words Words, properties Schema, required *[]string) {
	for f := range t.Fields() {
		if f.Anonymous {
			collect(f.Type, words, properties, required)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		s := Of(f.Type, words)
		switch {
		case options == "":
			*required = append(*required, name)
		case f.Type.Kind() == reflect.Pointer:
			s = Of(f.Type.Elem(), words) // absent rather than null
		case options == "omitempty":
			s["default"] = empty(f.Type)
		}
		properties[name] = described(s, words[t.Name()+"."+f.Name])
	}
}

// empty is what an absent property stands for.
func empty(t reflect.Type) any {
	switch t.Kind() {
	case reflect.Slice:
		return []any{}
	case reflect.Map:
		return Schema{}
	default:
		return reflect.Zero(t).Interface()
	}
}
