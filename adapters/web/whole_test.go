package web

import (
	"encoding/json"
	"testing"
)

// TestWhole takes a whole number in all of JSON's ways, and nothing else.
func TestWhole(t *testing.T) {
	for text, want := range map[string]Whole{
		"2": 2, "2.0": 2, "2e0": 2, "3.6e3": 3600, "-1": -1, "-0.0": 0, "null": 7, "9223372036854775807": 1<<63 - 1, "9007199254740992.0": exact,
	} {
		n := Whole(7)
		if err := json.Unmarshal([]byte(text), &n); err != nil || n != want {
			t.Errorf("%s is %d, want %d: %v", text, n, want, err)
		}
	}
	for _, text := range []string{"2.5", "1e-1", "1e16", "1e300", "1e400", "9223372036854775808", `"2"`, "true", "[2]", "{}"} {
		if n := Whole(7); json.Unmarshal([]byte(text), &n) == nil {
			t.Errorf("%s is %d", text, n)
		}
	}
}
