package vitals

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/inspector"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

//go:embed observe.js
var observe string

const (
	world = "scanledger"
	tells = "scanledgerTell"
)

// screen is the phone's that Lighthouse takes by default.
var screen = emulation.SetDeviceMetricsOverrideParams{Width: 412, Height: 823, DeviceScaleFactor: 1.75, Mobile: true}

// agent is what the browser calls itself: the phone's browser that it shows
// itself as, and us. The version is its own.
const agent = "Mozilla/5.0 (Linux; Android 11; moto g power (2022)) AppleWebKit/537.36 (KHTML, like Gecko) %s Mobile Safari/537.36 " + scanners.UserAgent

// told is one message of observe.js.
type told struct {
	Origin  float64                   `json:"origin"` // tells documents apart
	Ended   float64                   `json:"ended"`
	URL     string                    `json:"url"`
	Flood   bool                      `json:"flood"`
	Entries []domain.PerformanceEntry `json:"entries"`
}

// visit is one page as a browser saw it.
type visit struct {
	proxy    *proxy
	timeline domain.PageTimeline
	origin   float64
	warmed   bool // whether the browser has painted anything
	crashed  bool
	session  target.SessionID
	link     *link
	patience time.Duration
	why      error // why there is nothing to measure; nil where there is
}

// load opens a page and waits for it to come to rest, or for patience's end.
func (v *visit) load(ctx context.Context, b *chromium, address string, patience time.Duration) error {
	v.link, v.patience = b.link, patience
	if err := v.prepare(ctx, b); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer context.AfterFunc(limited, b.cancel)() // it may be too busy to listen
	err := v.navigate(limited, address)
	if err == nil {
		err = v.await(limited)
	}
	if err != nil && (ctx.Err() != nil || limited.Err() == nil) {
		return err
	}
	v.judge()
	return nil
}

// prepare opens an empty page that leaves no trace, as a phone would show it.
// It alone has the proxy that leads to the guard.
func (v *visit) prepare(ctx context.Context, b *chromium) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	version, err := call(ctx, v.link, "", browser.GetVersion, cdp.Empty{}, nil)
	if err != nil {
		return err
	}
	b.ready = true
	v.timeline.Browser = strings.Replace(version.Product, "Headless", "", 1)
	apart, err := call(ctx, v.link, "", target.CreateBrowserContext, target.CreateBrowserContextParams{
		ProxyServer: "http://" + v.proxy.address, ProxyBypassList: "<-loopback>"}, nil)
	if err != nil {
		return err
	}
	_, err = call(ctx, v.link, "", browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
		Behavior: browser.SetDownloadBehaviorBehaviorDeny, BrowserContextID: apart.BrowserContextID}, nil)
	if err != nil {
		return err
	}
	empty, err := call(ctx, v.link, "", target.CreateTarget, target.CreateTargetParams{URL: "about:blank", BrowserContextID: apart.BrowserContextID}, nil)
	if err != nil {
		return err
	}
	attached, err := call(ctx, v.link, "", target.AttachToTarget, target.AttachToTargetParams{TargetID: empty.TargetID, Flatten: new(true)}, nil)
	if err != nil {
		return err
	}
	v.session = attached.SessionID
	if err := v.equip(ctx); err != nil {
		return err
	}
	return v.warm(ctx)
}

// blank is a page that is painted before the one that is measured, which else
// would pay for the browser's own beginning.
const blank = "data:text/html,<h1>a</h1>"

