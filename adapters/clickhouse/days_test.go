package clickhouse_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

var (
	hot  = projections.LinkRef{Account: uuid.NewSHA1(uuid.Nil, []byte{1}), Link: uuid.NewSHA1(uuid.Nil, []byte("hot"))}
	calm = projections.LinkRef{Account: uuid.NewSHA1(uuid.Nil, []byte{2}), Link: uuid.NewSHA1(uuid.Nil, []byte("calm"))}
)

// visits are some of one day, one a second.
func visits(l projections.LinkRef, from, count int) (list []domain.Envelope) {
	for n := from; n < from+count; n++ {
		list = append(list, domain.Envelope{
			ID: uuid.NewSHA1(l.Link, fmt.Append(nil, n)), Stream: domain.NewStream(domain.LinkFamily, l.Link), At: time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC),
			Event: domain.LinkClicked{Account: l.Account, Visitor: fmt.Sprint("v", n%7), Agent: domain.Person, Via: domain.ViaLink, Referrer: fmt.Sprintf("%d.example", n)},
		})
	}
	return list
}

func mustStore(t *testing.T, db *clickhouse.DB, list []domain.Envelope, from int) {
	t.Helper()
	if err := storeClicks(t.Context(), db, list, from); err != nil {
		t.Fatal(err)
	}
}

func statsOf(t *testing.T, db *clickhouse.DB, l projections.LinkRef) projections.ClickStats {
	t.Helper()
	s, err := db.ClickStats(t.Context(), projections.ClickQuery{LinkRef: l, To: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), Zone: time.UTC, Top: 2000})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestHeavyDays has a day with so many visits that it waits for its turn; what is
// told meanwhile says so, and it is made once for all that came.
func TestHeavyDays(t *testing.T) {
	db := newDatabase(t, clickhouse.Options{Transport: engine, HeavyDay: 10})
	at := time.Now().Add(time.Hour)
	if err := db.CountedUntil(t.Context(), "clicks", at); err != nil {
		t.Fatal(err)
	}
	mustStore(t, db, visits(hot, 0, 20), 0)
	mustStore(t, db, visits(calm, 0, 5), 20)
	if s := statsOf(t, db, hot); s.Clicks != 20 || !s.Until.Equal(at.UTC().Truncate(time.Millisecond)) {
		t.Fatalf("%d clicks until %s", s.Clicks, s.Until)
	}
	mustStore(t, db, visits(hot, 15, 10), 25)
	mustStore(t, db, visits(hot, 25, 5), 35)
	if s := statsOf(t, db, hot); s.Clicks != 20 || !s.Until.Before(at.Add(-time.Minute)) {
		t.Errorf("before its turn: %d clicks until %s", s.Clicks, s.Until)
	}
	if s := statsOf(t, db, calm); s.Clicks != 5 || s.Until.Before(at.Add(-time.Minute)) {
		t.Errorf("another link: %d clicks until %s", s.Clicks, s.Until)
	}
	done, err := db.CountDue(t.Context())
	if err != nil || done.Made != 1 || len(done.Accounts) != 1 || done.Accounts[0] != hot.Account {
		t.Fatalf("%+v, %v", done, err)
	}
	if s := statsOf(t, db, hot); s.Clicks != 30 || s.Until.Before(at.Add(-time.Minute)) {
		t.Errorf("after its turn: %d clicks until %s", s.Clicks, s.Until)
	}
	if done, err = db.CountDue(t.Context()); err != nil || done.Made != 0 {
		t.Errorf("again: %+v, %v", done, err)
	}
	if wrong, err := db.WrongDays(t.Context(), time.Time{}); err != nil || len(wrong) > 0 {
		t.Errorf("wrong: %v, %v", wrong, err)
	}
}

