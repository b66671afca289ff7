package scanners

import (
	"context"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"time"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Destinations = (*Destinations)(nil)

// Destinations says whether short links may lead somewhere. It is safe for
// concurrent use.
type Destinations struct {
	Guard *Guard
	Own   []string // hosts, with their ports, that are this installation's own beside the one that was asked
	Lists []*File[*Blocklist]
	Log   *slog.Logger
}

// judgeTime bounds how long a destination's addresses are looked for.
const judgeTime = 3 * time.Second

// Judge implements commands.Destinations. Nothing is fetched: a name is looked up,
// and all of its addresses have to be such as may be reached. A list that cannot be
// read any more is used as it was.
func (d *Destinations) Judge(ctx context.Context, destination, here string) (domain.BlockReason, error) {
	u, err := url.Parse(destination)
	if err != nil {
		return "", err
	}
	if slices.ContainsFunc(append([]string{here}, d.Own...), func(own string) bool { return sameServer(u, own) }) {
		return domain.BlockedLoop, nil
	}
	for _, f := range d.Lists {
		list, err := f.Get()
		if err != nil {
			d.Log.Warn("a list of what links may not lead to cannot be read, and the one before it is used", "error", err)
		}
		if list.Lists(u) {
			return domain.BlockedListed, nil
		}
	}
	target, err := domain.ParseURL(destination)
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

// sameServer says whether a URL leads to a host and port, the ports of http and https
// being one: a server that has both sends from one to the other.
func sameServer(u *url.URL, own string) bool {
	host, port, err := net.SplitHostPort(own)
	if err != nil {
		host, port = own, ""
	}
	t, err := domain.ParseHost(host)
	return err == nil && t.Host == u.Hostname() && usual(port) == usual(u.Port())
}

func usual(port string) string {
	if port == "80" || port == "443" {
		return ""
	}
	return port
}
