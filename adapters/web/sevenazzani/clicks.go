package sevenazzani

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Clicks are what is counted of short links.
type Clicks struct {
	Reader projections.ClickReader
	// CSV are visits as a table, with the names of the columns.
	CSV  func(rows []projections.ClickRow) []byte
	Live *LiveClicks
	Now  func() time.Time
}

// mountClicks puts the routes of what is counted of links on a router.
func (a *API) mountClicks(r fiber.Router, let func(web.Handler) fiber.Handler) {
	r.Get("/shrinkit/:short_code/stats", let(a.ClickStats))
	r.Get("/shrinkit/:short_code/stats/live", let(a.FollowClicks))
	r.Get("/shrinkit/:short_code/clicks", let(a.ListClicks))
}

// linkAt is the link that the path names.
func (a *API) linkAt(c *fiber.Ctx, by commands.Caller) (code string, link projections.LinkRef, err error) {
	if code, err = url.PathUnescape(c.Params("short_code")); err != nil || strings.ContainsRune(code, 0) {
		return code, link, domain.Errorf(domain.NotFound, "Link not found")
	}
	row, err := a.Shortened.Link(c.UserContext(), by.Account, code)
	return row.Code, projections.LinkRef{Account: by.Account, Link: row.ID}, err
}

// ClickStats answers GET /shrinkit/{short_code}/stats/.
func (a *API) ClickStats(c *fiber.Ctx, by commands.Caller) error {
	code, link, err := a.linkAt(c, by)
	if err != nil {
		return err
	}
	q, err := a.clickQuery(c, link)
	if err != nil {
		return err
	}
	s, err := a.Clicks.Reader.ClickStats(c.UserContext(), q)
	if err != nil {
		return err
	}
	return c.JSON(clicksOf(code, q, s))
}

// How many values of a dimension are told, and at most.
const (
	topValues    = 10
	maxTopValues = 100
)

// clickQuery reads from the query which clicks are meant.
func (a *API) clickQuery(c *fiber.Ctx, link projections.LinkRef) (q projections.ClickQuery, err error) {
	q.LinkRef = link
	if q.Zone, q.From, q.To, err = web.RangeOf(c, a.Clicks.Now()); err != nil {
		return q, err
	}
	q.Top, err = web.QueryInt(c, "top", topValues, 1, maxTopValues)
	return q, err
}

// How many visits a page has, and at most.
const (
	visitsOfPage    = 1000
	maxVisitsOfPage = 10_000
)

// ListClicks answers GET /shrinkit/{short_code}/clicks/: each visit, oldest first,
// a line each. The header Link has where it goes on.
func (a *API) ListClicks(c *fiber.Ctx, by commands.Caller) error {
	_, link, err := a.linkAt(c, by)
	if err != nil {
		return err
	}
	p := projections.ClickPage{LinkRef: link}
	if _, p.From, p.To, err = web.RangeOf(c, a.Clicks.Now()); err != nil {
		return err
	}
	if p.Limit, err = web.QueryInt(c, "limit", visitsOfPage, 1, maxVisitsOfPage); err != nil {
		return err
	}
	if p.After, p.ID, err = readCursor(c.Query("after")); err != nil {
		return err
	}
	format := c.Query("format", "ndjson")
	if format != "csv" && format != "ndjson" {
		return domain.Errorf(domain.Invalid, "format must be csv or ndjson")
	}
	rows, err := a.Clicks.Reader.ClickRows(c.UserContext(), p)
	if err != nil {
		return err
	}
	if len(rows) == p.Limit {
		c.Set(fiber.HeaderLink, fmt.Sprintf(`<%s>; rel="next"`, web.Elsewhere(c, a.PublicURL, "after", cursor(rows[len(rows)-1]))))
	}
	if format == "csv" {
		c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
		return c.Send(a.Clicks.CSV(rows))
	}
	c.Set(fiber.HeaderContentType, "application/x-ndjson")
	return c.Send(lines(rows))
}

// lines are visits as JSON, a line each.
func lines(rows []projections.ClickRow) []byte {
	var text strings.Builder
	to := json.NewEncoder(&text)
	for _, r := range rows {
		if err := to.Encode(r); err != nil {
			panic(err) // times of the engine and strings have no fault
		}
	}
	return []byte(text.String())
}

// cursor names the visit behind which a page begins.
func cursor(r projections.ClickRow) string {
	return strconv.FormatInt(r.At.UnixMilli(), 10) + "." + r.ID.String()
}

// readCursor reads a cursor; "" is the beginning.
func readCursor(text string) (at time.Time, id uuid.UUID, err error) {
	if text == "" {
		return at, id, nil
	}
	millis, name, _ := strings.Cut(text, ".")
	n, wrong := strconv.ParseInt(millis, 10, 62)
	id, bad := uuid.Parse(name)
	if wrong != nil || bad != nil || n < 0 || n > 1<<47 {
		return at, id, domain.Errorf(domain.Invalid, "after must be what the header Link of the page before has")
	}
	return time.UnixMilli(n).UTC(), id, nil
}
