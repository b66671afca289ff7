//go:build peers

package qr

import (
	"flag"
	"fmt"
	"testing"
)

var firstSeed = flag.Uint64("seed", 10_000, "of the first code of TestPeersCodes")

// TestPeersCodes is TestRandomCodes with a thousand codes.
func TestPeersCodes(t *testing.T) {
	const count = 1000
	refused := 0
	for from := uint64(0); from < count; from += 25 { // a page is open for a minute
		t.Run(fmt.Sprint(from), func(t *testing.T) { refused += codesFrom(t, newPainter(t), *firstSeed+from, 25) })
	}
	if refused > count/5 {
		t.Errorf("%d of %d codes were refused", refused, count)
	}
	if !t.Failed() {
		fmt.Printf("codes ratio 1 (ours %d, peer %[1]d, unit codes that zbar and gozxing read as they were meant; %d were refused)\n", count-refused, refused)
	}
}
