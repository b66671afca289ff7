package clickhouse_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/adapters/embedded"
)

var engine *embedded.ClickHouse

func TestMain(m *testing.M) {
	os.Exit(withEngine(m))
}

func withEngine(m *testing.M) int {
	dir, err := os.MkdirTemp("", "clickhouse-")
	if err != nil {
		fmt.Println(err)
		return 1
	}
	defer os.RemoveAll(dir)
	engine, err = embedded.OpenClickHouse(context.Background(), embedded.ClickHouseOptions{Dir: dir, Addr: "127.0.0.1:0"})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	code := m.Run()
	if err := errors.Join(engine.Close(), goleak.Find()); err != nil && code == 0 {
		fmt.Println(err)
		code = 1
	}
	return code
}

// everywhere runs a test on a new database, through the library in this
// process and over the network.
func everywhere(t *testing.T, test func(t *testing.T, db *clickhouse.DB)) {
	for name, o := range map[string]clickhouse.Options{
		"library": {Transport: engine}, "network": {URL: engine.URL()},
	} {
		t.Run(name, func(t *testing.T) { test(t, newDatabase(t, o)) })
	}
}

// newDatabase makes a database of a test's own, with its tables.
func newDatabase(t testing.TB, o clickhouse.Options) *clickhouse.DB {
	t.Helper()
	o.Database = "test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	db, err := clickhouse.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return db
}

var columns = []string{"event_id", "at", "account", "key", "contract", "operation", "method", "status",
	"duration_us", "bytes_in", "bytes_out", "topic", "partition", "offset"}

func requests(from, count int) []clickhouse.Row {
	rows := make([]clickhouse.Row, count)
	for i := range rows {
		n := from + i
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Second)
		rows[i] = clickhouse.Row{uuid.NewSHA1(uuid.Nil, fmt.Append(nil, n)), at, uuid.NewSHA1(uuid.Nil, []byte{byte(n)}), uuid.Nil,
			"secably", "GET /scans", "GET", uint16(200), uint64(n), uint64(10), uint64(20), "scanledger.requests", int32(0), int64(n)}
	}
	return rows
}

func one(t testing.TB, db *clickhouse.DB, sql string) string {
	t.Helper()
	_, rows, err := db.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 {
		t.Fatalf("%s: %d rows", sql, len(rows))
	}
	return fmt.Sprint(rows[0])
}

func TestMigrateIsRunOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, db *clickhouse.DB) {
		if err := db.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := one(t, db, "SELECT toUInt8(count() = uniqExact(version)), min(version), min(name) FROM schema_migrations"); got != "[1 1 0001_requests]" {
			t.Errorf("got %s", got)
		}
	})
}

func TestABatchIsStoredOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, db *clickhouse.DB) {
		insert := func(token string, rows []clickhouse.Row) {
			t.Helper()
			if err := db.Insert(t.Context(), "requests_v1", columns, token, rows); err != nil {
				t.Fatal(err)
			}
		}
		const stored, seen = "SELECT count() FROM requests_v1", "SELECT count(), sum(duration_us) FROM requests"
		insert("a", requests(0, 100))
		if got := one(t, db, stored); got != "[100]" {
			t.Fatalf("right after the insert: %s", got)
		}
		insert("a", requests(0, 100))
		if got := one(t, db, stored); got != "[100]" {
			t.Errorf("the same batch again: %s rows", got)
		}
		insert("a", requests(500, 100))
		if got := one(t, db, stored); got != "[100]" {
			t.Errorf("other rows under a known token are dropped, says the comment; there are %s", got)
		}
		insert("b", requests(50, 100))
		if got := one(t, db, stored); got != "[200]" {
			t.Errorf("another token: %s rows", got)
		}
		if got := one(t, db, seen); got != "[150 11175]" {
			t.Errorf("the view without duplicates: %s", got)
		}
	})
}

func TestABatchOverTwoMonthsIsStoredOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, db *clickhouse.DB) {
		const almostMonth = 31*24*3600 - 50
		for range 2 {
			if err := db.Insert(t.Context(), "requests_v1", columns, "months", requests(almostMonth, 100)); err != nil {
				t.Fatal(err)
			}
		}
		if got := one(t, db, "SELECT count(), uniq(toYYYYMM(at)) FROM requests_v1"); got != "[100 2]" {
			t.Errorf("got %s", got)
		}
	})
}

func TestALargeBatch(t *testing.T) {
	everywhere(t, func(t *testing.T, db *clickhouse.DB) {
		rows := requests(0, 100_000)
		if err := db.Insert(t.Context(), "requests_v1", columns, "large", rows); err != nil {
			t.Fatal(err)
		}
		if got := one(t, db, "SELECT count(), uniqExact(event_id) FROM requests"); got != "[100000 100000]" {
			t.Errorf("got %s", got)
		}
	})
}

