package domain

import (
	"reflect"
	"strings"
	"unicode/utf8"
)

// maxText is how many bytes of one text that came from a target go into an
// event. What is longer is in the evidence.
const maxText = 4096

// tidied returns an observation whose texts can be stored anywhere: valid
// UTF-8 without NUL, none longer than maxText. Lists and maps that are absent
// are empty ones, so that readers of JSON find [] and {}, never null.
func tidied(o Observation) Observation {
	v := reflect.New(reflect.TypeOf(o)).Elem()
	v.Set(reflect.ValueOf(o))
	return tidyValue(v).Interface().(Observation)
}

// tidyValue returns a copy of v with every text in it made storable.
func tidyValue(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		out.SetString(tidyText(v.String()))
	case reflect.Struct:
		for i := range v.NumField() {
			if f := out.Field(i); f.CanSet() {
				f.Set(tidyValue(v.Field(i)))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(tidyValue(v.Elem()))
		}
	case reflect.Slice:
		out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		for i := range v.Len() {
			out.Index(i).Set(tidyValue(v.Index(i)))
		}
	case reflect.Map:
		out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for _, k := range v.MapKeys() {
			out.SetMapIndex(tidyValue(k), tidyValue(v.MapIndex(k)))
		}
	}
	return out
}

// tidyText makes one text storable.
func tidyText(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
	if len(s) <= maxText {
		return s
	}
	cut := maxText - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
