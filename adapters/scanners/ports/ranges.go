package ports

import (
	"slices"
	"strconv"
	"strings"
)

// ranges reads "22,80-82" into single ports, in the order given. The strings
// are this package's own.
func ranges(list string) []uint16 {
	var ports []uint16
	for part := range strings.SplitSeq(list, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		first, _ := strconv.ParseUint(from, 10, 16)
		last, _ := strconv.ParseUint(to, 10, 16)
		for port := first; port > 0 && port <= last; port++ {
			ports = append(ports, uint16(port))
		}
	}
	return ports
}

// mostRanges bounds one line of coverage.
const mostRanges = 500

// Compact writes ports as "22/tcp" and "22,80-82/tcp", in several strings
// where it would be very long.
func Compact(ports []uint16) []string {
	slices.Sort(ports)
	ports = slices.Compact(ports)
	var lines, parts []string
	for i := 0; i < len(ports); {
		j := i
		for j+1 < len(ports) && ports[j+1] == ports[j]+1 {
			j++
		}
		part := strconv.Itoa(int(ports[i]))
		if j > i {
			part += "-" + strconv.Itoa(int(ports[j]))
		}
		parts = append(parts, part)
		if i = j + 1; len(parts) == mostRanges || i == len(ports) {
			lines = append(lines, strings.Join(parts, ",")+"/tcp")
			parts = nil
		}
	}
	return lines
}
