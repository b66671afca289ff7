package domain

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// PortRange is a set of TCP ports in the form "22,80-443": rising, without
// overlap. "" is none.
type PortRange string

// maxPortRange is the most characters that a range of ports may have.
const maxPortRange = 1000

// span is some ports in a row.
type span struct{ first, last int }

// ParsePortRange reads ports and ranges of ports by commas, in any order, and
// puts them into normal form. Errors are *Error with the code Invalid.
func ParsePortRange(s string) (PortRange, error) {
	wrong := Errorf(Invalid, "port_range must be ports from 1 to 65535 and ranges of them by commas, such as 1-1000 or 22,80,8000-8100, in at most %d characters", maxPortRange)
	if s == "" || len(s) > maxPortRange {
		return "", wrong
	}
	var spans []span
	for part := range strings.SplitSeq(s, ",") {
		from, to, isRange := strings.Cut(strings.Trim(part, " "), "-")
		if !isRange {
			to = from
		}
		first, ok := readPort(from)
		last, also := readPort(to)
		if !ok || !also || first > last {
			return "", wrong
		}
		spans = append(spans, span{first, last})
	}
	return written(spans), nil
}

// readPort reads a port: digits alone.
func readPort(s string) (int, bool) {
	if s == "" || len(s) > 5 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 1 && n <= 65535
}

// written joins spans that touch, and writes them down.
func written(spans []span) PortRange {
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.first, b.first) })
	joined := spans[:1]
	for _, s := range spans[1:] {
		if end := &joined[len(joined)-1]; s.first <= end.last+1 {
			end.last = max(end.last, s.last)
		} else {
			joined = append(joined, s)
		}
	}
	words := make([]string, len(joined))
	for i, s := range joined {
		words[i] = strconv.Itoa(s.first)
		if s.last > s.first {
			words[i] += "-" + strconv.Itoa(s.last)
		}
	}
	return PortRange(strings.Join(words, ","))
}

// Ports are the single ports of a range that ParsePortRange has given, rising.
func (r PortRange) Ports() []uint16 {
	var ports []uint16
	for part := range strings.SplitSeq(string(r), ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, ok := readPort(from)
		last, also := readPort(to)
		for port := first; ok && also && port <= last; port++ {
			ports = append(ports, uint16(port))
		}
	}
	return ports
}

// join lists words for a sentence.
func join[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}
