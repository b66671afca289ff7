// Package redirect leads visitors of short links to where they lead, and tells what
// came: people, programs, browsers that fetch ahead. It waits for neither Kafka nor
// ClickHouse, and for Postgres only where it does not know the link, or the link may
// be followed so often and no more.
package redirect

import (
	"context"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/failpoint"
	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// Redirect answers below /s/. All its fields are needed, but for Country where
// there is no map of addresses. It is safe for concurrent use.
type Redirect struct {
	Links *Known
	// Uses takes one visit of those that a link may have, if one is left.
	Uses      func(ctx context.Context, link uuid.UUID, most int) (bool, error)
	Secrets   Secrets
	Passwords commands.Passwords
	Limits    web.Limits
	// AddressName turns an address into the name under which tries of passwords are
	// counted; VisitorName an address and what the browser calls itself into that of a
	// visitor. Both are keyed hashes, other ones every day.
	AddressName func(netip.Addr) string
	VisitorName func(address netip.Addr, agent string) string
	Country     func(netip.Addr) string // ISO 3166-1 alpha-2, "" where it is not known
	// Clicked takes domain.LinkClicked. It returns when the event outlasts the process.
	Clicked   func(domain.Envelope) error
	CookieKey []byte // by which a browser that knows a link's password is known
	Now       func() time.Time
	NewID     func() uuid.UUID
	Log       *slog.Logger

	misses misses
}

// Secrets reads the hash of a link's password.
type Secrets interface {
	Secret(ctx context.Context, name string) (commands.Secret, error)
}

// Mount puts the visitors' paths on a router. A code with a plus sign behind it is
// its preview.
func (r *Redirect) Mount(to fiber.Router) {
	to.Get("/s/:code", r.follow) // and HEAD
	to.Post("/s/:code", r.unlock)
}

// lookTime bounds how long a visitor waits for Postgres.
const lookTime = 3 * time.Second

// follow answers GET /s/{code} and GET /s/{code}+.
func (r *Redirect) follow(c *fiber.Ctx) error {
	code, preview := strings.CutSuffix(codeOf(c), "+")
	link, err := r.find(c, code)
	if err != nil {
		return r.fail(c, err)
	}
	if preview {
		return r.preview(c, link)
	}
	if over := r.over(link); over != "" {
		return r.ended(c, link, over)
	}
	if link.Details.Lock != uuid.Nil && !r.unlocked(c, link) {
		return r.ask(c, fiber.StatusUnauthorized, "")
	}
	v := r.read(c)
	if link.Details.MaxClicks > 0 && !v.early {
		if v.agent != domain.Person {
			return r.preview(c, link)
		}
		ctx, cancel := context.WithTimeout(c.UserContext(), lookTime)
		defer cancel()
		left, err := r.Uses(ctx, link.ID, link.Details.MaxClicks)
		if err != nil {
			return r.fail(c, err)
		}
		if !left {
			return r.ended(c, link, usedUp)
		}
	}
	to, rule := link.Details.Leads(v.Visitor, string(c.Request().URI().QueryString()), r.Now())
	return r.lead(c, link, v, to, rule, false)
}

// codeOf is what the path has behind /s/, however its letters and its plus sign are
// written: some programs send each of those as three.
func codeOf(c *fiber.Ctx) string {
	code := c.Params("code")
	if !strings.Contains(code, "%") {
		return code
	}
	if plain, err := url.PathUnescape(code); err == nil {
		return plain
	}
	return code
}

func (r *Redirect) find(c *fiber.Ctx, code string) (*Link, error) {
	if link := r.Links.Seen(code); link != nil {
		return link, nil
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), lookTime)
	defer cancel()
	from, now := web.AddressBlock(web.ClientAddress(c)), r.Now()
	wait := r.misses.full(from, now)
	if wait == 0 || r.Links.knows(code) {
		link, err := r.Links.At(ctx, code)
		if domain.CodeOf(err) != domain.NotFound {
			return link, err
		}
		if wait = r.missed(ctx, code, from, now); wait == 0 {
			return link, err
		}
	}
	return nil, &domain.Error{Code: domain.TooMany, Message: "Too many links were asked for that there are not.", Wait: wait}
}

// over says why a link leads nowhere, "" where it leads on.
func (r *Redirect) over(link *Link) ending {
	switch {
	case link.Blocked != nil:
		return blocked
	case !link.Enabled:
		return switchedOff
	case link.Details.Expired(r.Now()):
		return expired
	default:
		return ""
	}
}

// ended answers for a link that leads nowhere any more, or to its fallback where its
// time or its visits are used up.
func (r *Redirect) ended(c *fiber.Ctx, link *Link, why ending) error {
	if link.Details.Fallback != "" && (why == expired || why == usedUp) {
		return r.lead(c, link, r.read(c), link.Details.Fallback, "", true)
	}
	return r.page(c, fiber.StatusGone, endings[why])
}

// lead sends a visitor on and counts the visit. What cannot be written down is told
// to the operator: the visitor is sent on all the same. A browser that fetches ahead has
// nothing to show later, so that it asks again when its user follows the link: from what
// it had fetched nobody would be counted, and nobody's password or limit looked at.
func (r *Redirect) lead(c *fiber.Ctx, link *Link, v visit, to, rule string, fallback bool) error {
	if leadsBack(c, to) {
		return r.page(c, fiber.StatusGone, endings[loop])
	}
	id, at := r.NewID(), r.Now()
	err := r.Clicked(domain.Envelope{
		ID: id, Stream: link.Stream, Owner: link.Account, At: at, Cause: web.RequestID(c),
		Event: domain.LinkClicked{
			Account: link.Account, Code: link.Code, Visitor: v.name, Agent: v.agent, Via: v.via, Rule: rule, Fallback: fallback,
			Referrer: v.referrer, Country: v.Country, Language: v.Language, Browser: v.browser, System: v.System, Device: v.Device,
		},
	})
	if err != nil {
		r.Log.Error("a click is lost", "link", link.ID, "error", err)
	}
	failpoint.Here(failpoint.ClickKept)
	if v.early {
		c.Set(fiber.HeaderRetryAfter, "1")
		return r.page(c, fiber.StatusServiceUnavailable, notice{"Not ahead", "The link leads on when somebody follows it."})
	}
	headers(c)
	c.Set(fiber.HeaderLocation, to)
	c.Status(fiber.StatusFound)
	return nil
}

// headers are those of all answers to visitors: nobody keeps them, no search engine
// shows them, and where the visitor came from is told as browsers tell it by default.
func headers(c *fiber.Ctx) {
	for _, h := range answerHeaders {
		c.Response().Header.SetCanonical(h[0], h[1])
	}
}

var answerHeaders = [...][2][]byte{
	{[]byte(fiber.HeaderCacheControl), []byte("private, no-store")},
	{[]byte("X-Robots-Tag"), []byte("noindex, nofollow")},
	{[]byte(fiber.HeaderReferrerPolicy), []byte("strict-origin-when-cross-origin")},
}

// leadsBack says whether a URL is one of the short links of the server that was asked.
func leadsBack(c *fiber.Ctx, to string) bool {
	_, rest, _ := strings.Cut(to, "://")
	host, path, _ := strings.Cut(rest, "/")
	return strings.EqualFold(host, string(c.Request().Host())) && (strings.HasPrefix(path, "s/") || strings.HasPrefix(path, "7azzani/s/"))
}
