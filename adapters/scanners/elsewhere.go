package scanners

import (
	"context"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// webPorts are where web servers stand beside 443 and 80, in the order in which
// they are tried.
var webPorts = []int{8443, 8080, 8000, 8888, 8081, 3000, 5000, 9443, 8008, 9000, 4443, 81}

// knockTime is how long a port has to open.
const knockTime = 3 * time.Second

// Elsewhere finds the web server of a host on which neither 443 nor 80 opens: it
// tries a short list of other ports, and returns the target as the URL of the
// first that opens; else, and where there was nothing to try, as it is. The name
// must stand for the target's addresses.
func Elsewhere(ctx context.Context, job Job) (t domain.Target, tried bool) {
	t = job.Target
	if t.Kind == domain.URLTarget || t.Kind == domain.RangeTarget || len(opens(ctx, job, []int{443, 80})) > 0 {
		return t, false
	}
	open := opens(ctx, job, webPorts)
	for _, port := range webPorts {
		if !open[port] {
			continue
		}
		t.Kind, t.Scheme, t.Port, t.Path = domain.URLTarget, "http", port, "/"
		if speaksTLS(ctx, job, port) {
			t.Scheme = "https"
		}
		break
	}
	return t, true
}

// OtherPorts names the ports that Elsewhere tries, for reports.
func OtherPorts() string {
	words := make([]string, len(webPorts))
	for i, port := range webPorts {
		words[i] = strconv.Itoa(port)
	}
	return strings.Join(words, ", ")
}

// opens says which ports let somebody in, all tried at the same time.
func opens(ctx context.Context, job Job, ports []int) map[int]bool {
	bounded, cancel := context.WithTimeout(ctx, knockTime)
	defer cancel()
	open := map[int]bool{}
	var one sync.Mutex
	var all sync.WaitGroup
	for _, port := range ports {
		all.Go(func() {
			conn, err := job.Net.DialContext(bounded, "tcp", net.JoinHostPort(job.Target.Host, strconv.Itoa(port)))
			if err != nil {
				return
			}
			conn.Close()
			one.Lock()
			defer one.Unlock()
			open[port] = true
		})
	}
	all.Wait()
	return open
}

// speaksTLS says whether a port answers a request within TLS.
func speaksTLS(ctx context.Context, job Job, port int) bool {
	at := &url.URL{Scheme: "https", Host: net.JoinHostPort(job.Target.Domain, strconv.Itoa(port)), Path: "/"}
	_, err := job.Net.Fetch(ctx, Request{URL: at, MaxBody: 1 << 10, Timeout: knockTime})
	return err == nil
}
