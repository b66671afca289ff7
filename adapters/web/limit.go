package web

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// Subject is whose requests are counted together.
type Subject string

// The subjects.
const (
	ByAddress Subject = "address"
	ByAccount Subject = "account"
	ByKey     Subject = "key" // the account's, where it was no key
)

// Span is how long a window is open.
type Span string

// The spans. All windows of one are open at the same time, in UTC.
const (
	Second Span = "second"
	Minute Span = "minute"
	Hour   Span = "hour"
	Month  Span = "month" // of the calendar
)

var lengths = map[Span]time.Duration{Second: time.Second, Minute: time.Minute, Hour: time.Hour}

// Window is a limit on requests.
type Window struct {
	Of    string // the operation whose requests are counted; "" for all of the contract
	By    Subject
	Span  Span
	Limit int // 0 for none; the requests of a month are counted all the same
	// Counted says of an operation's window that it counts what was accepted, and
	// not requests: how far that is, what the limit is, 0 for none, and when the
	// window ends. Who accepts it has counted it. nil for all other windows.
	Counted func(ctx context.Context, by commands.Caller) (used, limit int, reset time.Time, err error)
}

// name is the window's in the IETF's headers.
func (w Window) name() string {
	if w.Of == "" {
		return string(w.Span)
	}
	return w.Of + "-" + string(w.Span)
}

// seconds is how long the window is open: a month 30 days.
func (w Window) seconds() int {
	if w.Span == Month {
		return 30 * 24 * 60 * 60
	}
	return int(lengths[w.Span].Seconds())
}

// Windows are the limits of a contract. The first of a list is what the
// headers tell, unless another one is full.
type Windows struct {
	Address  func(*Gate) []Window       // of whoever asks, counted before anything else; nil for none
	Stranger []Window                   // of whoever brings no valid credentials
	Plan     func(domain.Plan) []Window // of whoever does; nil for none
	Span     Span                       // of the window that the headers tell where nothing is limited
}

// noLimit is what the headers tell as the limit where there is none: more than
// anybody asks.
const noLimit = 999_999_999

// Headers is how a contract tells where a limit stands.
type Headers struct {
	Prefix string // of Limit, Remaining and Reset
	Unix   bool   // whether Reset is in Unix seconds, and not in seconds that are left
}

// The two ways of the contracts.
var (
	SecondsLeft = Headers{Prefix: "RateLimit-"}
	UnixReset   = Headers{Prefix: "X-RateLimit-", Unix: true}
)

// limitReached is a rate limit, with the seconds until it opens again.
type limitReached struct {
	told    *domain.Error
	seconds int
}

// Error implements error.
func (l *limitReached) Error() string { return l.told.Message }

// Unwrap gives the domain error to errors.As.
func (l *limitReached) Unwrap() error { return l.told }

// count counts a request in windows that are open now, up to the first that is
// full, and says on the answer where the limits stand.
func (g *Gate) count(c *fiber.Ctx, contract Contract, by commands.Caller, windows []Window) error {
	told := false
	for _, w := range windows {
		if w.Limit == 0 && w.Span != Month {
			continue
		}
		used, reset, err := g.take(c, contract.Name, by, w)
		if err != nil {
			return err
		}
		if w.Limit == 0 {
			continue
		}
		seconds := g.secondsTo(reset)
		if !told || used > w.Limit {
			tell(c, contract.Headers, w, used, seconds, reset)
			told = true
		}
		list(c, w, used, seconds)
		if used > w.Limit {
			return full(contract, w, seconds)
		}
	}
	return nil
}

// secondsTo is how long a window is open still: 1 at least.
func (g *Gate) secondsTo(reset time.Time) int {
	return max(int(math.Ceil(reset.Sub(g.Now()).Seconds())), 1)
}

