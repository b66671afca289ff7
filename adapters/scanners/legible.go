package scanners

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"github.com/scanledger/scanledger/domain"
)

// acts says whether a terminal or a reader's eye is moved by a character: controls
// other than white space, bidirectional ones, and separators of lines. What only
// joins or parts letters stays.
func acts(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}

// Legible is a target's text with what acts told by its code point. Evidence has it
// as it came.
func Legible(s string) string {
	if !strings.ContainsFunc(s, acts) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if acts(r) {
			fmt.Fprintf(&b, "[U+%04X]", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// legibly is an observation of which all texts are plain: what reads events and
// reports, on whatever way, need not know what a target had in mind for it.
func legibly(o domain.Observation) domain.Observation {
	v := reflect.ValueOf(o)
	if !anyActs(v) {
		return o
	}
	clean, _ := legibleCopy(v).Interface().(domain.Observation)
	return clean
}

// anyActs looks whether there is anything to do, as there mostly is not.
func anyActs(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		return strings.ContainsFunc(v.String(), acts)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && anyActs(v.Field(i)) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if anyActs(v.Index(i)) {
				return true
			}
		}
	case reflect.Map:
		for key, value := range v.Seq2() {
			if anyActs(key) || anyActs(value) {
				return true
			}
		}
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && anyActs(v.Elem())
	}
	return false
}

// legibleCopy is a copy with plain texts, that shares nothing with what it is of.
func legibleCopy(v reflect.Value) reflect.Value {
	to := reflect.New(v.Type()).Elem()
	to.Set(v)
	switch v.Kind() {
	case reflect.String:
		to.SetString(Legible(v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				to.Field(i).Set(legibleCopy(v.Field(i)))
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			to.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				to.Index(i).Set(legibleCopy(v.Index(i)))
			}
		}
	case reflect.Array:
		for i := range v.Len() {
			to.Index(i).Set(legibleCopy(v.Index(i)))
		}
	case reflect.Map:
		if !v.IsNil() {
			to.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
			for key, value := range v.Seq2() {
				to.SetMapIndex(legibleCopy(key), legibleCopy(value))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			to.Set(reflect.New(v.Type().Elem()))
			to.Elem().Set(legibleCopy(v.Elem()))
		}
	case reflect.Interface:
		if !v.IsNil() {
			to.Set(legibleCopy(v.Elem()))
		}
	}
	return to
}
