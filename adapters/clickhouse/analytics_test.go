package clickhouse_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// analyticsText is the analysts' document.
func analyticsText(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../schemas/analytics.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestAnalyticsColumns compares what the analysts' document says that views and
// tables have with what they have.
func TestAnalyticsColumns(t *testing.T) {
	db, text := newDatabase(t, clickhouse.Options{Transport: engine}), analyticsText(t)
	told := map[string][]string{}
	names := func(cell string) []string { return strings.Split(strings.ReplaceAll(cell, "`", ""), ", ") }
	for _, part := range strings.Split(text, "\n## ")[1:] {
		view, _, _ := strings.Cut(part, "\n")
		for _, row := range regexp.MustCompile(`(?m)^\| (`+"`.*?`"+`) \| (.*?) \| `).FindAllStringSubmatch(part, -1) {
			if !strings.Contains(view, " ") {
				told[view] = append(told[view], names(row[1])...)
				continue
			}
			for _, table := range names(row[1]) {
				told[table] = names(row[2])
				if of, _, versioned := strings.Cut(table, "_v"); versioned {
					told[table] = told[of]
				}
			}
		}
	}
	_, rows, err := db.Query(t.Context(), "SELECT table, groupArray(name) FROM (SELECT table, name FROM system.columns WHERE database = currentDatabase() ORDER BY table, position) GROUP BY table")
	if err != nil || len(rows) != len(told) {
		t.Errorf("there are %d views and tables, and %d are told of, %v", len(rows), len(told), err)
	}
	for _, row := range rows {
		if table, columns := row[0].(string), row[1].([]string); !slices.Equal(columns, told[table]) {
			t.Errorf("%s has the columns %q, and told are %q", table, columns, told[table])
		}
	}
}

// The days of what analysts are told in the test: the day before yesterday, the day
// after that, and one that is long ago.
var (
	firstDay  = time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -2)
	secondDay = firstDay.AddDate(0, 0, 1)
	oldDay    = firstDay.AddDate(0, 0, -40)
)

// analysed are visits to two links.
func analysed() (list []domain.Envelope) {
	add := func(l projections.LinkRef, day time.Time, clock string, c domain.LinkClicked) {
		at, err := time.Parse("15:04", clock)
		if err != nil {
			panic(err)
		}
		if c.Account = l.Account; c.Via == "" {
			c.Via = domain.ViaLink
		}
		if c.Code = "spring"; l == calm {
			c.Code = "winter"
		}
		at = day.Add(time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute)
		list = append(list, domain.Envelope{ID: uuid.New(), Stream: domain.NewStream(domain.LinkFamily, l.Link), At: at, Event: c})
	}
	add(hot, firstDay, "10:00", domain.LinkClicked{Visitor: "a", Agent: domain.Person, Referrer: "news.example", Country: "DE"})
	add(hot, firstDay, "10:05", domain.LinkClicked{Visitor: "a", Agent: domain.Person, Referrer: "news.example", Country: "DE", Rule: "phones"})
	add(hot, firstDay, "10:10", domain.LinkClicked{Visitor: "b", Agent: domain.Person, Via: domain.ViaQR, Country: "DE"})
	add(hot, firstDay, "11:00", domain.LinkClicked{Visitor: "c", Agent: domain.Bot, Country: "US"})
	add(hot, secondDay, "10:00", domain.LinkClicked{Visitor: "a", Agent: domain.Person, Country: "FR", Fallback: true})
	add(calm, secondDay, "12:30", domain.LinkClicked{Visitor: "a", Agent: domain.Person, Referrer: "search.example", Country: "FR"})
	add(calm, secondDay, "13:00", domain.LinkClicked{Visitor: "a", Agent: domain.Prefetch})
	add(calm, secondDay, "13:01", domain.LinkClicked{Visitor: "d", Agent: domain.Preview})
	add(calm, oldDay, "10:00", domain.LinkClicked{Visitor: "z", Agent: domain.Person})
	return list
}

// served are calls of January 2026.
func served() (rows []clickhouse.Row) {
	account, keys := hot.Account, []uuid.UUID{uuid.Nil, uuid.New(), uuid.New()}
	add := func(account, key uuid.UUID, contract, operation string, status uint16, took uint64) {
		at := time.Date(2026, 1, 10, 0, 0, len(rows), 0, time.UTC)
		rows = append(rows, clickhouse.Row{uuid.New(), at, account, key, contract, operation, "GET", status, took, uint64(0), uint64(100), "scanledger.requests", int32(0), int64(len(rows))})
	}
	add(account, keys[1], "secably", "/api/v1/keys", 200, 1000)
	add(account, keys[1], "secably", "/api/v1/keys", 200, 3000)
	add(account, keys[0], "secably", "/api/v1/keys", 429, 200)
	add(account, keys[2], "secably", "/api/v1/targets/:id", 404, 500)
	add(account, keys[1], "7azzani", "/shrinkit/:short_code/stats", 503, 9000)
	add(uuid.Nil, uuid.Nil, "7azzani", "/shrinkit/api/links", 401, 100)
	return rows
}

