package speed

import (
	"math"
	"testing"
)

func TestLeast(t *testing.T) {
	none := math.NaN()
	for _, row := range []struct {
		times []float64
		want  int
	}{
		{nil, -1}, {[]float64{none, none}, -1}, {[]float64{none, 3, none, 2, 2.5}, 3}, {[]float64{0, 1}, 0},
	} {
		if got := least(row.times); got != row.want {
			t.Errorf("of %v it is %d", row.times, got)
		}
	}
}
