package scanners

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Destinations = (*Destinations)(nil)

// Destinations says whether short links may lead somewhere. It is safe for
// concurrent use.
type Destinations struct {
	Guard *Guard
	Own   []string // hosts, with their ports, that are this installation's own beside the one that was asked; names are so on every port
	Lists []*File[*Blocklist]
	Log   *slog.Logger

	told sync.Map // of each list's path what is wrong with it, as it was told
}

// judgeTime bounds how long a destination's addresses are looked for.
const judgeTime = 3 * time.Second

// Judge implements commands.Destinations. A name is looked up, and all of its
// addresses have to be such as may be reached; nobody else is asked anything. A list
// that cannot be read any more is used as it was.
func (d *Destinations) Judge(ctx context.Context, destination, here string) (domain.BlockReason, error) {
	u, err := url.Parse(destination)
	if err != nil {
		return "", err
	}
	return d.place(ctx, u, here)
}

// onwardTime bounds how long all of a destination's redirects are asked for, and
// onwardHops how many there are of them.
const (
	onwardTime = time.Second
	onwardHops = 4
)

// Onward implements commands.Destinations, as far as redirects can be seen by a request
// that asks for nothing else. Those behind a place that cannot be judged now are not
// looked at.
func (d *Destinations) Onward(ctx context.Context, destination, here string) (string, domain.BlockReason, error) {
	at, err := url.Parse(destination)
	if err != nil {
		return "", "", err
	}
	ctx, cancel := context.WithTimeout(ctx, onwardTime)
	defer cancel()
	session := d.Guard.Session()
	for range onwardHops {
		answer, err := session.Fetch(ctx, Request{Method: http.MethodHead, URL: at, Timeout: onwardTime})
		if err != nil {
			return "", "", err
		}
		next, err := answer.Redirect()
		if err != nil || next == nil {
			return "", "", nil // it leads to no other site
		}
		reason, err := d.place(ctx, next, here)
		if reason != "" || err != nil {
			return next.String(), reason, err
		}
		at = next
	}
	return "", "", nil
}

// place judges a URL by itself.
func (d *Destinations) place(ctx context.Context, u *url.URL, here string) (domain.BlockReason, error) {
	if sameServer(u, here, false) || slices.ContainsFunc(d.Own, func(own string) bool { return sameServer(u, own, true) }) {
		return domain.BlockedLoop, nil
	}
	for _, f := range d.Lists {
		if d.list(f).Lists(u) {
			return domain.BlockedListed, nil
		}
	}
	target, err := domain.ParseURL(u.String())
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, judgeTime)
	defer cancel()
	switch err := d.Guard.Check(ctx, target); domain.CodeOf(err) {
	case domain.Forbidden:
		return domain.BlockedForbidden, nil
	default:
		return "", err
	}
}

// list is what a list holds, or held when it could be read last. What is wrong with
// it is told once, not for each of very many destinations.
func (d *Destinations) list(f *File[*Blocklist]) *Blocklist {
	list, err := f.Get()
	if err == nil {
		d.told.Delete(f.Path)
		return list
	}
	if before, _ := d.told.Swap(f.Path, err.Error()); before != err.Error() {
		d.Log.Warn("a list of what links may not lead to cannot be read, and the one before it is used", "error", err)
	}
	return list
}

// sameServer says whether a URL leads to a host and port, the ports of http and https
// being one: a server that has both sends from one to the other. Of a domain that is
// its own all ports are. The names of the machine itself are one.
func sameServer(u *url.URL, own string, domains bool) bool {
	host, port, err := net.SplitHostPort(own)
	if err != nil {
		host, port = own, ""
	}
	t, err := domain.ParseHost(host)
	if err != nil {
		return false
	}
	return domains && t.Kind == domain.HostTarget && t.Host == u.Hostname() || itself(t.Host) == itself(u.Hostname()) && usual(port) == usual(u.Port())
}

// itself is a host, and one name for all by which a machine calls itself.
func itself(host string) string {
	switch host {
	case "127.0.0.1", "::1":
		return "localhost"
	default:
		return host
	}
}

func usual(port string) string {
	if port == "80" || port == "443" {
		return ""
	}
	return port
}
