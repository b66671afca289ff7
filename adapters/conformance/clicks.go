package conformance

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// ClicksUnderTest are the visits to links, and what counts them.
type ClicksUnderTest struct {
	Store  func(ctx context.Context, visits []domain.Envelope) error // maybe again
	Reader projections.ClickReader
}

// Clicks holds what counts visits to its promises. open returns one that has none.
func Clicks(t *testing.T, open func(t *testing.T) ClicksUnderTest) {
	for name, property := range map[string]func(*testing.T, ClicksUnderTest){
		"random visits are counted as one by one": clicksCounted,
		"a link that nobody visits":               clicksNone,
		"a visit that comes late":                 clicksLate,
		"a visitor counts once a day":             clicksVisitors,
		"clocks that are put":                     clicksShifted,
		"visits one by one, by pages":             clicksPaged,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			property(t, open(t))
		})
	}
}

func (u ClicksUnderTest) store(t *testing.T, visits ...domain.Envelope) {
	t.Helper()
	if err := u.Store(t.Context(), visits); err != nil {
		t.Fatal(err)
	}
}

func (u ClicksUnderTest) stats(t *testing.T, q projections.ClickQuery) projections.ClickStats {
	t.Helper()
	s, err := u.Reader.ClickStats(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var someLink = projections.LinkRef{Account: uuid.NewSHA1(uuid.Nil, []byte("account")), Link: uuid.NewSHA1(uuid.Nil, []byte("link"))}

// midnight is when most visits of the suite begin.
var midnight = time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC)

// visit is one by a person, so long after midnight.
func visit(n int, l projections.LinkRef, visitor string, after time.Duration) domain.Envelope {
	return domain.Envelope{
		ID: uuid.NewSHA1(l.Link, fmt.Append(nil, n)), Stream: domain.NewStream(domain.LinkFamily, l.Link), Owner: l.Account, At: midnight.Add(after),
		Event: domain.LinkClicked{Account: l.Account, Code: "spring", Visitor: visitor, Agent: domain.Person, Via: domain.ViaLink},
	}
}

// randomVisits are visits to a link over four days, as the clocks go back in Europe.
func randomVisits(r *rand.Rand, l projections.LinkRef, count int) (visits []domain.Envelope) {
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	for n := range count {
		e := visit(n, l, fmt.Sprintf("v%d", r.IntN(count/3+1)), time.Duration(r.Int64N(int64(96*time.Hour))).Truncate(time.Microsecond))
		c, _ := e.Event.(domain.LinkClicked)
		c.Agent = []domain.Agent{domain.Person, domain.Person, domain.Person, domain.Bot, domain.Prefetch, domain.Preview}[r.IntN(6)]
		c.Via, c.Rule, c.Fallback = domain.Via(pick("link", "qr")), pick("", "", "ios"), r.IntN(9) == 0
		c.Referrer, c.Country, c.Language = fmt.Sprintf("h%d.example", r.IntN(30)), pick("", "DE", "FR", "IN"), pick("de", "pt-br", "")
		c.Browser, c.System, c.Device = pick("Chrome", "Firefox", "Safari"), pick("Linux", "iOS"), pick("desktop", "mobile", "tablet", "")
		e.Event = c
		visits = append(visits, e)
	}
	return visits
}

func clicksCounted(t *testing.T, u ClicksUnderTest) {
	r := rand.New(rand.NewPCG(4, 7))
	links := []projections.LinkRef{someLink, {Account: someLink.Account, Link: uuid.New()}, {Account: uuid.New(), Link: uuid.New()}}
	var all []domain.Envelope
	for _, l := range links {
		all = append(all, randomVisits(r, l, 400)...)
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for batch := range slices.Chunk(all, 130) { // each with some that came before
		again := all[:r.IntN(60)]
		u.store(t, slices.Concat(batch, again)...)
	}
	for range 12 {
		q := projections.ClickQuery{LinkRef: links[r.IntN(len(links))], To: midnight.Add(100 * time.Hour), Zone: zones[r.IntN(len(zones))], Top: 1 + r.IntN(40)}
		if r.IntN(3) > 0 {
			q.From = midnight.Add(time.Duration(r.Int64N(int64(80 * time.Hour))))
		}
		if r.IntN(3) > 0 {
			q.To = midnight.Add(time.Duration(r.Int64N(int64(96 * time.Hour))))
		}
		want, got := projections.CountClicks(all, q), u.stats(t, q)
		want.Last = want.Last.Truncate(time.Millisecond)
		if got.Until = want.Until; got.Last.Truncate(time.Millisecond).Equal(want.Last) {
			got.Last = want.Last
		}
		if got, want := shown(got), shown(want); got != want {
			t.Errorf("%s to %s in %s:\n%s\nwant\n%s", q.From, q.To, q.Zone, got, want)
		}
	}
	totals, err := u.Reader.ClickTotals(t.Context(), links...)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		want := projections.CountClicks(all, projections.ClickQuery{LinkRef: l, To: midnight.Add(96 * time.Hour), Zone: time.UTC}).ClickTotals
		if totals[l.Link] != want {
			t.Errorf("totals %+v, want %+v", totals[l.Link], want)
		}
	}
}

// zones are of whole hours, of quarters of one, and with another offset in winter.
var zones = func() (list []*time.Location) {
	for _, name := range []string{"UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Auckland"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			panic(err)
		}
		list = append(list, zone)
	}
	return list
}()

