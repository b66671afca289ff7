package redirect

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"math"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
)

// ending is why a link leads nowhere.
type ending string

// The endings.
const (
	blocked     ending = "blocked"
	switchedOff ending = "disabled"
	expired     ending = "expired"
	usedUp      ending = "used up"
	loop        ending = "loop"
)

// notice is a page that only says something.
type notice struct{ Title, Text string }

var endings = map[ending]notice{
	blocked:     {"This link is blocked", "Where it leads was found to be harmful or not to be reached from outside. Its owner can see why."},
	switchedOff: {"This link is switched off", "Its owner has switched it off."},
	expired:     {"This link has expired", "It was good for a time, and that is over."},
	usedUp:      {"This link is used up", "It could be followed so many times, and has been."},
	loop:        {"This link leads in a circle", "It leads back to a short link of this server."},
}

// fail answers for a link that there is not, or that cannot be looked up now.
func (r *Redirect) fail(c *fiber.Ctx, err error) error {
	var wait time.Duration
	if e, ok := err.(*domain.Error); ok {
		wait = e.Wait
	}
	switch domain.CodeOf(err) {
	case domain.NotFound:
		return r.page(c, fiber.StatusNotFound, notice{"There is no such link", "Look whether the address is whole, and written as you were given it."})
	case domain.TooMany:
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(max(int(math.Ceil(wait.Seconds())), 1)))
		return r.page(c, fiber.StatusTooManyRequests, notice{"Too many tries", "Too many links were asked for from where you are that there are not. Wait a minute, and try again."})
	case domain.Unavailable:
	default:
		r.Log.Error("a link cannot be followed", "request", web.RequestID(c), "error", err)
	}
	c.Set(fiber.HeaderRetryAfter, strconv.Itoa(max(int(math.Ceil(wait.Seconds())), 1)))
	return r.page(c, fiber.StatusServiceUnavailable, notice{"Not now", "The link cannot be looked up at this moment. Try again soon."})
}

func (r *Redirect) page(c *fiber.Ctx, status int, n notice) error {
	return r.show(c, status, view{Title: n.Title, Text: n.Text})
}

// ask answers with the form for a link's password.
func (r *Redirect) ask(c *fiber.Ctx, status int, fault string) error {
	if status == fiber.StatusUnauthorized {
		c.Set(fiber.HeaderWWWAuthenticate, `Form realm="short link"`)
	}
	return r.show(c, status, view{Title: "This link has a password", Text: "Who gave you the link has the password too.", Form: true, Fault: fault})
}

// preview shows where a link leads, and leads nobody there. Of a link with a password
// nothing is shown, of one that may be followed only so often the host alone; of one
// that leads to its fallback, that.
func (r *Redirect) preview(c *fiber.Ctx, link *Link) error {
	d, over := link.Details, r.over(link)
	fallen := over == expired && d.Fallback != ""
	if over != "" && !fallen {
		return r.page(c, fiber.StatusGone, endings[over])
	}
	v := view{Title: "Where this link leads", Link: "/s/" + link.Code + kept(c, link), Since: link.ShortenedAt.UTC().Format("2 January 2006"), Age: age(r.Now().Sub(link.ShortenedAt))}
	switch {
	case fallen:
		v.Host, v.Destination, v.Text = domain.HostOf(d.Fallback), d.Fallback, "The link was good for a time. Since that is over it leads here."
		return r.show(c, fiber.StatusOK, v)
	case d.Lock != uuid.Nil:
		v.Text = "The link has a password. Those who know it are led on; where to is not shown here."
	case d.MaxClicks > 0:
		v.Host, v.Text = domain.HostOf(d.Destination), "The link can be followed a limited number of times. The preview does not count, and shows the site alone."
	default:
		v.Host, v.Destination = domain.HostOf(d.Destination), d.UTM.On(d.Destination)
	}
	for _, rule := range d.Rules {
		if d.Lock == uuid.Nil {
			v.Others = appendNew(v.Others, domain.HostOf(rule.Destination))
		}
	}
	if d.MaxClicks > 0 && d.Fallback != "" && d.Lock == uuid.Nil {
		v.Others = appendNew(v.Others, domain.HostOf(d.Fallback))
	}
	return r.show(c, fiber.StatusOK, v)
}

func appendNew(list []string, one string) []string {
	for _, known := range list {
		if known == one {
			return list
		}
	}
	return append(list, one)
}

// age is a time that has passed, in words.
func age(d time.Duration) string {
	switch days := int(d / (24 * time.Hour)); {
	case days < 1:
		return "today"
	case days == 1:
		return "1 day ago"
	default:
		return strconv.Itoa(days) + " days ago"
	}
}

// view is what a page shows.
type view struct {
	Title, Text, Fault string
	Form               bool
	Link, Host         string
	Destination        string // as it is sent: in ASCII, so that no letter looks like another
	Others             []string
	Since, Age         string
	Style              template.CSS
}

//go:embed page.html
var pageText string

//go:embed page.css
var pageStyle string

var (
	pages = template.Must(template.New("page").Parse(pageText))
	// policy lets the page have its style, and its form be sent: to where it came from,
	// and on from there. Browsers hold the redirects behind a form to the policy of the
	// form's page, and a link may lead anywhere.
	policy = "default-src 'none'; style-src 'sha256-" + sum(pageStyle) + "'; img-src data:; form-action 'self' http: https:; base-uri 'none'; frame-ancestors 'none'"
)

func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(s[:])
}

func (r *Redirect) show(c *fiber.Ctx, status int, v view) error {
	v.Style = template.CSS(pageStyle)
	var out bytes.Buffer
	if err := pages.Execute(&out, v); err != nil {
		return err
	}
	headers(c)
	c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	c.Set(fiber.HeaderContentType, fiber.MIMETextHTMLCharsetUTF8)
	c.Set(fiber.HeaderContentSecurityPolicy, policy)
	c.Set(fiber.HeaderXFrameOptions, "DENY")
	return c.Status(status).Send(out.Bytes())
}
