package zap

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strconv"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

var _ scanners.Outside = (*run)(nil)

// run is one scan by ZAP. It implements scanners.Outside.
type run struct {
	*client
	job    scanners.Job
	start  *url.URL
	holds  bool    // whether ZAP is ours
	proxy  *proxy  // ZAP's way to the site; nil where it has its own
	former setting // of ZAP's, before that
	told   map[text]bool
	places map[string]bool // of which coverage and weaknesses were told
	bytes  int             // of the evidence that was kept
	judged bool            // whether any rule has run
}

func newRun(o Options, job scanners.Job, start *url.URL) *run {
	return &run{client: newClient(o), job: job, start: start, told: map[text]bool{}, places: map[string]bool{}}
}

// What share of the work each phase is taken for, in percent.
const (
	spiderShare  = 30
	passiveShare = 5
)

// Follow implements scanners.Outside.
func (r *run) Follow(ctx context.Context, to *scanners.Sight) error {
	if err := r.take(ctx); err != nil {
		return err
	}
	if err := r.pin(ctx); err != nil {
		return err
	}
	id, err := r.scope(ctx)
	if err != nil {
		return err
	}
	if err := to.See(domain.Coverage{What: "the first page", Outcome: domain.Tested}); err != nil {
		return err
	}
	if err := r.pinned(to); err != nil {
		return err
	}
	share, attacks := 100.0-passiveShare, false
	switch {
	case r.job.Profile != domain.ZAPFull:
	case !r.job.Verified:
		if err := to.See(domain.Coverage{What: activeRules, Outcome: domain.Skipped, Reason: "target not verified"}); err != nil {
			return err
		}
	default:
		share, attacks = spiderShare, true
	}
	if err := r.crawl(ctx, to, share); err != nil {
		return err
	}
	if err := r.passive(ctx, to); err != nil {
		return err
	}
	to.Advance(share + passiveShare)
	if attacks {
		if err := r.attack(ctx, to, id, share+passiveShare); err != nil {
			return err
		}
	}
	if err := r.tell(ctx, to); err != nil {
		return err
	}
	if err := r.refusals(to); err != nil {
		return err
	}
	if err := r.leave(ctx); err != nil {
		return err
	}
	if !r.judged {
		return &scanners.NotTested{Outcome: domain.Failed, Reason: "none of ZAP's rules has run, and so nothing is known of the site: it needs the add-ons with them, pscanrules and ascanrules"}
	}
	return nil
}

// Stop implements scanners.Outside. A session takes ZAP one to two seconds to end: it
// ends it without us, once it was told to.
func (r *run) Stop(ctx context.Context) error {
	defer r.close()
	if r.proxy != nil {
		defer r.proxy.close()
	}
	if !r.holds {
		return nil
	}
	if err := r.halt(ctx); err != nil {
		return err
	}
	err := r.leave(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// leave ends all that we have begun in ZAP, and lets others use it.
func (r *run) leave(ctx context.Context) error {
	if !r.holds {
		return nil
	}
	if err := r.clear(ctx); err != nil {
		return err
	}
	r.holds = false
	return nil
}

// origin is the site that is looked at.
func (r *run) origin() string { return r.start.Scheme + "://" + r.start.Host }

// scope makes a context of the site alone, and has ZAP ask for the first address.
func (r *run) scope(ctx context.Context) (id string, err error) {
	var made struct {
		ID text `json:"contextId"`
	}
	if err := r.once(ctx, "context/action/newContext", &made, "contextName", site); err != nil {
		return "", err
	}
	err = r.do(ctx, "context/action/includeInContext", "contextName", site, "regex", regexp.QuoteMeta(r.origin())+"(/.*)?")
	if err != nil {
		return "", err
	}
	return string(made.ID), r.visit(ctx)
}

// launch starts a scan of a component, "spider" or "ascan". Where the answer is lost
// ZAP's list tells whether there is one: the session is ours alone.
func (r *run) launch(ctx context.Context, component string, params ...string) (string, error) {
	var begun struct {
		ID text `json:"scan"`
	}
	var no *refusal
	err := r.once(ctx, component+"/action/scan", &begun, params...)
	if err == nil || errors.As(err, &no) || ctx.Err() != nil {
		return string(begun.ID), err
	}
	var there struct {
		Scans []struct {
			ID text `json:"id"`
		} `json:"scans"`
	}
	if lost := r.ask(ctx, component+"/view/scans", &there); lost != nil {
		return "", lost
	}
	if len(there.Scans) == 0 {
		return "", err
	}
	return string(there.Scans[len(there.Scans)-1].ID), nil
}

// await follows a scan of a component until ZAP says 100, which it also says of
// one that was stopped. Begun and share place it within the whole work.
func (r *run) await(ctx context.Context, to *scanners.Sight, component, id string, begun, share float64) error {
	for {
		var now struct {
			Status text `json:"status"`
		}
		if err := r.ask(ctx, component+"/view/status", &now, "scanId", id); err != nil {
			return err
		}
		percent, err := strconv.Atoi(string(now.Status))
		if err != nil {
			return errors.New("ZAP tells no progress: " + scanners.Quote(string(now.Status)))
		}
		to.Advance(begun + share*float64(percent)/100)
		if percent >= 100 {
			return nil
		}
		if err := r.round(ctx, to); err != nil {
			return err
		}
	}
}

// round tells what is new, shows that we live, and waits.
func (r *run) round(ctx context.Context, to *scanners.Sight) error {
	if err := r.tell(ctx, to); err != nil {
		return err
	}
	if err := r.live(ctx); err != nil {
		return err
	}
	return scanners.Rest(ctx, r.pace)
}
