package projections

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// UsageReader reads what accounts have asked of the API. It answers
// domain.Unavailable where nothing can be read.
type UsageReader interface {
	// Usage counts an account's calls: by day the oldest first, else the most
	// frequent first. It returns a page of the rows, and how many there are in all.
	Usage(ctx context.Context, q UsageQuery) (page []UsageRow, total int, err error)
}

// UsageBy is what calls are counted by.
type UsageBy string

// What calls can be counted by.
const (
	UsageByDay       UsageBy = "day"
	UsageByOperation UsageBy = "operation"
	UsageByKey       UsageBy = "key"
)

// UsageQuery says which calls are counted, and by what.
type UsageQuery struct {
	Account  uuid.UUID
	From, To time.Time // those before To count
	Zone     *time.Location
	By       UsageBy
	Offset   int
	Limit    int
}

// UsageRow is what was counted of a day, an operation or a key.
type UsageRow struct {
	Day       time.Time // its beginning in the zone; of others the zero time
	Contract  string    // of an operation, as are the next two
	Operation string    // the route's template
	Method    string
	Key       uuid.UUID // nil UUID for calls with an access token

	Requests   int
	Succeeded  int // status 2xx
	Redirected int // 3xx
	Refused    int // 4xx
	Failed     int // 5xx
	BytesIn    int64
	BytesOut   int64         // but for what was streamed
	Half       time.Duration // what half of them took at most
	Slowest    time.Duration // what 95 % of them took at most
}

// CountUsage counts as a reader does, out of the events: each event once.
func CountUsage(events []domain.Envelope, q UsageQuery) (page []UsageRow, total int) {
	seen, took := map[uuid.UUID]bool{}, map[UsageRow][]int64{}
	counted := map[UsageRow]UsageRow{}
	for _, e := range events {
		r, ok := e.Event.(domain.RequestServed)
		if !ok || seen[e.ID] || r.Account != q.Account || e.At.Before(q.From) || !e.At.Before(q.To) {
			continue
		}
		seen[e.ID] = true
		of := q.group(e.At, r)
		counted[of] = counted[of].plus(r)
		took[of] = append(took[of], r.DurationUS)
	}
	rows := []UsageRow{}
	for of, n := range counted {
		slices.Sort(took[of])
		n.Day, n.Contract, n.Operation, n.Method, n.Key = of.Day, of.Contract, of.Operation, of.Method, of.Key
		n.Half, n.Slowest = share(took[of], 0.5), share(took[of], 0.95)
		rows = append(rows, n)
	}
	slices.SortFunc(rows, func(a, b UsageRow) int {
		if q.By == UsageByDay {
			return a.Day.Compare(b.Day)
		}
		return cmp.Or(b.Requests-a.Requests, cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Method, b.Method), cmp.Compare(a.Contract, b.Contract), cmp.Compare(a.Key.String(), b.Key.String()))
	})
	from := min(q.Offset, len(rows))
	return rows[from:min(from+q.Limit, len(rows))], len(rows)
}

// group is the row that a call is counted in, without any numbers.
func (q UsageQuery) group(at time.Time, r domain.RequestServed) UsageRow {
	switch q.By {
	case UsageByDay:
		return UsageRow{Day: DayOf(at, q.Zone)}
	case UsageByKey:
		return UsageRow{Key: r.Key}
	default:
		return UsageRow{Contract: string(r.Contract), Operation: r.Operation, Method: r.Method}
	}
}

func (u UsageRow) plus(r domain.RequestServed) UsageRow {
	u.Requests, u.BytesIn, u.BytesOut = u.Requests+1, u.BytesIn+r.BytesIn, u.BytesOut+r.BytesOut
	switch r.Status / 100 {
	case 2:
		u.Succeeded++
	case 3:
		u.Redirected++
	case 4:
		u.Refused++
	case 5:
		u.Failed++
	}
	return u
}

// share is what a share of sorted microseconds is below.
func share(sorted []int64, part float64) time.Duration {
	return time.Duration(sorted[int(part*float64(len(sorted)))]) * time.Microsecond
}
