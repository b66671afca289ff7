package secably

import (
	"testing"
	"time"
)

func TestEstimate(t *testing.T) {
	s, m := time.Second, time.Minute
	for _, c := range []struct {
		took []time.Duration
		want string
	}{
		{nil, ""},
		{[]time.Duration{0}, "1 second"},
		{[]time.Duration{200 * time.Millisecond}, "1 second"},
		{[]time.Duration{4 * s}, "4 seconds"},
		{[]time.Duration{6 * s, 4 * s}, "4-6 seconds"},
		{[]time.Duration{90 * s}, "90 seconds"},
		{[]time.Duration{16 * m, 20 * m, 15 * m, 3 * time.Hour, 1 * s}, "15-20 minutes"},
		{[]time.Duration{91 * s, 100 * s}, "2 minutes"},
		{[]time.Duration{s, m + 31*s}, "1-2 minutes"},
	} {
		if got := estimateOf(c.took); got != c.want {
			t.Errorf("%v: %q, want %q", c.took, got, c.want)
		}
	}
}
