package pagetest

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// listening has the browser tell what heed listens to, and answer each dialog
// with yes, or a page would wait for ever.
func listening(ctx context.Context, t *chromedp.Target) (none chromedp.Void, err error) {
	if _, err = cdp.Call(ctx, t, network.Enable, network.EnableParams{}); err != nil {
		return none, err
	}
	if _, err = cdp.Call(ctx, t, log.Enable, cdp.Empty{}); err != nil {
		return none, err
	}
	dialogs := cdp.Events(ctx, t, page.JavascriptDialogOpening)
	go func() {
		for range dialogs {
			cdp.Call(ctx, t, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true}) // fails only with the browser
		}
	}()
	return none, nil
}

// heed notes what a good page does not do: ask another host, write an error to
// the console, throw one that nobody catches.
func (p *Page) heed(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.asked(e.Request.URL)
	case *network.EventWebSocketCreated:
		p.asked(e.URL)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			p.note("the console says: %s (%s)", e.Entry.Text, e.Entry.URL)
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeAssert {
			p.note("the console says: %s", said(e.Args))
		}
	case *runtime.EventExceptionThrown:
		p.note("nobody catches: %s", e.ExceptionDetails.Text+" "+e.ExceptionDetails.Exception.Description)
	}
}

func said(args []*runtime.RemoteObject) string {
	words := make([]string, len(args))
	for i, a := range args {
		if words[i] = a.Description; words[i] == "" {
			words[i] = strings.Trim(string(a.Value), `"`)
		}
	}
	return strings.Join(words, " ")
}

// asked notes a request to another host than the page's.
func (p *Page) asked(address string) {
	at, err := url.Parse(address)
	if err != nil || at.Host != p.host && !slices.Contains([]string{"data", "blob", "about"}, at.Scheme) {
		p.note("the page asks a foreign host: %.200s", address)
	}
}

func (p *Page) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, fmt.Sprintf(format, args...))
}

// Faults are what the page has done so far that it should not.
func (p *Page) Faults() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.faults)
}

// Expect takes the faults that have these words off: a test that has the server
// refuse something finds that on the console. There has to be one.
func (p *Page) Expect(words string) {
	p.t.Helper()
	Eval[int](p, "0") // what was told before this answer has been heeded
	p.mu.Lock()
	defer p.mu.Unlock()
	others := slices.DeleteFunc(slices.Clone(p.faults), func(f string) bool { return strings.Contains(f, words) })
	if len(others) == len(p.faults) {
		p.t.Errorf("the page has no fault that says %q, but %q", words, p.faults)
	}
	p.faults = others
}
