package domain

import (
	"slices"
	"testing"
)

// TestCosts has SecAbly's table of scan credit costs, and no profile beside it
// but the built-in ones.
func TestCosts(t *testing.T) {
	seen := map[Profile]bool{}
	for _, c := range []struct {
		scanner Scanner
		mode    string
		cost    int
	}{
		{"builtin", "quick", 0}, {"builtin", "standard", 0}, {"builtin", "deep", 0},
		{"nmap", "quick", 0}, {"nmap", "full", 1}, {"sslyze", "", 0}, {"nuclei", "quick", 2}, {"nuclei", "full", 3},
		{"zap", "baseline", 5}, {"zap", "full", 10},
		{"openvas", "discovery", 10}, {"openvas", "full_and_fast", 15}, {"openvas", "deep", 20},
	} {
		p, ok := ProfileOf(c.scanner, c.mode)
		if !ok || p.Cost() != c.cost || p.Scanner() != c.scanner || p.Mode() != c.mode {
			t.Errorf("%s %s is the profile %q (%v), of %d credits", c.scanner, c.mode, p, ok, p.Cost())
		}
		if tools := p.Tools(); len(tools) == 0 || c.scanner != Builtin && !slices.Equal(tools, []Tool{Tool(c.scanner)}) {
			t.Errorf("%q runs %q", p, tools)
		}
		seen[p] = true
	}
	for p := range costs {
		if !seen[p] {
			t.Errorf("the profile %q is not in the document", p)
		}
	}
	for _, c := range [][2]string{{"zap", "deep"}, {"zap", ""}, {"sslyze", "sslyze"}, {"", "quick"}, {"nikto", "full"}, {"builtin", "zap/full"}} {
		if p, ok := ProfileOf(Scanner(c[0]), c[1]); ok || p != "" {
			t.Errorf("%s %q is the profile %q", c[0], c[1], p)
		}
	}
	for _, p := range []Profile{"", "zap", "zap/", "zap/none", "/full", "QUICK", "builtin/quick"} {
		if p.Scanner() != "" || p.Cost() != 0 || p.Tools() != nil {
			t.Errorf("%q is a profile", p)
		}
	}
}

// TestDepth has one of three words for every profile that there is.
func TestDepth(t *testing.T) {
	for p, want := range map[Profile]Profile{
		Quick: Quick, Standard: Standard, Deep: Deep, NmapQuick: Quick, NmapFull: Deep, SSLyzeOnly: Standard, NucleiQuick: Quick, NucleiFull: Deep,
		ZAPBaseline: Quick, ZAPFull: Deep, OpenVASDiscovery: Quick, OpenVASFullFast: Standard, OpenVASDeep: Deep,
	} {
		if got := p.Depth(); got != want {
			t.Errorf("%s is %s, want %s", p, got, want)
		}
	}
	for p := range costs {
		if d := p.Depth(); d.Scanner() != Builtin {
			t.Errorf("%s has the depth %q", p, d)
		}
	}
}
