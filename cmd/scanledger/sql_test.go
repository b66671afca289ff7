package main

import (
	"encoding/json"
	"fmt"
	"math"
	"net"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
)

// TestShown prints values of the types that ClickHouse's driver has for its columns.
func TestShown(t *testing.T) {
	one, day, id := uint64(1), time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), uuid.UUID{15: 1}
	for _, c := range []struct {
		value        any
		text, asJSON string
	}{
		{nil, "NULL", "null"},
		{(*string)(nil), "NULL", "null"},
		{&one, "1", "1"},
		{&day, day.String(), `"2026-01-02T00:00:00Z"`},
		{[]*uint64{&one, nil}, "[1 NULL]", "[1,null]"},
		{[]uint8{1, 2}, "[1 2]", "[1,2]"},
		{[]string{}, "[]", "[]"},
		{[]any{"a", math.NaN()}, "[a NaN]", `["a",null]`},
		{map[string]*uint64{"a": &one}, "map[a:1]", `{"a":1}`},
		{map[uint8]float64{3: math.Inf(1)}, "map[3:+Inf]", `{"3":null}`},
		{float32(math.NaN()), "NaN", "null"},
		{1.5, "1.5", "1.5"},
		{id, id.String(), `"` + id.String() + `"`},
		{net.IP{192, 0, 2, 1}, "192.0.2.1", `"192.0.2.1"`},
	} {
		if got := fmt.Sprint(shown(reflect.ValueOf(c.value), false)); got != c.text {
			t.Errorf("%T %v is printed as %s, want %s", c.value, c.value, got, c.text)
		}
		if got, err := json.Marshal(shown(reflect.ValueOf(c.value), true)); err != nil || string(got) != c.asJSON {
			t.Errorf("%T %v is %s in JSON, %v, want %s", c.value, c.value, got, err, c.asJSON)
		}
	}
}
