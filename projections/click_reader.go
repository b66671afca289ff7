package projections

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// ClickReader reads what is counted of short links. Whose link it is has been
// looked at before. It answers domain.Unavailable where nothing can be read.
type ClickReader interface {
	// ClickStats counts a link's clicks.
	ClickStats(ctx context.Context, q ClickQuery) (ClickStats, error)
	// ClickTotals are the totals of several links, without any bound in time. A
	// link that nobody has visited is not among them.
	ClickTotals(ctx context.Context, links ...LinkRef) (map[uuid.UUID]ClickTotals, error)
	// ClickRows are a link's visits, oldest first, people's and others'.
	ClickRows(ctx context.Context, p ClickPage) ([]ClickRow, error)
}

// LinkRef names a link, and whose it is.
type LinkRef struct{ Account, Link uuid.UUID }

// Quarter is how exactly a range of clicks can be chosen: the clocks of all time
// zones differ by whole quarters of an hour.
const Quarter = 15 * time.Minute

// What a series of clicks has at most, counted from its end: a week of hours, and
// a year of days with the one that began it.
const (
	MaxHours = 7 * 24
	MaxDays  = 367
)

// ClickQuery says which clicks of a link are counted, and how.
type ClickQuery struct {
	LinkRef
	From time.Time      // the first that count; the zero time for all there were
	To   time.Time      // where they end: those before it count
	Zone *time.Location // whose clock hours and days go by
	Top  int            // how many values of each dimension are told
}

// Range cuts both ends to whole quarters of an hour, so that no quarter is left
// out that was asked for in part.
func (q ClickQuery) Range() (from, to time.Time) {
	to = q.To.UTC().Truncate(Quarter)
	if to.Before(q.To) {
		to = to.Add(Quarter)
	}
	if !q.From.IsZero() {
		from = q.From.UTC().Truncate(Quarter)
	}
	return from, to
}

// ClickTotals are visits by who they were of. Clicks are people's.
type ClickTotals struct {
	Clicks int
	// Visitors are the people, each of them once a day (UTC), for a visitor is known
	// again within a day and never after it: at the first click of the day. So the
	// visitors of hours and days add up to those of the range.
	Visitors   int
	Bots       int
	Prefetches int
	Previews   int
}

// ClickBucket is what was counted in an hour or on a day.
type ClickBucket struct {
	From time.Time // on the zone's clock
	ClickTotals
}

// ClickShare is how many clicks had a value of a dimension, "" where it was not known.
type ClickShare struct {
	Value  string
	Clicks int
}

// ClickStats are a link's clicks in a range.
type ClickStats struct {
	ClickTotals
	Last time.Time // the newest visit of the link, whoever's and whenever; the zero time where there was none
	// Until is up to when all visits are counted that have reached the broker; the
	// zero time where nobody knows.
	Until time.Time
	Hours []ClickBucket // oldest first, those of the last week of the range that have any visit
	Days  []ClickBucket // likewise of the last year
	// Top has the values of each of Dimensions, the most frequent first, and those
	// that are as frequent by name. A value that is not among the thousand most
	// frequent of a day may be without that day's clicks.
	Top map[string][]ClickShare
}

// Dimensions are what clicks are told apart by, each a column of the rows.
var Dimensions = []string{"referrer", "country", "language", "browser", "system", "device", "rule", "via"}

// ClickRow is one visit.
type ClickRow struct {
	ID       uuid.UUID `json:"id"`
	At       time.Time `json:"at"`
	Visitor  string    `json:"visitor"`
	Agent    string    `json:"agent"`
	Via      string    `json:"via"`
	Rule     string    `json:"rule"`
	Fallback bool      `json:"fallback"`
	Referrer string    `json:"referrer"`
	Country  string    `json:"country"`
	Language string    `json:"language"`
	Browser  string    `json:"browser"`
	System   string    `json:"system"`
	Device   string    `json:"device"`
}

// ClickPage is a part of a link's visits.
type ClickPage struct {
	LinkRef
	From, To time.Time // as of ClickQuery, and to the millisecond
	// After is the visit behind which the page begins: its time and its id; the zero
	// time for the beginning.
	After time.Time
	ID    uuid.UUID
	Limit int
}