// shown are stats in words.
func shown(s projections.ClickStats) string {
	text := fmt.Sprintf("%+v last %s\n", s.ClickTotals, s.Last.UTC())
	for _, b := range s.Hours {
		text += fmt.Sprintf("h %s %v\n", b.From.UTC().Format(time.RFC3339), b.ClickTotals)
	}
	for _, b := range s.Days {
		text += fmt.Sprintf("d %s %v\n", b.From.Format(time.RFC3339), b.ClickTotals)
	}
	for _, d := range projections.Dimensions {
		text += fmt.Sprintln(d, s.Top[d])
	}
	return text
}

func clicksNone(t *testing.T, u ClicksUnderTest) {
	s := u.stats(t, projections.ClickQuery{LinkRef: someLink, To: midnight, Zone: time.UTC, Top: 5})
	if s.ClickTotals != (projections.ClickTotals{}) || len(s.Hours)+len(s.Days) > 0 || !s.Last.IsZero() {
		t.Errorf("%+v", s)
	}
	for _, d := range projections.Dimensions {
		if top := s.Top[d]; top == nil || len(top) > 0 {
			t.Errorf("%s: %#v", d, top)
		}
	}
	totals, err := u.Reader.ClickTotals(t.Context(), someLink)
	rows, wrong := u.Reader.ClickRows(t.Context(), projections.ClickPage{LinkRef: someLink, To: midnight, Limit: 10})
	if err != nil || wrong != nil || len(totals)+len(rows) > 0 {
		t.Errorf("%v %v, %v %v", totals, err, rows, wrong)
	}
}

// clicksLate has the first visit of a visitor's day come after the second.
func clicksLate(t *testing.T, u ClicksUnderTest) {
	q := projections.ClickQuery{LinkRef: someLink, To: midnight.Add(48 * time.Hour), Zone: time.UTC, Top: 1}
	u.store(t, visit(1, someLink, "v", 20*time.Hour))
	u.store(t, visit(2, someLink, "w", 30*time.Hour))
	u.store(t, visit(3, someLink, "v", 2*time.Hour))
	s := u.stats(t, q)
	var hours []string
	for _, b := range s.Hours {
		hours = append(hours, fmt.Sprintf("%d %d/%d", b.From.Hour(), b.Visitors, b.Clicks))
	}
	if want := []string{"2 1/1", "20 0/1", "6 1/1"}; !reflect.DeepEqual(hours, want) {
		t.Errorf("%q, want %q", hours, want)
	}
}

