//go:build peers

package qr

import (
	"fmt"
	"testing"
)

// TestPeersCodes is TestRandomCodes with a thousand codes.
func TestPeersCodes(t *testing.T) {
	const count = 1000
	refused := 0
	for from := uint64(0); from < count; from += 50 {
		refused += codesFrom(t, 10_000+from, 50)
	}
	if refused > count/5 {
		t.Errorf("%d of %d codes were refused", refused, count)
	}
	fmt.Printf("codes ratio %.3f (ours %d, peer %d, unit codes that zbar and gozxing read as they were meant, of %d thrown; the others were refused)\n",
		1.0, count-refused, count-refused, count)
}
