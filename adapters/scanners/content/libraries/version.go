package libraries

import (
	"cmp"
	"strings"
)

// atOrAbove says whether version is a later one than than, or the same. It
// compares as retire.js does: part by part, a part that is missing is 0, and
// one that is a number comes after one that is not ("1.0.0" after "1.0.0-rc").
func atOrAbove(version, than string) bool {
	a, b := parts(version), parts(than)
	for i := range max(len(a), len(b)) {
		x, y := part(a, i), part(b, i)
		if isNumber(x) != isNumber(y) {
			return isNumber(x)
		}
		if c := comparePart(x, y); c != 0 {
			return c > 0
		}
	}
	return true
}

func parts(version string) []string {
	return strings.Split(strings.ReplaceAll(version, "-", "."), ".")
}

func part(all []string, i int) string {
	if i < len(all) {
		return all[i]
	}
	return "0"
}

func isNumber(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// comparePart compares two numbers of any length, or two words.
func comparePart(x, y string) int {
	if isNumber(x) {
		x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
		if c := cmp.Compare(len(x), len(y)); c != 0 {
			return c
		}
	}
	return cmp.Compare(x, y)
}
