package pagetest

import (
	_ "embed"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

//go:embed check.js
var helpers string

// Check fails the test for all that is wrong with the page as it stands. It may
// be called in each state that a page has.
func (p *Page) Check() {
	p.t.Helper()
	for _, wrong := range p.Wrong() {
		p.t.Error(wrong)
	}
}

// Wrong is what axe-core finds, what is wider than the window, each control
// that Tab does not reach or whose focus cannot be seen, and the page's faults
// so far.
func (p *Page) Wrong() []string {
	p.t.Helper()
	Eval[chromedp.Void](p, helpers)
	return slices.Concat(p.axe(), p.wide(), p.unreached(), p.Faults())
}

// axe is what axe-core finds, in all of its rules that are no experiment.
func (p *Page) axe() []string {
	p.t.Helper()
	script, err := os.ReadFile(filepath.Join(Modules(p.t), "axe-core", "axe.min.js"))
	if err != nil {
		p.t.Fatalf("%v: deploy/embedded/install.sh test fetches it", err)
	}
	Eval[chromedp.Void](p, string(script))
	return Eval[[]string](p, "pagetest.axe()")
}

// wide is what makes a visitor scroll to the side.
func (p *Page) wide() []string {
	p.t.Helper()
	return Eval[[]string](p, "pagetest.wide()")
}

// unreached goes through the page by Tab, from its beginning to its end.
func (p *Page) unreached() []string {
	p.t.Helper()
	for range Eval[int](p, "pagetest.begin()") {
		p.Do(chromedp.KeyEvent(kb.Tab))
		if Eval[bool](p, "pagetest.reached()") {
			break
		}
	}
	return Eval[[]string](p, "pagetest.end()")
}

// Modules is where deploy/embedded/install.sh puts what tests have of npm.
func Modules(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(cache, "scanledger", "clients", "node_modules")
}
