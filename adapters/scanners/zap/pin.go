package zap

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"strconv"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// realm marks ZAP's setting of a proxy as ours.
const realm = "scanledger"

// setting is what ZAP has for its way out.
type setting struct {
	Host  text `json:"host"`
	Port  text `json:"port"`
	Realm text `json:"realm"`
	User  text `json:"username"`
	Word  text `json:"password"`
}

// pin has ZAP reach the site through a proxy of ours, which dials by the guard. It does nothing
// where ZAP is not on this machine, has no means to, or has a proxy of its operator's.
func (r *run) pin(ctx context.Context) error {
	if !r.near() {
		return nil
	}
	former, mine, err := r.wayOut(ctx)
	if told(err, "no_implementor") || err == nil && !mine {
		return nil
	}
	if err != nil {
		return err
	}
	if r.proxy, err = listen(ctx, r.job.Net); err != nil {
		return err
	}
	if former.Realm != realm {
		r.former = former
	}
	if err := r.wayOutBy(ctx, setting{Host: "127.0.0.1", Port: text(strconv.Itoa(r.proxy.port())), Realm: realm}); err != nil {
		return err
	}
	return r.do(ctx, "network/action/setHttpProxyEnabled", "enabled", "true")
}

// near says whether ZAP is asked on this machine.
func (r *run) near() bool {
	u, err := url.Parse(r.base)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return u.Hostname() == "localhost" || err == nil && ip.IsLoopback()
}

// wayOut is how ZAP is set, and whether that is ours to change.
func (r *run) wayOut(ctx context.Context) (now setting, mine bool, err error) {
	var proxy struct {
		Now setting `json:"getHttpProxy"`
	}
	var enabled struct {
		Now text `json:"isHttpProxyEnabled"`
	}
	if err := r.ask(ctx, "network/view/getHttpProxy", &proxy); err != nil {
		return now, false, err
	}
	if err := r.ask(ctx, "network/view/isHttpProxyEnabled", &enabled); err != nil {
		return now, false, err
	}
	return proxy.Now, enabled.Now != "true" || proxy.Now.Realm == realm, nil
}

func (r *run) wayOutBy(ctx context.Context, s setting) error {
	return r.do(ctx, "network/action/setHttpProxy", "host", string(s.Host), "port", string(s.Port),
		"realm", string(s.Realm), "username", string(s.User), "password", string(s.Word))
}

// unpin sets ZAP back, where it is set to a proxy of ours: this scan's or a dead worker's.
func (r *run) unpin(ctx context.Context) error {
	if r.proxy != nil {
		r.proxy.close()
		r.proxy = nil
	}
	if !r.near() {
		return nil
	}
	now, _, err := r.wayOut(ctx)
	switch {
	case told(err, "no_implementor"), err == nil && now.Realm != realm:
		return nil
	case err != nil:
		return err
	}
	if err := r.do(ctx, "network/action/setHttpProxyEnabled", "enabled", "false"); err != nil {
		return err
	}
	former := r.former
	if former.Host == "" { // a dead worker has not told us
		former = setting{Host: "localhost", Port: "8090"}
	}
	return r.wayOutBy(ctx, former)
}

// visit has ZAP ask for the first address. A ZAP that cannot reach the proxy, as one in a
// container cannot, goes its own way.
func (r *run) visit(ctx context.Context) error {
	visit := func() error {
		return r.do(ctx, "core/action/accessUrl", "url", r.start.String(), "followRedirects", "false")
	}
	err := visit()
	if r.proxy == nil || r.proxy.used.Load() || ctx.Err() != nil {
		return err
	}
	if err := r.unpin(ctx); err != nil {
		return err
	}
	return visit()
}

// pinned says what the guard can hold ZAP to.
func (r *run) pinned(to *scanners.Sight) error {
	name := r.start.Hostname()
	line := domain.Coverage{What: "the checked address of " + name, Outcome: domain.Tested}
	if r.proxy == nil {
		line.Outcome = domain.Skipped
		line.Reason = "ZAP looks the name up itself, and may reach another address of it than the one that was checked"
	}
	if net.ParseIP(name) != nil {
		return nil
	}
	return to.See(line)
}

// refusals says what ZAP asked for in vain.
func (r *run) refusals(to *scanners.Sight) error {
	if r.proxy == nil {
		return nil
	}
	var lines []domain.Observation
	for _, no := range r.proxy.Refusals() {
		lines = append(lines, domain.Coverage{What: no.What, Outcome: domain.Refused, Reason: no.Why})
	}
	return see(to, lines)
}