// warm waits until the browser has painted something.
func (v *visit) warm(ctx context.Context) error {
	if err := v.navigate(ctx, blank); err != nil {
		return err
	}
	for !v.warmed {
		if err := v.next(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (v *visit) equip(ctx context.Context) error {
	chrome, _, _ := strings.Cut(v.timeline.Browser, ".")
	_, err := call(ctx, v.link, v.session, page.Enable, page.EnableParams{}, nil)
	if err == nil {
		_, err = call(ctx, v.link, v.session, inspector.Enable, cdp.Empty{}, nil)
	}
	if err == nil {
		_, err = call(ctx, v.link, v.session, emulation.SetDeviceMetricsOverride, screen, nil)
	}
	if err == nil {
		_, err = call(ctx, v.link, v.session, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: fmt.Sprintf(agent, chrome+".0.0.0")}, nil)
	}
	if err == nil {
		_, err = call(ctx, v.link, v.session, runtime.Enable, cdp.Empty{}, nil)
	}
	if err == nil {
		_, err = call(ctx, v.link, v.session, runtime.AddBinding, runtime.AddBindingParams{Name: tells, ExecutionContextName: world}, nil)
	}
	if err == nil {
		_, err = call(ctx, v.link, v.session, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: observe, WorldName: world}, nil)
	}
	return err
}

func (v *visit) navigate(ctx context.Context, address string) error {
	went, err := call(ctx, v.link, v.session, page.Navigate, page.NavigateParams{URL: address}, func(m *cdproto.Message) error { return v.heed(ctx, m) })
	switch {
	case err != nil:
		return err
	case went.IsDownload:
		return scanners.Skip("what the target answers is a download")
	case went.ErrorText != "":
		return scanners.Skip("the browser cannot open the page: %s", went.ErrorText)
	default:
		return nil
	}
}

// await waits until the page is at rest.
func (v *visit) await(ctx context.Context) error {
	for {
		if _, rests := v.timeline.AtRest(); rests || v.crashed {
			return nil
		}
		if err := v.next(ctx); err != nil {
			return err
		}
	}
}

// next waits for the next thing that happens in the page.
func (v *visit) next(ctx context.Context) error {
	select {
	case m := <-v.link.events:
		return v.heed(ctx, m)
	case <-v.link.ended:
		return v.link.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// heed takes up what happened in the page.
func (v *visit) heed(ctx context.Context, m *cdproto.Message) error {
	switch string(m.Method) {
	case page.JavascriptDialogOpening.Method:
		// Nobody is there to read it. The answer is of no interest.
		_, err := send(ctx, v.link, v.session, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
		return err
	case inspector.TargetCrashed.Method:
		v.crashed = true
	case runtime.BindingCalled.Method:
		var call runtime.EventBindingCalled
		if err := jsonv2.Unmarshal(m.Params, &call); err != nil || call.Name != tells {
			return err
		}
		var t told
		if err := json.Unmarshal([]byte(call.Payload), &t); err != nil {
			return err
		}
		return v.take(t)
	}
	return nil
}

// take adds what was told of a document; that of an earlier one is forgotten.
func (v *visit) take(t told) error {
	if t.URL == blank {
		v.warmed = v.warmed || slices.ContainsFunc(t.Entries, func(e domain.PerformanceEntry) bool { return e.EntryType == "paint" })
	}
	if u, err := url.Parse(t.URL); err != nil || u.Scheme != "http" && u.Scheme != "https" || t.Origin < v.origin {
		return nil
	}
	if t.Flood {
		return scanners.ErrFlood
	}
	if t.Origin > v.origin {
		v.origin = t.Origin
		v.timeline = domain.PageTimeline{Browser: v.timeline.Browser}
	}
	v.timeline.URL, v.timeline.Ended = t.URL, max(v.timeline.Ended, t.Ended)
	v.timeline.Entries = append(v.timeline.Entries, t.Entries...)
	return nil
}

// judge says whether there is anything to measure.
func (v *visit) judge() {
	switch measured := v.timeline.Vitals(); {
	case v.crashed:
		v.why = &scanners.NotTested{Outcome: domain.TimedOut, Reason: "the page was given up: it crashed in the browser, for want of memory as a rule"}
	case measured.TTFB == nil && measured.FCP == nil:
		v.why = &scanners.NotTested{Outcome: domain.TimedOut, Reason: "the page did not begin in time in the browser"}
	}
}

// unmeasured says why a vital is null.
func (v *visit) unmeasured() (domain.Outcome, string) {
	_, rests := v.timeline.AtRest()
	switch {
	case v.timeline.Vitals().FCP == nil:
		return domain.Skipped, "the page painted nothing"
	case !rests:
		return domain.TimedOut, fmt.Sprintf("the page was not loaded and at rest after %.0f s", v.patience.Seconds())
	default:
		return domain.Skipped, "the browser tells of none"
	}
}
