package account

import (
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// usageAnswer answers GET /api/v1/usage/.
type usageAnswer struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	TimeZone string    `json:"time_zone"`
	By       string    `json:"by"`
	web.List[usageItem]
}

// usageItem is what was asked on a day, of an operation or with a key.
type usageItem struct {
	Day       string     `json:"day,omitempty"`
	Contract  string     `json:"contract,omitempty"`
	Operation string     `json:"operation,omitempty"` // the path's template
	Method    string     `json:"method,omitempty"`
	Key       *uuid.UUID `json:"key,omitempty"` // absent for access tokens
	KeyName   string     `json:"key_name,omitempty"`

	Requests int            `json:"requests"`
	Errors   int            `json:"errors"` // refused and failed
	Statuses statusClasses  `json:"statuses"`
	Duration usageDurations `json:"duration_ms"`
	BytesIn  int64          `json:"bytes_in"`
	BytesOut int64          `json:"bytes_out"`
}

type statusClasses struct {
	Succeeded  int `json:"2xx"`
	Redirected int `json:"3xx"`
	Refused    int `json:"4xx"`
	Failed     int `json:"5xx"`
}

type usageDurations struct {
	Half    float64 `json:"p50"`
	Slowest float64 `json:"p95"`
}

const (
	// usageDays is how many days are counted without a beginning.
	usageDays = 30
	// maxUsageDays are counted at most: a year and a day.
	maxUsageDays = 367
	// endpoint is what many call an operation.
	endpoint = "endpoint"
	// usagePage is how many rows a page has, unless fewer are asked for.
	usagePage = 1000
)

// Usage answers GET /api/v1/usage/: the account's calls through all contracts, by
// day, operation or key.
func (a *API) Usage(c *fiber.Ctx, by commands.Caller) error {
	q, err := a.usageQuery(c)
	if err != nil {
		return err
	}
	p, err := web.PageOfUpTo(c, usagePage)
	if err != nil {
		return err
	}
	q.Account, q.Offset, q.Limit = by.Account, p.Offset(), p.Size
	rows, total, err := a.Calls.Usage(c.UserContext(), q)
	if err != nil {
		return err
	}
	names := map[uuid.UUID]string{}
	if q.By == projections.UsageByKey {
		keys, err := a.keysOf(c, by.Account)
		if err != nil {
			return err
		}
		for _, k := range keys {
			names[k.ID] = k.Name
		}
	}
	items := make([]usageItem, len(rows))
	for i, r := range rows {
		items[i] = usageOf(r, names[r.Key])
	}
	return c.JSON(usageAnswer{q.From.UTC(), q.To.UTC(), q.Zone.String(), string(q.By), web.Paged(c, a.PublicURL, p, total, items)})
}

// usageQuery reads what calls are counted, and by what.
func (a *API) usageQuery(c *fiber.Ctx) (q projections.UsageQuery, err error) {
	if q.Zone, q.From, q.To, err = web.RangeOf(c, a.Now()); err != nil {
		return q, err
	}
	if q.From.IsZero() {
		last := q.To.In(q.Zone)
		q.From = domain.DayBegins(last.Year(), last.Month(), last.Day()+1-usageDays, q.Zone)
	}
	if q.To.Sub(q.From) > maxUsageDays*24*time.Hour {
		return q, domain.Errorf(domain.Invalid, "from and to must be at most %d days apart", maxUsageDays-1)
	}
	q.By = projections.UsageBy(c.Query("by", string(projections.UsageByDay)))
	if q.By == endpoint {
		q.By = projections.UsageByOperation
	}
	switch q.By {
	case projections.UsageByDay, projections.UsageByOperation, projections.UsageByKey:
		return q, nil
	default:
		return q, domain.Errorf(domain.Invalid, "by must be day, operation or key")
	}
}

func usageOf(r projections.UsageRow, name string) usageItem {
	u := usageItem{
		Contract: r.Contract, Operation: r.Operation, Method: r.Method, KeyName: name, Requests: r.Requests, Errors: r.Refused + r.Failed,
		Statuses: statusClasses{r.Succeeded, r.Redirected, r.Refused, r.Failed}, BytesIn: r.BytesIn, BytesOut: r.BytesOut,
		Duration: usageDurations{millis(r.Half), millis(r.Slowest)},
	}
	if !r.Day.IsZero() {
		u.Day = r.Day.Format(time.DateOnly)
	}
	if r.Key != uuid.Nil {
		u.Key = &r.Key
	}
	return u
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
