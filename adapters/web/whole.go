package web

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
)

// Whole is a whole number in a body, however JSON writes it: 2, 2.0 or 2e0.
type Whole int64

// exact is how far a float64 tells whole numbers apart.
const exact = 1 << 53

// UnmarshalJSON implements json.Unmarshaler. What is no whole number, or a larger
// one than there is room for, is a json.UnmarshalTypeError.
func (w *Whole) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		return nil
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		*w = Whole(n)
		return nil
	}
	var f float64
	if err := json.Unmarshal(raw, &f); err != nil {
		return err
	}
	if f != math.Trunc(f) || math.Abs(f) > exact {
		return &json.UnmarshalTypeError{Value: "number " + string(raw), Type: reflect.TypeFor[int]()}
	}
	*w = Whole(f)
	return nil
}
