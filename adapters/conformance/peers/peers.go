//go:build peers

// Package peers is for the tests that set us beside other tools: `make peers`
// lays the tools out in .peers (deploy/peers/install.sh) and runs them.
package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Table prints a line for each comparison with a peer, and fails its test
// where we are worse for no reason that is written down.
type Table struct {
	Peer string // "nmap -sV 7.93"
	// Why has, by Row's what, the reasons for which we differ on purpose. One
	// that no row needs is a failure too.
	Why map[string]string

	t    *testing.T
	mu   sync.Mutex
	used map[string]bool
	same int
	all  int
}

// New begins a table, which ends with its test: with a line that counts its
// rows.
func New(t *testing.T, peer string, why map[string]string) *Table {
	table := &Table{Peer: peer, Why: why, t: t, used: map[string]bool{}}
	t.Cleanup(table.end)
	return table
}

// Row compares two words. It prints both with "same", or with the reason why
// not; without one the test fails.
func (p *Table) Row(what, ours, theirs string) {
	p.t.Helper()
	p.row(what, ours, theirs, ours == theirs)
}

// Better compares where ours may be more than theirs: enough says whether it
// is as good or better.
func (p *Table) Better(what string, enough bool, ours, theirs any) {
	p.t.Helper()
	p.row(what, fmt.Sprint(ours), fmt.Sprint(theirs), enough)
}

// Ratio prints a figure as `NAME ratio R (ours X, peer Y, unit U)` and as a
// row; it has to be in the range from least to most.
func (p *Table) Ratio(name string, ours, theirs float64, unit string, least, most float64) {
	p.t.Helper()
	ratio := ours / theirs
	fmt.Printf("%s ratio %.3g (ours %.4g, peer %.4g, unit %s)\n", name, ratio, ours, theirs, unit)
	p.row(name, fmt.Sprintf("%.4g %s", ours, unit), fmt.Sprintf("%.4g %s", theirs, unit), ratio >= least && ratio <= most)
}

func (p *Table) row(what, ours, theirs string, well bool) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all++
	verdict, why := "same", p.Why[what]
	switch {
	case well && ours == theirs:
		p.same++
	case well:
		p.same++
		verdict = "within the aim"
	case why != "":
		p.used[what] = true
		verdict = why
	default:
		verdict = "DIFFERS"
		p.t.Errorf("%s: %s: ours %s, theirs %s, and no reason is written down", p.Peer, what, ours, theirs)
	}
	fmt.Printf("peer %s | %s | %s | %s | %s\n", p.Peer, what, ours, theirs, verdict)
}

func (p *Table) end() {
	for what := range p.Why {
		if !p.used[what] && !p.t.Failed() {
			p.t.Errorf("%s: %s: there is a reason to differ, and no difference", p.Peer, what)
		}
	}
	fmt.Printf("peer %s | %s | %d rows | %d same | %d differ on purpose\n", p.Peer, p.t.Name(), p.all, p.same, len(p.used))
}

// Path is a file or folder below .peers, which has to be there.
func Path(t testing.TB, elements ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{root(t), ".peers"}, elements...)...)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: run deploy/peers/install.sh", err)
	}
	return path
}

// Script is a file below deploy/peers.
func Script(t testing.TB, elements ...string) string {
	t.Helper()
	return filepath.Join(append([]string{root(t), "deploy", "peers"}, elements...)...)
}

func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for ; err == nil && dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("the repository's top is not above the working directory")
	return ""
}