// TestWrongDays finds days that say something else than the rows do, and makes
// them right.
func TestWrongDays(t *testing.T) {
	everywhere(t, func(t *testing.T, db *clickhouse.DB) {
		mustStore(t, db, visits(hot, 0, 20), 0)
		mustStore(t, db, visits(calm, 0, 5), 20)
		name := strings.Trim(one(t, db, "SELECT currentDatabase()"), "[]")
		for _, sql := range []string{
			"INSERT INTO %[1]s.clicks_days SELECT * REPLACE (visits + 7 AS visits, map(0, 99) AS quarters) FROM %[1]s.clicks_days WHERE link = '" + hot.Link.String() + "'",
			"INSERT INTO %[1]s.clicks_days SELECT * REPLACE (toDate('2026-05-05') AS day) FROM %[1]s.clicks_days WHERE link = '" + calm.Link.String() + "'",
		} {
			write(t, fmt.Sprintf(sql, name))
		}
		if wrong, err := db.WrongDays(t.Context(), time.Time{}); err != nil || len(wrong) != 2 {
			t.Errorf("wrong: %v, %v", wrong, err)
		}
		if wrong, err := db.WrongDays(t.Context(), time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)); err != nil || len(wrong) != 1 || wrong[0].Link != calm.Link {
			t.Errorf("wrong since May: %v, %v", wrong, err)
		}
		if err := db.CountAllDays(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if wrong, err := db.WrongDays(t.Context(), time.Time{}); err != nil || len(wrong) > 0 {
			t.Errorf("still wrong: %v, %v", wrong, err)
		}
		if a, b := statsOf(t, db, hot), statsOf(t, db, calm); a.Clicks != 20 || a.Visitors != 7 || b.Clicks != 5 {
			t.Errorf("%d and %d clicks", a.Clicks, b.Clicks)
		}
		if rows, err := db.Erase(t.Context(), hot.Account); err != nil || rows < 21 {
			t.Errorf("erased %d rows, %v", rows, err)
		}
		if s := statsOf(t, db, hot); s.Clicks != 0 || !s.Last.IsZero() || len(s.Top["referrer"]) > 0 {
			t.Errorf("of a deleted account: %+v", s)
		}
	})
}

// TestManyReferrers keeps a bound on what anybody can make up.
func TestManyReferrers(t *testing.T) {
	db := newDatabase(t, clickhouse.Options{Transport: engine})
	mustStore(t, db, append(visits(hot, 0, 1500), visits(hot, 0, 1)...), 0)
	if s := statsOf(t, db, hot); s.Clicks != 1500 || len(s.Top["referrer"]) != 1000 || len(s.Top["via"]) != 1 || s.Top["via"][0].Clicks != 1500 {
		t.Errorf("%d clicks, %d referrers, %v", s.Clicks, len(s.Top["referrer"]), s.Top["via"])
	}
}

// TestClicksRebuilt makes clicks again from their topic, and then the days.
func TestClicksRebuilt(t *testing.T) {
	db := newDatabase(t, clickhouse.Options{Transport: engine})
	all := visits(hot, 0, 40)
	mustStore(t, db, all, 0)
	p := &oneTopic{clickRows(all, 0)}
	if _, err := db.Rebuild(t.Context(), "clicks", clickColumns, p, projections.Rebuilding{Accept: true}); err != nil {
		t.Fatal(err)
	}
	if err := db.CountAllDays(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	mustStore(t, db, visits(hot, 35, 10), 40)
	if s := statsOf(t, db, hot); s.Clicks != 45 {
		t.Errorf("%d clicks", s.Clicks)
	}
}

// TestNoAddresses looks at all columns of all tables: none holds a client's address.
func TestNoAddresses(t *testing.T) {
	db := newDatabase(t, clickhouse.Options{Transport: engine})
	_, rows, err := db.Query(t.Context(), "SELECT table, name, type FROM system.columns WHERE database = currentDatabase()")
	if err != nil || len(rows) < 50 {
		t.Fatalf("%d columns, %v", len(rows), err)
	}
	for _, row := range rows {
		name, kind := strings.ToLower(fmt.Sprint(row[1])), fmt.Sprint(row[2])
		for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '.' }) {
			switch word {
			case "ip", "ipv4", "ipv6", "address", "addr", "remote", "peer", "forwarded":
				t.Errorf("%s has a column %s", row[0], name)
			}
		}
		if strings.Contains(kind, "IPv") {
			t.Errorf("%s.%s is of the type %s", row[0], name, kind)
		}
	}
}

// oneTopic is one partition with rows.
type oneTopic struct{ rows []clickhouse.Row }

// Extent implements clickhouse.Topic.
func (o *oneTopic) Extent(context.Context) (first, next map[int32]int64, err error) {
	return map[int32]int64{0: 0}, map[int32]int64{0: int64(len(o.rows))}, nil
}

// Deleted implements clickhouse.Topic.
func (*oneTopic) Deleted(context.Context, []uuid.UUID) ([]uuid.UUID, error) { return nil, nil }

// Read implements clickhouse.Topic.
func (o *oneTopic) Read(ctx context.Context, from, to map[int32]int64, see func(context.Context, int32, int64, []clickhouse.Row) error) error {
	return see(ctx, 0, to[0], o.rows[from[0]:to[0]])
}

// write has the engine run a statement that writes, past the adapter.
func write(t testing.TB, sql string) {
	t.Helper()
	answer, err := http.Post(engine.URL()+"/?query="+url.QueryEscape(sql), "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %.300s %v", sql, answer.Status, text, err)
	}
}
