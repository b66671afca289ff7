package ports

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// TestChooseInPlaceOfNmap looks at what nmap was asked for.
func TestChooseInPlaceOfNmap(t *testing.T) {
	url := domain.Target{Kind: domain.URLTarget, Port: 54321}
	for name, c := range map[string]struct {
		profile domain.Profile
		target  domain.Target
		ports   domain.PortRange
		many    int
		first   uint16
	}{
		"quick":                            {domain.NmapQuick, domain.Target{}, "", 1000, 7},
		"quick, of a URL":                  {domain.NmapQuick, url, "", 1001, 54321},
		"full":                             {domain.NmapFull, domain.Target{}, "", 65535, 7},
		"a range":                          {domain.NmapFull, url, "1-1000", 1000, 7},
		"some":                             {domain.NmapQuick, url, "22,80,50001", 3, 22},
		"of no frequent one":               {domain.NmapFull, url, "50001-50002", 2, 50001},
		"the whole, by a range of its own": {domain.NmapFull, url, "1-65535", 65535, 7},
	} {
		got := Choose(scanners.Job{Profile: c.profile, Target: c.target, Options: domain.Options{Nmap: &domain.NmapOptions{Ports: c.ports}}})
		if len(got) != c.many || got[0] != c.first || len(unique(slices.Clone(got))) != c.many {
			t.Errorf("%s: %d ports from %d, want %d from %d", name, len(got), got[0], c.many, c.first)
		}
		slices.Sort(got)
		if c.ports != "" && !slices.Equal(got, c.ports.Ports()) {
			t.Errorf("%s: %v are not what was asked for", name, got)
		}
	}
}

// TestBeyond: what was not asked for is in the ledger, too.
func TestBeyond(t *testing.T) {
	for n, want := range map[int]string{100: "the other 65435 TCP ports;UDP ports", mostPorts - 1: "the other 1 TCP port;UDP ports", mostPorts: "UDP ports"} {
		var got []string
		for _, c := range Beyond(domain.Quick, n) {
			if got = append(got, c.What); c.Outcome != domain.Skipped || c.Reason == "" {
				t.Errorf("%+v", c)
			}
		}
		if strings.Join(got, ";") != want {
			t.Errorf("%d ports: %q, want %q", n, got, want)
		}
	}
}

// TestScanOfARange finds an open port in the range and none beside it, says how
// far away the host is, and that the aggressive part was not done.
func TestScanOfARange(t *testing.T) {
	inside, outside := serve(t, greets("SSH-2.0-x\r\n")), serve(t, greets("SSH-2.0-y\r\n"))
	r := &record{}
	j := job(r, "127.0.0.1", domain.NmapFull)
	asked, err := domain.ParsePortRange(strings.TrimSuffix(Compact([]uint16{inside})[0], "/tcp"))
	if err != nil {
		t.Fatal(err)
	}
	j.Options.Nmap = &domain.NmapOptions{Ports: asked, Aggressive: true}
	if err := (Scanner{}).Scan(context.Background(), j, r.see); err != nil {
		t.Fatal(err)
	}
	if open := all[domain.Port](r); len(open) != 1 || open[0].Port != int(inside) {
		t.Errorf("open %v, want %d and not %d", open, inside, outside)
	}
	if hosts := all[domain.Host](r); len(hosts) != 1 || hosts[0].Address != "127.0.0.1" || hosts[0].Latency <= 0 {
		t.Errorf("hosts %v", hosts)
	}
	for _, what := range []string{"aggressive", "65534 TCP ports", "UDP"} {
		skipped := func(c domain.Coverage) bool {
			return strings.Contains(c.What, what) && c.Outcome == domain.Skipped
		}
		if coverage := all[domain.Coverage](r); !slices.ContainsFunc(coverage, skipped) {
			t.Errorf("%s is not said to be skipped: %v", what, coverage)
		}
	}
}