// counted says on the answer where the operation's windows stand that count what
// was accepted, this request's share included.
func (g *Gate) counted(c *fiber.Ctx, contract Contract, by commands.Caller, operation []Window) {
	for _, w := range operation {
		if w.Counted == nil {
			continue
		}
		used, limit, reset, err := w.Counted(c.UserContext(), by)
		if err != nil {
			g.Log.Warn("an answer does not say where a limit stands", "request", RequestID(c), "error", err)
			continue
		}
		if w.Limit = limit; limit == 0 {
			continue
		}
		tell(c, contract.Headers, w, used, g.secondsTo(reset), reset)
		list(c, w, used, g.secondsTo(reset))
	}
}

// full is the refusal of a request that a window has no room for.
func full(contract Contract, w Window, seconds int) error {
	text := fmt.Sprintf("Rate limit exceeded: %d requests per %s. Try again in %d s.", w.Limit, w.Span, seconds)
	if contract.Limited != nil {
		text = contract.Limited(w)
	}
	return &limitReached{domain.Errorf(domain.TooMany, "%s", text), seconds}
}

// take counts a request in one window.
func (g *Gate) take(c *fiber.Ctx, contract domain.Contract, by commands.Caller, w Window) (used int, reset time.Time, err error) {
	subject := g.AddressName(ClientAddress(c))
	switch {
	case w.By == ByKey && by.Key != uuid.Nil:
		subject = by.Key.String()
	case w.By != ByAddress:
		subject = by.Account.String()
	}
	name := counter(contract, w, subject)
	if w.Span == Month {
		return g.Limits.TakeMonth(c.UserContext(), name)
	}
	return g.Limits.Take(c.UserContext(), name, lengths[w.Span])
}

// counter is the name under which requests are counted.
func counter(contract domain.Contract, w Window, subject string) string {
	return fmt.Sprintf("%s:%s:%s:%s", contract, w.name(), w.By, subject)
}

// UsedInMonth is how many requests of an account a contract's window of the
// month has counted.
func UsedInMonth(ctx context.Context, l Limits, contract domain.Contract, account uuid.UUID) (int, error) {
	return l.UsedInMonth(ctx, counter(contract, Window{By: ByAccount, Span: Month}, account.String()))
}

// MonthEnds is when the month of UsedInMonth ends: with the calendar's, UTC.
func MonthEnds(now time.Time) time.Time {
	return time.Date(now.UTC().Year(), now.UTC().Month()+1, 1, 0, 0, 0, 0, time.UTC)
}

// tell sets the contract's own headers.
func tell(c *fiber.Ctx, h Headers, w Window, used, seconds int, reset time.Time) {
	c.Set(h.Prefix+"Limit", itoa(w.Limit))
	c.Set(h.Prefix+"Remaining", itoa(max(w.Limit-used, 0)))
	if h.Unix {
		c.Set(h.Prefix+"Reset", itoa(int(reset.Unix())))
		return
	}
	c.Set(h.Prefix+"Reset", itoa(seconds))
}

// unlimited says on an answer that tells of no limit that there is none.
func (g *Gate) unlimited(c *fiber.Ctx, contract Contract) {
	if c.GetRespHeader(contract.Headers.Prefix+"Limit") != "" {
		return
	}
	w, length := Window{Span: contract.Windows.Span, Limit: noLimit}, lengths[contract.Windows.Span]
	reset := g.Now().UTC().Truncate(length).Add(length)
	tell(c, contract.Headers, w, 0, g.secondsTo(reset), reset)
	list(c, w, 0, g.secondsTo(reset))
}

// list adds a window to the headers that have all of them
// (draft-ietf-httpapi-ratelimit-headers-10).
func list(c *fiber.Ctx, w Window, used, seconds int) {
	add(c, "RateLimit-Policy", fmt.Sprintf("%q;q=%d;w=%d", w.name(), w.Limit, w.seconds()))
	add(c, "RateLimit", fmt.Sprintf("%q;r=%d;t=%d", w.name(), max(w.Limit-used, 0), seconds))
}

// add appends to a header that is a list.
func add(c *fiber.Ctx, header, item string) {
	if present := c.GetRespHeader(header); present != "" {
		item = present + ", " + item
	}
	c.Set(header, item)
}
