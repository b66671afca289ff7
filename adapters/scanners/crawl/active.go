package crawl

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/adapters/scanners/observatory"
	"github.com/scanledger/scanledger/domain"
)

// The rules that look at parameters. They send GET requests alone, to pages that
// the site itself links to with these parameters and that nothing says of that
// they do something, one at a time, with values that change nothing where they are
// understood and less where they are not: a text with < " ' >, an address under
// .invalid, the name of a file that all may read, a single quote. A finding needs
// a second request that agrees, or a control that does not show the same.
const (
	reflectedRule = "active: reflected-input"
	redirectRule  = "active: open-redirect"
	traversalRule = "active: path-traversal"
	sqlRule       = "active: sql-error"
)

// perPoint bounds the requests about one parameter: one as it was found, three
// for reflection, three for redirects, six for traversal, four for databases.
const perPoint = 17

// rule is one of them; its error is ctx's, or errSpent.
type rule struct {
	name  string
	judge func(context.Context, *active, *point, *scanners.Answer) error
}

var activeRules = []rule{
	{reflectedRule, reflected}, {redirectRule, redirects}, {traversalRule, traverses}, {sqlRule, breaksSQL},
}

// errSpent says that no further request may be made.
var errSpent = errors.New("the requests are spent")

// active is the look at parameters.
type active struct {
	*crawl
	asked int
}

// probe looks at the parameters that were met, where the target is proven to be
// the account's. Its error is ctx's.
func (c *crawl) probe(ctx context.Context) error {
	if why := c.mayNotProbe(); why != "" {
		for _, r := range activeRules {
			c.ledger.Settle(r.name, domain.Skipped, why)
		}
		return nil
	}
	bounded, cancel := context.WithTimeoutCause(ctx, c.limits.time, errLate)
	defer cancel()
	a := &active{crawl: c}
	for _, r := range activeRules {
		c.ledger.Expect(r.name)
	}
	if c.points.left > 0 {
		c.ledger.Settle("parameters of what may do something", domain.Skipped, fmt.Sprintf("nothing is sent to %d addresses that may do something, or with long values", c.points.left))
	}
	for i, p := range c.points.all {
		what := "parameter " + p.place(c.home)
		if i >= maxPoints {
			c.ledger.Settle("further parameters", domain.Skipped, fmt.Sprintf("only the first %d of %d are looked at", maxPoints, len(c.points.all)))
			break
		}
		c.ledger.Expect(what)
		err := a.look(bounded, p, what)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.Is(context.Cause(bounded), errLate):
			return nil // the ledger says so
		case errors.Is(err, errSpent):
			a.spent(what)
			return nil
		}
		c.see(domain.Advance{Percent: 70 + 30*i/min(len(c.points.all), maxPoints)})
	}
	for _, r := range activeRules {
		c.ledger.Tested(r.name)
	}
	return nil
}

// spent says of a parameter, of the rules and of what was not come to that there
// are no requests left.
func (a *active) spent(what string) {
	for _, name := range []string{what, reflectedRule, redirectRule, traversalRule, sqlRule, "further parameters"} {
		a.ledger.Settle(name, domain.Skipped, fmt.Sprintf("only %d requests are made about parameters", a.limits.requests))
	}
}

// mayNotProbe says why nothing is sent that a visitor would not send; "" where it
// may be.
func (c *crawl) mayNotProbe() string {
	name, host, own := strings.ToLower(c.job.Target.Domain), strings.ToLower(c.home.Hostname()), c.job.Target.OwnPort()
	switch {
	case !c.job.Verified:
		return "target not verified"
	case host != name && !strings.HasSuffix(host, "."+name):
		return "target not verified: its pages are on " + scanners.Plain(host)
	case own != "" && strings.ToLower(c.home.Host) != strings.ToLower(own): // the proof may be of this port alone
		return "target not verified: its pages are on " + scanners.Plain(c.home.Host)
	case len(c.points.all) == 0:
		return "no page has a parameter"
	default:
		return ""
	}
}

// look runs all rules on one parameter.
func (a *active) look(ctx context.Context, p *point, what string) error {
	if why := a.pace.refusal(p.with(p.value(), false)); why != "" {
		a.ledger.Settle(what, domain.Refused, scanners.Plain(why))
		return nil
	}
	found, err := a.ask(ctx, p, p.value(), false)
	if err != nil {
		return a.lost(ctx, what, err)
	}
	for _, r := range activeRules {
		if err := r.judge(ctx, a, p, found); err != nil {
			return a.lost(ctx, what, err)
		}
	}
	a.ledger.Tested(what)
	return nil
}

// lost says that a parameter could not be looked at to the end. Its error is
// what ends the look at all others too.
func (a *active) lost(ctx context.Context, what string, err error) error {
	if ctx.Err() != nil || errors.Is(err, errSpent) {
		return err
	}
	a.ledger.Lost(what, err)
	return nil
}

// ask sends a value in the place of the parameter's own.
func (a *active) ask(ctx context.Context, p *point, value string, raw bool) (*scanners.Answer, error) {
	if a.asked >= a.limits.requests || p.asked >= perPoint {
		return nil, errSpent
	}
	a.asked++
	p.asked++
	return a.pace.ask(ctx, scanners.Request{URL: p.with(value, raw), MaxBody: maxPage})
}

// raise reports a weakness; shown is what of the answer it rests on.
func (a *active) raise(what domain.Advisory, p *point, detail string, answer *scanners.Answer, shown string) {
	evidence := a.job.Keep("http-response", observatory.Excerpt(answer, []byte(shown)))
	a.see(domain.Weakness{Advisory: what, Where: p.place(a.home), Detail: detail, Evidence: evidence})
}

// around is some of a text on both sides of a part of it.
func around(text string, from, to int) string {
	return text[max(0, from-120):min(len(text), to+120)]
}
