// Package pagetest opens pages in a real browser, as their visitors do, and
// says what is wrong with them. The browser resolves no name, so that what a
// page asks for beyond this machine fails, and is told.
package pagetest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Widths are those of a phone and of a desk, in CSS pixels. Every page is to be
// of use at both.
var Widths = []int64{390, 1280}

const (
	height   = 844
	patience = time.Minute // for all that a test does with one page
)

// Browser is a browser that ends with the test.
type Browser struct{ ctx context.Context }

// Page is a page in a browser, beside whose others it stands as if it were
// somebody else's. Its methods fail the test when the browser does not do as it
// is told.
type Page struct {
	t    testing.TB
	ctx  context.Context
	host string

	mu     sync.Mutex
	faults []string
}

// Each opens url at each of Widths, one after the other, and has use do with
// the page what a visitor does, each in a test of its own.
func Each(t *testing.T, url string, use func(t *testing.T, p *Page)) {
	t.Helper()
	b := Start(t)
	for _, width := range Widths {
		t.Run(fmt.Sprint(width), func(t *testing.T) { use(t, b.Open(t, url, width)) })
	}
}

// Start starts a browser.
func Start(t testing.TB) *Browser {
	t.Helper()
	ctx, end := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), flags()...)
	t.Cleanup(end)
	ctx, quit := chromedp.NewContext(ctx)
	t.Cleanup(quit)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("the browser does not start: %v", err)
	}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil { // waits for its end
			t.Errorf("the browser does not end: %v", err)
		}
	})
	return &Browser{ctx}
}

// Open opens a URL in a window of that width and waits for the page to be
// loaded.
func (b *Browser) Open(t testing.TB, address string, width int64) *Page {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	p := &Page{t: t, host: at.Host}
	tab, leave := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.heed))
	t.Cleanup(leave)
	p.ctx = tab
	p.Do() // the tab lives as long as what it is opened with
	p.ctx, leave = context.WithTimeout(tab, patience)
	t.Cleanup(leave)
	p.Do(listening, chromedp.EmulateViewport(width, height), chromedp.Navigate(address))
	return p
}

// flags are chromedp's, with no way to any other host; a browser of root's has
// no sandbox, and opens nothing but our own pages.
func flags() []chromedp.ExecAllocatorOption {
	all := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
		chromedp.Flag("no-proxy-server", true),
		chromedp.WSURLReadTimeout(patience),
	)
	if os.Geteuid() == 0 {
		all = append(all, chromedp.NoSandbox)
	}
	return all
}

// Do has the browser do something.
func (p *Page) Do(actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, actions...); err != nil {
		p.t.Fatalf("the browser: %v; the page's faults: %q", err, p.Faults())
	}
}

// Offline has the page reach nobody from now on.
func (p *Page) Offline() {
	p.t.Helper()
	p.Do(func(ctx context.Context, t *chromedp.Target) (none chromedp.Void, err error) {
		_, err = cdp.Call(ctx, t, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{
			MatchedNetworkConditions: []*network.Conditions{{Offline: true, DownloadThroughput: -1, UploadThroughput: -1}},
		})
		return none, err
	})
}

// Press clicks what the CSS selector finds first, as soon as it is visible.
func (p *Page) Press(selector string) {
	p.t.Helper()
	p.Do(chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
}

// Type writes a text into a field, by keys, after what it holds already.
func (p *Page) Type(selector, text string) {
	p.t.Helper()
	p.Do(chromedp.SendKeys(chromedp.CSS(selector), text, chromedp.NodeVisible))
}

// Text is the text that is shown in the first element of a CSS selector.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	return do(p, chromedp.Text(chromedp.CSS(selector), chromedp.NodeReady))
}

// Await waits until a JavaScript expression is true on the page.
func (p *Page) Await(expression string) {
	p.t.Helper()
	do(p, chromedp.Poll[chromedp.Void](expression, chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(0)))
}

// Eval has a page compute a JavaScript expression, or what it promises.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	return do(p, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// do is Do for something that has a value.
func do[T any](p *Page, action chromedp.Action[T]) T {
	p.t.Helper()
	value, err := chromedp.Run(p.ctx, action)
	if err != nil {
		p.t.Fatalf("the browser: %v; the page's faults: %q", err, p.Faults())
	}
	return value
}