func TestAPoisonousRowIsNamed(t *testing.T) {
	everywhere(t, func(t *testing.T, db *clickhouse.DB) {
		for name, poison := range map[string]func(row clickhouse.Row) clickhouse.Row{
			"status": func(row clickhouse.Row) clickhouse.Row { row[7] = "two hundred"; return row },
			"at":     func(row clickhouse.Row) clickhouse.Row { row[1] = struct{}{}; return row },
			"":       func(row clickhouse.Row) clickhouse.Row { return row[:3] },
		} {
			rows := requests(0, 10)
			rows[6] = poison(rows[6])
			err := db.Insert(t.Context(), "requests_v1", columns, "poison", rows)
			var bad *clickhouse.RowError
			if !errors.As(err, &bad) || bad.Row != 6 || bad.Column != name {
				t.Errorf("%q: got %v", name, err)
			}
		}
		if got := one(t, db, "SELECT count() FROM requests_v1"); got != "[0]" {
			t.Errorf("%s rows of the poisonous batches are stored", got)
		}
		if err := db.Insert(t.Context(), "requests_v1", columns, "poison", requests(0, 10)); err != nil {
			t.Errorf("after the poison: %v", err)
		}
		for name, insert := range map[string]func() error{
			"no token":     func() error { return db.Insert(t.Context(), "requests_v1", columns, "", requests(0, 1)) },
			"no table":     func() error { return db.Insert(t.Context(), "nothing", columns, "t", requests(0, 1)) },
			"no column":    func() error { return db.Insert(t.Context(), "requests_v1", []string{"no"}, "t", []clickhouse.Row{{1}}) },
			"name of evil": func() error { return db.Insert(t.Context(), "requests_v1 (at) --", columns, "t", requests(0, 1)) },
		} {
			if err := insert(); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
	})
}

func TestAnEngineThatIsAwayIsAnError(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for _, url := range []string{
		"clickhouse://" + closed.Addr().String(), "http://" + closed.Addr().String(),
		"clickhouse://" + silent.Addr().String(), "http://" + silent.Addr().String(),
		strings.Replace(engine.URL(), "default:", "default:not", 1),
	} {
		db, err := clickhouse.Open(clickhouse.Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		for name, err := range map[string]error{
			"insert":  db.Insert(ctx, "requests_v1", columns, "t", requests(0, 1)),
			"migrate": db.Migrate(ctx),
			"ping":    db.Ping(ctx),
		} {
			if err == nil {
				t.Errorf("%s of %s: no error", name, url)
			}
		}
		cancel()
		db.Close()
	}
	for _, o := range []clickhouse.Options{{URL: "://"}, {URL: "http://x", Database: "a b"}} {
		if db, err := clickhouse.Open(o); err == nil {
			db.Close()
			t.Errorf("%+v is accepted", o)
		}
	}
}

func TestQueryReadsAndNothingElse(t *testing.T) {
	asked := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { t.Errorf("%s has been asked for", r.URL) }))
	defer asked.Close()
	everywhere(t, func(t *testing.T, db *clickhouse.DB) {
		if err := db.Insert(t.Context(), "requests_v1", columns, "a", requests(0, 3)); err != nil {
			t.Fatal(err)
		}
		names, rows, err := db.Query(t.Context(), "SELECT event_id, at, status, contract, [1, 2] AS list, NULL AS nothing FROM requests ORDER BY at LIMIT 1;")
		if err != nil || strings.Join(names, " ") != "event_id at status contract list nothing" || len(rows) != 1 {
			t.Fatalf("got %v, %v, %v", names, rows, err)
		}
		want := requests(0, 1)[0]
		if rows[0][0] != want[0] || !rows[0][1].(time.Time).Equal(want[1].(time.Time)) || rows[0][2] != want[7] || rows[0][3] != "secably" {
			t.Errorf("got %v", rows[0])
		}
		for _, sql := range []string{"WITH 1 AS a SELECT a", "SHOW TABLES", "DESCRIBE requests", "EXPLAIN SELECT 1", "EXISTS requests", "SELECT 'a; b' -- ; c",
			"SELECT number AS file, 'file(' AS url FROM numbers(3) WHERE number IN (0, 1) -- file('x')", "SELECT * APPLY(sum) FROM numbers(3)"} {
			if _, rows, err := db.Query(t.Context(), sql); err != nil || len(rows) == 0 {
				t.Errorf("%s: %v", sql, err)
			}
		}
		for _, sql := range []string{
			"INSERT INTO requests_v1 (event_id) SELECT generateUUIDv4()", "DROP TABLE requests_v1", "ALTER TABLE requests_v1 DELETE WHERE 1",
			"CREATE TABLE t (n Int8) ENGINE = Log", "TRUNCATE TABLE requests_v1", "OPTIMIZE TABLE requests_v1 FINAL",
			"SET readonly = DEFAULT; DROP TABLE requests_v1", "SELECT 1 SETTINGS readonly = 0", "SELECT 1; SELECT 2",
			"SELECT 1 INTO OUTFILE '/tmp/out-of-scanledger'", "SELECT * FROM file('/etc/passwd', 'LineAsString')",
			"SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", "SYSTEM SHUTDOWN",
			"SELECT file('/etc/hostname')", "SELECT `fi\\x6ce` /* ( */ ('/etc/hostname')", "SELECT * APPLY file FROM (SELECT '/etc/hostname')",
			"WITH f AS (SELECT arrayMap(x -> \"file\"(x), ['/etc/hostname'])) SELECT * FROM f", "SHOW TABLES WHERE file('/etc/hostname') != ''",
			"EXPLAIN PLAN actions = 1 SELECT file('/etc/hostname')", "SELECT 'it\\'s ', file('/etc/hostname')", "SELECT 'it''s ', file($$/etc/hostname$$)",
			"SELECT arrayMap(file, ['/etc/hostname'])", "SELECT mapApply(`FILE`, map('/etc/hostname', '/etc/hostname'))", "SELECT 'a' AS file, arrayMap(file, ['/etc/hostname'])",
			"DESCRIBE file('/etc/hostname', 'LineAsString')", "DESCRIBE url('" + asked.URL + "')", "DESCRIBE s3('" + asked.URL + "/a/b.csv', NOSIGN, 'CSV')",
			"EXPLAIN TABLE OVERRIDE mysql('127.0.0.1:1', 'a', 'b', 'c', 'd') COLUMNS (a Int8)", "SELECT * FROM eval('SELECT 1')", "GRANT SELECT ON *.* TO default", "",
			"SELECT number FROM numbers(100001)",
		} {
			if _, rows, err := db.Query(t.Context(), sql); err == nil {
				t.Errorf("%s: no error, %d rows", sql, len(rows))
			}
		}
		if _, _, err := db.Query(t.Context(), "SELECT 1 FORMAT JSON;"); err == nil || !strings.Contains(err.Error(), "leave FORMAT JSON out") {
			t.Errorf("in a format of its own: %v", err)
		}
		if got := one(t, db, "SELECT count() FROM requests"); got != "[3]" {
			t.Errorf("afterwards: %s rows", got)
		}
	})
}