// measured are tests of two servers, in one week.
func measured() []domain.Envelope {
	at, figure := time.Date(2026, 1, 14, 0, 0, 0, 0, time.UTC), func(f float64) *float64 { return &f }
	stated := func(f domain.SpeedFigures) domain.Envelope {
		return domain.Envelope{ID: uuid.New(), At: at, Event: domain.SpeedTestCompleted{Origin: domain.FromLibreSpeed, Server: "one", Figures: f}}
	}
	sampled := func(idle, loaded []float64) domain.Envelope {
		samples := domain.SpeedSamples{Idle: idle}
		if len(loaded) > 0 {
			samples.Download = []domain.Transfer{{Size: 1000, MS: 1, Pings: loaded[:1]}, {Size: 1000, MS: 1, Pings: loaded[1:]}}
		}
		return domain.Envelope{ID: uuid.New(), At: at, Event: domain.SpeedTestCompleted{Origin: domain.FromServer, Server: "two", Samples: samples}}
	}
	return []domain.Envelope{
		stated(domain.SpeedFigures{Download: figure(100e6), Upload: figure(50e6)}), stated(domain.SpeedFigures{Download: figure(300e6)}),
		sampled([]float64{4, 6}, []float64{10, 30, 20}), sampled([]float64{7}, []float64{8, 12}), sampled([]float64{900}, nil),
	}
}

// answers are what the document's questions are answered then, in its order: rows
// by semicolons.
func answers() []string {
	day := func(t time.Time) string { return t.Format(time.DateOnly) }
	return []string{
		fmt.Sprintf("%s 1 1; %s 3 2; %s 2 1", day(oldDay), day(firstDay), day(secondDay)),
		fmt.Sprintf("spring %s 4 3; winter %s 1 1", hot.Link, calm.Link),
		"winter 4 0.5; spring 5 0.2",
		weekly(),
		"direct 3 0.5; news.example 2 0.333; search.example 1 0.167",
		"DE 1 2; FR 0 2;  0 1",
		"spring none 3 1; spring phones 1 0; winter none 2 0",
		"7azzani /shrinkit/:short_code/stats GET 1 9 9; secably /api/v1/keys GET 3 1 2.8; secably /api/v1/targets/:id GET 1 0.5 0.5; 7azzani /shrinkit/api/links GET 1 0.1 0.1",
		"/api/v1/keys GET 1 0 0.333; /api/v1/targets/:id GET 1 0 1; /shrinkit/:short_code/stats GET 0 1 1; /shrinkit/api/links GET 1 0 1",
		fmt.Sprintf("2026-01-01 %s 2 5 500", hot.Account),
		"2026-01-12 one 2 200 50; 2026-01-12 two 3 NaN NaN",
		"two 6 15 9 2",
	}
}

// weekly are people's visits by weekday and hour in Berlin.
func weekly() string {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		panic(err)
	}
	counted := map[string]int{}
	for _, e := range analysed() {
		if c, _ := e.Event.(domain.LinkClicked); c.Agent == domain.Person {
			at := e.At.In(berlin)
			counted[fmt.Sprintf("%d %02d", (int(at.Weekday())+6)%7+1, at.Hour())]++
		}
	}
	var rows []string
	for when, n := range counted {
		rows = append(rows, fmt.Sprint(when, " ", n))
	}
	slices.Sort(rows)
	return strings.Join(rows, "; ")
}

// TestAnalytics asks each question of the analysts' document of what is stored
// twice, and compares the answers.
func TestAnalytics(t *testing.T) {
	db := newDatabase(t, clickhouse.Options{Transport: engine})
	name := strings.Trim(one(t, db, "SELECT currentDatabase()"), "[]")
	for _, model := range []string{"clicks", "requests", "speedtests"} {
		write(t, fmt.Sprintf("SYSTEM STOP MERGES %s.%s_v1", name, model))
	}
	visits, calls, tests := analysed(), served(), measured()
	for n := range 2 {
		mustStore(t, db, visits, n)
		if err := db.Store(t.Context(), "requests", columns, fmt.Sprint("again", n), calls); err != nil {
			t.Fatal(err)
		}
		if err := storeSpeedTests(t.Context(), db, tests...); err != nil {
			t.Fatal(err)
		}
	}
	if got := one(t, db, "SELECT sum(rows) FROM system.parts WHERE database = currentDatabase() AND active AND table LIKE '%_v1'"); got != "[40]" {
		t.Fatalf("stored are %s rows, which is not each twice", got)
	}
	questions, want := regexp.MustCompile("(?s)\n([^\n]*):\n\n```sql\n(.*?)```").FindAllStringSubmatch(analyticsText(t), -1), answers()
	if len(questions) != len(want) {
		t.Fatalf("%d questions, %d answers", len(questions), len(want))
	}
	for n, q := range questions {
		_, rows, err := db.Query(t.Context(), q[2])
		var told []string
		for _, row := range rows {
			told = append(told, spelled(row))
		}
		if got := strings.Join(told, "; "); err != nil || got != want[n] {
			t.Errorf("%s: %v\n%s\nwant\n%s", q[1], err, got, want[n])
		}
	}
}

// spelled is a row in words.
func spelled(row []any) string {
	words := make([]string, len(row))
	for i, v := range row {
		words[i] = fmt.Sprint(v)
		if at, is := v.(time.Time); is {
			words[i] = at.Format(time.DateOnly)
		}
	}
	return strings.Join(words, " ")
}
