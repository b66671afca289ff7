package ports

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"sort"
	"testing"
	"time"
)

// BenchmarkLoopback65535 sweeps all ports of the loopback address, and sets
// the time against nmap's connect scan of the same address in the same run.
func BenchmarkLoopback65535(b *testing.B) {
	all := make([]uint16, 65535)
	for i := range all {
		all[i] = uint16(i + 1)
	}
	var ours, peer []time.Duration
	for b.Loop() {
		start := time.Now()
		w, err := newWire(netip.MustParseAddr("127.0.0.1"))
		if err != nil {
			b.Fatal(err)
		}
		s := newSweep(w, time.Now, all)
		err = s.run(context.Background())
		w.close()
		if err != nil || s.done != len(all) {
			b.Fatalf("sweep: %v, %d ports done", err, s.done)
		}
		ours = append(ours, time.Since(start))

		b.StopTimer()
		start = time.Now()
		out, err := exec.Command("nmap", "-sT", "-n", "-Pn", "-p-", "127.0.0.1").CombinedOutput()
		if err != nil {
			b.Fatalf("nmap: %v: %s", err, out)
		}
		peer = append(peer, time.Since(start))
		b.StartTimer()
	}
	x, y := median(ours), median(peer)
	b.ReportMetric(x/y, "ratio")
	fmt.Printf("\nports/full-tcp-vs-nmap-sT ratio %.2f (ours %.3f, peer %.3f, unit s)\n", x/y, x, y)
}

func median(of []time.Duration) float64 {
	sort.Slice(of, func(i, j int) bool { return of[i] < of[j] })
	return of[len(of)/2].Seconds()
}
