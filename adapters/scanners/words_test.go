package scanners

import "testing"

func TestCount(t *testing.T) {
	for want, n := range map[string]int{"0 ports": 0, "1 port": 1, "2 ports": 2, "65535 ports": 65535} {
		if got := Count(n, "port"); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