// clicksShifted has a clock that is put by half an hour, and one that is put forward
// at midnight.
func clicksShifted(t *testing.T, u ClicksUnderTest) {
	for name, c := range map[string]struct {
		begin time.Time
		hours string
		days  string
	}{
		"Australia/Lord_Howe": {time.Date(2026, 4, 4, 14, 45, 0, 0, time.UTC), "01:00+11:00 1, 01:30+11:00 1, 02:00+10:30 2, 03:00+10:30 2", "2026-04-05 6"},
		"America/Santiago":    {time.Date(2026, 9, 6, 3, 15, 0, 0, time.UTC), "23:00-04:00 2, 01:00-03:00 2, 02:00-03:00 2", "2026-09-05 2, 2026-09-06 4"},
	} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		link := projections.LinkRef{Account: someLink.Account, Link: uuid.NewSHA1(uuid.Nil, []byte(name))}
		var all []domain.Envelope
		for n := range 6 {
			all = append(all, visit(n, link, "v", c.begin.Add(time.Duration(n)*30*time.Minute).Sub(midnight)))
		}
		u.store(t, all...)
		q := projections.ClickQuery{LinkRef: link, To: c.begin.Add(4 * time.Hour), Zone: zone, Top: 1}
		s := u.stats(t, q)
		var hours, days []string
		for _, b := range s.Hours {
			hours = append(hours, b.From.Format("15:04Z07:00 ")+fmt.Sprint(b.Clicks))
		}
		for _, b := range s.Days {
			days = append(days, b.From.Format("2006-01-02 ")+fmt.Sprint(b.Clicks))
		}
		if got := strings.Join(hours, ", "); got != c.hours {
			t.Errorf("%s: hours %s, want %s", name, got, c.hours)
		}
		if got := strings.Join(days, ", "); got != c.days {
			t.Errorf("%s: days %s, want %s", name, got, c.days)
		}
	}
}

func clicksVisitors(t *testing.T, u ClicksUnderTest) {
	for n, after := range []time.Duration{0, time.Hour, 23 * time.Hour, 24 * time.Hour, 25 * time.Hour} {
		u.store(t, visit(n, someLink, "v", after))
	}
	s := u.stats(t, projections.ClickQuery{LinkRef: someLink, To: midnight.Add(48 * time.Hour), Zone: time.UTC, Top: 1})
	if s.Clicks != 5 || s.Visitors != 2 || len(s.Days) != 2 || s.Days[1].Visitors != 1 {
		t.Errorf("%+v", s)
	}
}

func clicksPaged(t *testing.T, u ClicksUnderTest) {
	all := randomVisits(rand.New(rand.NewPCG(1, 2)), someLink, 50)
	u.store(t, all...)
	u.store(t, all[:9]...)
	page := projections.ClickPage{LinkRef: someLink, From: midnight.Add(10 * time.Hour), To: midnight.Add(70 * time.Hour), Limit: 7}
	seen := map[uuid.UUID]projections.ClickRow{}
	for {
		rows, err := u.Reader.ClickRows(t.Context(), page)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if r.At.Before(page.After) || seen[r.ID].ID == r.ID {
				t.Fatalf("%v again, or in no order", r)
			}
			seen[r.ID] = r
			page.After, page.ID = r.At, r.ID
		}
		if len(rows) < page.Limit {
			break
		}
	}
	for _, e := range all {
		inside := !e.At.Before(page.From) && e.At.Before(page.To)
		r, ok := seen[e.ID]
		c, _ := e.Event.(domain.LinkClicked)
		if ok != inside || ok && (r.Referrer != c.Referrer || r.Agent != string(c.Agent) || r.Fallback != c.Fallback || !r.At.Equal(e.At.Truncate(time.Millisecond))) {
			t.Errorf("%v is told as %+v, %v", e, r, ok)
		}
	}
}
