package domain

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
)

// JSONDifference names the first place, "scores.security" or "ports[0].port",
// at which two JSON values differ, with what stands there in each; "" where
// they do not, and "(text)" where one of them is no JSON. Objects are compared
// by key, in the order of the keys.
func JSONDifference(want, found []byte) (place, expected, had string) {
	var a, b any
	if json.Unmarshal(want, &a) != nil || json.Unmarshal(found, &b) != nil {
		return "(text)", string(want), string(found)
	}
	return difference("", a, b)
}

func difference(place string, a, b any) (string, string, string) {
	switch a := a.(type) {
	case map[string]any:
		if b, ok := b.(map[string]any); ok {
			return objectDifference(place, a, b)
		}
	case []any:
		if b, ok := b.([]any); ok && len(a) == len(b) {
			for i := range a {
				if p, x, y := difference(fmt.Sprintf("%s[%d]", place, i), a[i], b[i]); p != "" {
					return p, x, y
				}
			}
			return "", "", ""
		}
	}
	if reflect.DeepEqual(a, b) {
		return "", "", ""
	}
	if place == "" {
		place = "(whole)"
	}
	return place, text(a), text(b)
}

func objectDifference(place string, a, b map[string]any) (string, string, string) {
	if place != "" {
		place += "."
	}
	keys := maps.Clone(a)
	maps.Copy(keys, b)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		x, inA := a[k]
		y, inB := b[k]
		switch {
		case !inA:
			return place + k, "nothing", text(y)
		case !inB:
			return place + k, text(x), "nothing"
		}
		if p, x, y := difference(place+k, x, y); p != "" {
			return p, x, y
		}
	}
	return "", "", ""
}

func text(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}
