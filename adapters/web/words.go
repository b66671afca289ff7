package web

import (
	"strings"
	"time"
)

// OrNull is what say makes of a value; nil, which an answer has as null, where
// there is none.
func OrNull[T, U any](value *T, say func(T) U) *U {
	if value == nil {
		return nil
	}
	said := say(*value)
	return &said
}

// Limit is a limit as answers show it: null for none.
func Limit(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// Stamp is a time in UTC and whole seconds.
func Stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// Listing joins names for a sentence.
func Listing[T ~string](names []T) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = string(n)
	}
	return strings.Join(out, ", ")
}
