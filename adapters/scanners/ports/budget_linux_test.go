package ports

import (
	"net/netip"
	"os"
	"testing"
)

func TestBudget(t *testing.T) {
	b := newBudget(func() int { return 1000 })
	for i, want := range []int{300, 300, 200, 100, 50, 25, 16, 16} {
		if got := b.take(16, 300); got != want {
			t.Errorf("taker %d has %d, want %d", i, got, want)
		}
	}
	b.give(300)
	b.give(300)
	if got := b.take(16, 300); got != 296 {
		t.Errorf("%d after 600 were given back, want 296", got)
	}
}

// TestSweepsShareDescriptors: a wire opens no more than it took, gives all of
// it back, and closes what it opened.
func TestSweepsShareDescriptors(t *testing.T) {
	before, opened := files.taken, descriptors(t)
	addr := netip.MustParseAddr("127.0.0.1")
	first, err := newWire(addr)
	if err != nil {
		t.Fatal(err)
	}
	second, err := newWire(addr)
	if err != nil {
		t.Fatal(err)
	}
	if got := files.taken - before; got != first.slots()+second.slots() {
		t.Errorf("%d descriptors are accounted for, %d and %d may be used", got, first.slots(), second.slots())
	}
	for slot := range first.slots() {
		first.dial(slot, uint16(slot%1000+1))
	}
	if got := descriptors(t) - opened; got > first.slots()+2 {
		t.Errorf("%d descriptors are open for %d slots", got, first.slots())
	}
	first.close()
	second.close()
	if files.taken != before || descriptors(t) != opened {
		t.Errorf("%d descriptors taken and %d open, %d and %d before", files.taken, descriptors(t), before, opened)
	}
}

// descriptors is how many this process has.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}
