package secably

import "testing"

// TestLatency is written without an exponent, however short it is.
func TestLatency(t *testing.T) {
	for seconds, want := range map[float64]string{0.025: "0.025s", 1e-5: "0.00001s", 1.26e-6: "0.000001s", 0.0123456: "0.012346s", 1: "1s", 123.5: "123.5s"} {
		if got := latency(seconds); got != want {
			t.Errorf("%g s is %s, want %s", seconds, got, want)
		}
	}
}
