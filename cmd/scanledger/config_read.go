package main

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// maxRetention is the most days that a time.Duration holds, in full years.
const maxRetention = 290 * 365

// retention is how long scans are kept that are over; 0 is for ever. It is
// written as days, "90d" or "90", or as a duration, "2160h".
func (c Config) retention() (time.Duration, error) {
	wrong := fmt.Errorf("%q is neither days, such as 90d, nor a duration, such as 2160h", c.ScanRetention)
	if days, err := strconv.Atoi(strings.TrimSuffix(c.ScanRetention, "d")); err == nil {
		if days < 0 || days > maxRetention {
			return 0, wrong
		}
		return time.Duration(days) * 24 * time.Hour, nil
	}
	keep, err := time.ParseDuration(c.ScanRetention)
	if err != nil || keep < 0 {
		return 0, wrong
	}
	return keep, nil
}

// probeLimit is the most that one probe may take; 0 is what its profile allows.
func (c Config) probeLimit() (time.Duration, error) {
	if c.ProbeLimit == "" {
		return 0, nil
	}
	limit, err := time.ParseDuration(c.ProbeLimit)
	if err != nil || limit < time.Second {
		return 0, fmt.Errorf("%q is no duration of a second or more, such as 90s", c.ProbeLimit)
	}
	return limit, nil
}

// linkCheck is how often links are looked at again; 0 is never.
func (c Config) linkCheck() (time.Duration, error) {
	every, err := time.ParseDuration(c.LinkCheck)
	if err != nil || every < 0 || every > 0 && every < time.Second {
		return 0, fmt.Errorf("%q is neither 0 nor a duration of a second or more, such as 30m", c.LinkCheck)
	}
	return every, nil
}

// prefix reads a CIDR, or an address as the range of itself alone.
func prefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.ParsePrefix(s)
}

func prefixes(ranges []string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(ranges))
	for _, r := range ranges {
		if p, err := prefix(r); err == nil {
			out = append(out, p.Masked())
		}
	}
	return out
}
