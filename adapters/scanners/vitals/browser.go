package vitals

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/scanledger/scanledger/adapters/scanners"
)

const (
	memory   = 1 << 30  // bytes that a browser with all its processes may have for itself
	heap     = 256      // MiB of a page's scripts
	messages = 64 << 20 // bytes that a browser may tell of one page
)

// flags are a browser's, beside its folder and its proxy. All that it asks the
// network for goes through a proxy: it looks up no name, and speaks no protocol
// that proxies do not. What it asks for of its own accord, which is little, goes
// to a proxy that refuses it; a page has another.
var flags = []string{
	"--headless", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check",
	"--proxy-bypass-list=<-loopback>", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-quic",
	"--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--webrtc-ip-handling-policy=disable_non_proxied_udp",
	"--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-extensions",
	"--disable-sync", "--disable-domain-reliability", "--disable-client-side-phishing-detection", "--no-pings",
	"--disable-breakpad", "--disable-crash-reporter", "--metrics-recording-only", "--disable-field-trial-config",
	"--disable-features=" + strings.Join([]string{
		"HttpsUpgrades", "HttpsFirstBalancedModeAutoEnable", "OptimizationHints", "MediaRouter", "DialMediaRouteProvider",
		"Translate", "AutofillServerCommunication", "CertificateTransparencyComponentUpdater",
	}, ","),
	"--block-new-web-contents", "--deny-permission-prompts", "--disable-notifications", "--mute-audio", "--disable-gpu",
	"--disable-dev-shm-usage", "--disk-cache-size=1", "--password-store=basic", "--use-mock-keychain",
	"--ignore-certificate-errors", // whether the site is to be trusted, others say
	"--disable-background-timer-throttling", "--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows",
	fmt.Sprintf("--js-flags=--max-old-space-size=%d", heap),
}

// chromium is a browser that runs for one page. It is spoken to over a pipe,
// so that nobody else can.
type chromium struct {
	process *scanners.Process
	link    *link
	ready   bool // whether it ever answered
	cancel  context.CancelFunc
}

// start starts a browser, which has not answered yet.
func start(ctx context.Context, room *scanners.Room, program, proxy string) (*chromium, error) {
	theirIn, in, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	out, theirOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(err, theirIn.Close(), in.Close())
	}
	ctx, cancel := context.WithCancel(ctx)
	process, err := room.Start(ctx, scanners.Child{
		Path: program, Memory: memory, Files: []*os.File{theirIn, theirOut},
		Args: append([]string{"--user-data-dir=" + room.Home + "/profile", "--proxy-server=http://" + proxy}, flags...),
	})
	theirIn.Close()
	theirOut.Close()
	if err != nil {
		cancel()
		return nil, errors.Join(err, in.Close(), out.Close())
	}
	pipe := chromedp.NewPipeConn(scanners.Bounded(out, messages), in)
	return &chromium{process: process, link: newLink(ctx, pipe), cancel: cancel}, nil
}

// await waits for the browser's own end, but not for long.
func (b *chromium) await(patience time.Duration) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-b.process.Done:
	case <-timer.C:
	}
}

// stop kills the browser and waits for its end. It may be called again.
func (b *chromium) stop() {
	b.cancel()
	<-b.process.Done
	b.link.close()
}

// startError says more of the one failure that operators meet.
func (b *chromium) startError(end error) error {
	if strings.Contains(b.process.Said(), "usable sandbox") {
		return errors.New("it has no sandbox here, and is not run without: allow user namespaces, or set SCANLEDGER_CHROMIUM to a script that adds --no-sandbox")
	}
	return end
}