// TestQueryTellsOfNoFile asks in all ways for a file that is there and for one that is
// not: the embedded engine has a database with a table for each.
func TestQueryTellsOfNoFile(t *testing.T) {
	everywhere(t, func(t *testing.T, db *clickhouse.DB) {
		answer := func(form, file string) string {
			columns, rows, err := db.Query(t.Context(), strings.ReplaceAll(form, "FILE", file))
			return strings.ReplaceAll(fmt.Sprint(columns, rows, err), file, "FILE")
		}
		there := filepath.Join(t.TempDir(), "there")
		if err := os.WriteFile(there, []byte("a\n1\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, form := range []string{
			"EXISTS TABLE default.`FILE`", `EXISTS "default" /* . */ . "FILE"`, "EXISTS VIEW default.`FILE`", "CHECK TABLE default.`FILE`", "DESCRIBE default.`FILE`", "SHOW CREATE TABLE default.`FILE`",
			"SELECT count() FROM default.`FILE`", "SELECT 1 IN default.`FILE`", "SELECT * FROM `default.FILE`", "EXISTS TABLE `FILE`", "SHOW COLUMNS FROM `FILE` FROM default",
			"SELECT hasColumnInTable('default', 'FILE', 'a')", "SELECT joinGet('default.FILE', 'a', 1)", "SELECT joinGetOrNull('default.FILE', 'a', 1)", "SELECT dictHas('default.FILE', 1)",
			"DESCRIBE loop('default', 'FILE')", "SELECT * FROM mergeTreeIndex('default', 'FILE')", "SELECT * FROM mergeTreeProjection('default', 'FILE', 'a')", "SELECT * FROM merge('default', '^FILE$')",
			"SELECT count() FROM system.tables WHERE database = 'default' AND name = 'FILE' AND NOT total_bytes < 0", "SELECT count() FROM system.columns WHERE database = 'default' AND table = 'FILE'",
		} {
			if is, none := answer(form, there), answer(form, there+"-not"); is != none {
				t.Errorf("%s: %s for a file that is there, %s for one that is not", form, is, none)
			}
		}
	})
}

func TestSink(t *testing.T) {
	for name, o := range map[string]clickhouse.Options{"library": {Transport: engine}, "network": {URL: engine.URL()}} {
		t.Run(name, func(t *testing.T) {
			conformance.Sink(t, func(t *testing.T) conformance.SinkUnderTest {
				db := newDatabase(t, o)
				return conformance.SinkUnderTest{
					Insert: func(ctx context.Context, columns []string, token string, rows [][]any) error {
						return db.Insert(ctx, "requests_v1", columns, token, rows)
					},
					Count: func(t *testing.T) int {
						_, rows, err := db.Query(t.Context(), "SELECT toInt64(count()) FROM requests")
						if err != nil {
							t.Fatal(err)
						}
						return int(rows[0][0].(int64))
					},
				}
			})
		})
	}
}
