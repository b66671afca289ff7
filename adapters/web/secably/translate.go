package secably

import (
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Contract is how this API refuses.
var Contract = web.Contract{
	Name: domain.SecAbly, Body: body, Headers: web.UnixReset,
	Windows: web.Windows{Stranger: []web.Window{{By: web.ByAddress, Span: web.Hour, Limit: 100}}, Plan: perPlan, Span: web.Hour},
}

// Management is the contract where an account is looked after, beside the
// document: its requests are none of the plan's month, for whose month is full may
// have a key to revoke. Nor are requests for what there is not.
var Management = func() web.Contract {
	c := Contract
	c.Windows.Plan = perHour
	return c
}()

// perPlan are the document's tier for whoever is logged in, and the plan's
// requests in a month, for all keys and logins of an account together.
func perPlan(p domain.Plan) []web.Window {
	return append(perHour(p), web.Window{By: web.ByAccount, Span: web.Month, Limit: p.RequestsPerMonth})
}

func perHour(p domain.Plan) []web.Window {
	if p.Unlimited() {
		return nil
	}
	return []web.Window{{By: web.ByAccount, Span: web.Hour, Limit: 1000}}
}

// body is the refusal; that of too few credits says how many there are, and that
// of a target which is on the list already which it is.
func body(e *domain.Error, _ int) fiber.Map {
	m := fiber.Map{"error": e.Message}
	if e.Number != 0 {
		m["existing_id"] = e.Number
	}
	if s := e.Short; s != nil {
		m["required"], m["available"] = s.Required, s.Available
		m["monthly_credits"], m["purchased_credits"] = s.Monthly, s.Purchased
		m["scanner_type"], m["scan_profile"] = s.Profile.Scanner(), s.Profile.Mode()
		m["upgrade_url"] = "/pricing/"
	}
	return m
}

// words are the contract's words for the states of a scan.
var words = map[domain.State]string{
	domain.Requested: "pending",
	domain.Started:   "running",
	domain.Completed: "completed",
	domain.ScanFail:  "failed",
	domain.Cancelled: "cancelled",
}

// prices are what the document's table says of plans that the domain has no
// use for.
var prices = map[string]offer{
	"free":              {Title: "Free Developer"},
	"indie":             {Title: "Indie Maker", Price: 9},
	"startup":           {Title: "Startup", Price: 29, Popular: true},
	"business":          {Title: "Business", Price: 99},
	"enterprise":        {Title: "Enterprise", Price: 299},
	domain.InternalPlan: {Title: "Internal"},
}

// offers are the plans that can be had, as the document orders them.
func offers() []offer {
	var all []offer
	for _, p := range domain.Plans {
		if p.Contract == domain.SecAbly && !p.Unlimited() {
			all = append(all, offerOf(p))
		}
	}
	return all
}

func offerOf(p domain.Plan) offer {
	o := prices[p.Name]
	o.Name, o.Currency, o.Credits = p.Name, "USD", p.Credits
	o.Requests, o.Targets = web.Limit(p.RequestsPerMonth), web.Limit(p.Targets)
	o.Sites, o.ScansPerMonth = o.Targets, o.Requests
	return o
}

func userOf(p commands.Person) user {
	plan := p.Plan(domain.SecAbly)
	return user{Email: p.Email, Plan: plan.Name, Sites: web.Limit(plan.Targets), ScansPerMonth: web.Limit(plan.RequestsPerMonth)}
}

func profileOf(s standing) profile {
	return profile{
		Email: s.person.Email, FirstName: s.person.FirstName, LastName: s.person.LastName, Plan: s.plan.Name,
		Sites: web.Limit(s.plan.Targets), ScansPerMonth: web.Limit(s.plan.RequestsPerMonth),
		MonthlyUsage: s.used, SitesCount: s.targets, CanAddSite: s.plan.Targets == 0 || s.targets < s.plan.Targets,
	}
}

func statsOf(s standing, rows []projections.ScanRow, names map[string]string) stats {
	var out stats
	out.User.ID, out.User.Email, out.User.Joined = s.person.Number, s.person.Email, web.Stamp(s.person.Joined)
	out.Subscription.Type, out.Subscription.Status = s.plan.Name, active
	out.Usage.Targets, out.Usage.TargetsLimit = s.targets, web.Limit(s.plan.Targets)
	out.Usage.Scans, out.Usage.ScansLimit = s.used, web.Limit(s.plan.RequestsPerMonth)
	out.Recent.Targets, out.Recent.Scans = s.active, make([]recentScan, len(rows))
	for i, r := range rows {
		out.Recent.Scans[i] = recent(r, nameOf(r, names))
	}
	return out
}

// active is every subscription's status: a plan is changed and never ends.
const active = "active"

func recent(r projections.ScanRow, name string) recentScan {
	out := recentScan{
		ID: r.Number, Name: name, URL: shown(r.Target), ScannerType: string(r.Profile.Scanner()),
		Status: words[r.State], Progress: r.Progress, CreatedAt: web.Stamp(r.RequestedAt),
		CompletedAt: stampOf(r.FinishedAt),
	}
	if r.Scores != nil {
		found := 0
		for _, n := range r.Findings {
			found += n
		}
		out.SecurityScore, out.RiskLevel, out.Found = r.Scores.Security, riskOf(r), &found
	}
	return out
}

// riskOf is a scan's risk, nil where nothing was there to be graded.
func riskOf(r projections.ScanRow) *string {
	if r.Scores == nil || r.Scores.Security == nil {
		return nil
	}
	return &r.Scores.Risk
}

func subscriptionOf(s standing, l *domain.Ledger, now time.Time) subscription {
	return subscription{
		Type: s.plan.Name, Plan: s.plan.Name, Status: active, Details: offerOf(s.plan),
		Sites: web.Limit(s.plan.Targets), SitesCount: s.targets,
		ScansPerMonth: web.Limit(s.plan.RequestsPerMonth), MonthlyUsage: s.used,
		Credits: l.Balance(), Monthly: l.Credits.Monthly, Purchased: l.Credits.Purchased, RenewsAt: web.MonthEnds(now),
	}
}

// stampOf is a time as the document has it, null for none.
func stampOf(t *time.Time) *time.Time { return web.OrNull(t, web.Stamp) }
