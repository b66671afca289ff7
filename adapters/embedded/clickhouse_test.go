package embedded

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

func openClickHouse(t *testing.T, dir, addr string) *ClickHouse {
	t.Helper()
	c, err := OpenClickHouse(t.Context(), ClickHouseOptions{Dir: dir, Addr: addr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// dialClickHouse returns a client that goes through rt, or over the network
// when rt is nil.
func dialClickHouse(t *testing.T, rawURL string, rt http.RoundTripper) driver.Conn {
	t.Helper()
	options, err := clickhouse.ParseDSN(rawURL)
	if err != nil {
		t.Fatal(err)
	}
	options.Protocol = clickhouse.HTTP
	if rt != nil {
		options.TransportFunc = func(*http.Transport) (http.RoundTripper, error) { return rt, nil }
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestClickHouseServesItsClientInsideAndOutside(t *testing.T) {
	c := openClickHouse(t, t.TempDir(), "127.0.0.1:0")
	for name, conn := range map[string]driver.Conn{
		"inside":  dialClickHouse(t, "http://inside", c),
		"outside": dialClickHouse(t, c.URL(), nil),
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			if err := conn.Exec(ctx, "CREATE TABLE "+name+" (n UInt32, s LowCardinality(String), at DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY n"); err != nil {
				t.Fatal(err)
			}
			batch, err := conn.PrepareBatch(ctx, "INSERT INTO "+name)
			if err != nil {
				t.Fatal(err)
			}
			at := time.Date(2026, 2, 3, 4, 5, 6, 789e6, time.UTC)
			for n := range 3000 {
				if err := batch.Append(uint32(n), "tab\tand 'quote'", at); err != nil {
					t.Fatal(err)
				}
			}
			if err := batch.Send(); err != nil {
				t.Fatal(err)
			}
			var count uint64
			var text string
			var back time.Time
			row := conn.QueryRow(ctx, "SELECT count(), any(s), max(at) FROM "+name+" WHERE n >= ? AND s = ?", uint32(1000), "tab\tand 'quote'")
			if err := row.Scan(&count, &text, &back); err != nil {
				t.Fatal(err)
			}
			if count != 2000 || text != "tab\tand 'quote'" || !back.Equal(at) {
				t.Fatalf("got %d, %q, %v", count, text, back)
			}
			err = conn.Exec(ctx, "SELECT missing")
			var exception *clickhouse.Exception
			if !errors.As(err, &exception) || exception.Code != 47 {
				t.Fatalf("got %v, want exception 47 (unknown identifier)", err)
			}
		})
	}
}

func TestClickHouseKeepsNoSettingOfTheRequestBefore(t *testing.T) {
	c := openClickHouse(t, t.TempDir(), "")
	for _, step := range []struct{ url, sql, want string }{
		{"http://x/?insert_deduplication_token=it%27s%5C&max_block_size=7", "SELECT getSetting('insert_deduplication_token'), getSetting('max_block_size')", "it\\'s\\\\\t7\n"},
		{"http://x/", "SELECT getSetting('insert_deduplication_token'), getSetting('max_block_size') = 7", "\t0\n"},
		{"http://x/?database=system", "SELECT currentDatabase()", "system\n"},
		{"http://x/", "SELECT currentDatabase()", "default\n"},
		{"http://x/?readonly=1", "SELECT 1", "1\n"},
		{"http://x/", "CREATE TABLE after_readonly (n Int8) ENGINE = Log", ""},
		{"http://x/?param_n=4&param_s=a%5Ctb", "SELECT {n:UInt8} + 1, {s:String}", "5\ta\\tb\n"},
		{"http://x/?query=INSERT+INTO+after_readonly+FORMAT+CSV", "1\n2\n", ""},
		{"http://x/?query=SELECT+sum(n)", "FROM after_readonly FORMAT JSONCompactEachRow", "[3]\n"},
	} {
		if status, got := ask(t, c, step.url, step.sql); status != http.StatusOK || got != step.want {
			t.Errorf("%s %s: got %d %q, want %q", step.url, step.sql, status, got, step.want)
		}
	}
}

// ask posts a statement and returns the status and the answer's text.
func ask(t *testing.T, rt http.RoundTripper, to, sql string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to, strings.NewReader(sql))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := rt.RoundTrip(r)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Error(err)
	}
	return answer.StatusCode, string(text)
}

func TestClickHouseRefuses(t *testing.T) {
	dir := t.TempDir()
	c := openClickHouse(t, dir, "")
	ask(t, c, "http://x/", "CREATE TABLE kept (n Int8) ENGINE = MergeTree ORDER BY n")
	for name, step := range map[string]struct{ url, sql, want string }{
		"two statements":          {"http://x/", "SELECT 1; DROP TABLE kept", "Multi-statements"},
		"lifted read-only":        {"http://x/?readonly=1", "SET readonly = DEFAULT; DROP TABLE kept", "Multi-statements"},
		"drop in read-only":       {"http://x/?readonly=1", "DROP TABLE kept", "Code: 164"},
		"insert in read-only":     {"http://x/?readonly=2", "INSERT INTO kept VALUES (1)", "Code: 164"},
		"rows in read-only":       {"http://x/?readonly=1&query=INSERT+INTO+kept+FORMAT+CSV", "1\n", "Code: 164"},
		"set in read-only":        {"http://x/?readonly=1", "SET max_threads = 1", "Code: 164"},
		"file written":            {"http://x/?readonly=1", "SELECT 1 INTO OUTFILE '" + dir + "/out'", "Code: 164"},
		"file read":               {"http://x/?readonly=1", "SELECT * FROM file('/etc/hostname', 'LineAsString')", "Code: 164"},
		"address fetched":         {"http://x/?readonly=1", "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')", "Code: 164"},
		"engine stopped":          {"http://x/?readonly=1", "SYSTEM SHUTDOWN", "Code: 164"},
		"lifted in the statement": {"http://x/?readonly=1", "SELECT 1 SETTINGS readonly = 0", "Code: 164"},
		"no statement":            {"http://x/", "SELEC 1", "Code: 62"},
		"half a statement":        {"http://x/", "SET readonly = DEFAULT; DROP TABLE kept; DROP (", "Code: 62"},
		"odd name of a setting":   {"http://x/?a%20%3D1%2C%20readonly=0", "SELECT 1", "Code: 115"},
		"unknown setting":         {"http://x/?no_such_setting=1", "SELECT 1", "Code: 115"},
		"compression":             {"http://x/?compress=1", "SELECT 1", "Code: 48"},
		"poisonous rows":          {"http://x/?query=INSERT+INTO+kept+FORMAT+CSV", "1\nno number\n", "Code: "},
	} {
		t.Run(name, func(t *testing.T) {
			status, got := ask(t, c, step.url, step.sql)
			if status != http.StatusInternalServerError || !strings.Contains(got, step.want) {
				t.Errorf("got %d %q, want %q", status, got, step.want)
			}
			if _, rows := ask(t, c, "http://x/", "SELECT count() FROM kept"); rows != "0\n" {
				t.Errorf("the table: %s", rows)
			}
		})
	}
}

func TestClickHouseAnswersWhenTheContextEnds(t *testing.T) {
	c := openClickHouse(t, t.TempDir(), "")
	ctx, cancel := context.WithCancel(t.Context())
	slow, _ := http.NewRequestWithContext(ctx, http.MethodPost, "http://x/?max_execution_time=2&max_block_size=1",
		strings.NewReader("SELECT sleepEachRow(0.1) FROM numbers(1000)"))
	ended := make(chan error, 1)
	go func() {
		_, err := c.RoundTrip(slow)
		ended <- err
	}()
	for len(c.slots) == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
	if len(c.slots) == 0 {
		t.Error("the statement cannot have ended yet: it counts among those that run")
	}
	if status, text := ask(t, c, "http://x/?max_execution_time=0.2&max_block_size=1", "SELECT sleepEachRow(0.05) FROM numbers(1000)"); status != 500 || !strings.Contains(text, "Code: 159") {
		t.Errorf("got %d %q, want a time-out", status, text)
	}
}

func TestClickHouseOutsideNeedsThePassword(t *testing.T) {
	c := openClickHouse(t, t.TempDir(), "127.0.0.1:0")
	right, err := url.Parse(c.URL())
	if err != nil {
		t.Fatal(err)
	}
	key, _ := right.User.Password()
	for name, step := range map[string]struct {
		url    string
		header http.Header
		want   int
	}{
		"ping":            {"/ping", nil, 200},
		"nothing":         {"/?query=SELECT+1", nil, 401},
		"headers":         {"/?query=SELECT+1", http.Header{"X-Clickhouse-User": {"default"}, "X-Clickhouse-Key": {key}}, 200},
		"wrong header":    {"/?query=SELECT+1", http.Header{"X-Clickhouse-User": {"default"}, "X-Clickhouse-Key": {key + "x"}}, 401},
		"parameters":      {"/?query=SELECT+1&user=default&password=" + key, nil, 200},
		"another user":    {"/?query=SELECT+1&user=root&password=" + key, nil, 401},
		"a write by GET":  {"/?query=CREATE+TABLE+t+(n+Int8)+ENGINE=Log&user=default&password=" + key, nil, 500},
		"an empty secret": {"/?query=SELECT+1&user=default", nil, 401},
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+right.Host+step.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header = step.header
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != step.want {
			t.Errorf("%s: got %d, want %d", name, answer.StatusCode, step.want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestClickHouseIsOneInAProcess(t *testing.T) {
	first := openClickHouse(t, t.TempDir(), "")
	if _, err := OpenClickHouse(t.Context(), ClickHouseOptions{Dir: t.TempDir()}); err == nil || !strings.Contains(err.Error(), "another folder") {
		t.Errorf("a second folder: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := first.RoundTrip(mustRequest(t)); err == nil {
		t.Error("a closed engine answers")
	}
	second := openClickHouse(t, t.TempDir(), "")
	if status, text := ask(t, second, "http://x/", "SELECT 1"); status != 200 {
		t.Error(text)
	}
	if _, err := OpenClickHouse(t.Context(), ClickHouseOptions{Dir: t.TempDir(), Library: "/nowhere/libchdb.so"}); !errors.Is(err, ErrNoLibrary) {
		t.Errorf("no library: %v", err)
	}
}

func mustRequest(t *testing.T) *http.Request {
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://x/", strings.NewReader("SELECT 1"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestClickHouseLeavesGoItsSignals(t *testing.T) {
	c := openClickHouse(t, t.TempDir(), "")
	ask(t, c, "http://x/", "SELECT 1")
	defer func() {
		if recover() == nil {
			t.Error("a nil dereference did not panic")
		}
	}()
	var nothing *ClickHouse
	nothing.addr = ""
}

func TestClickHouseManyAtOnce(t *testing.T) {
	c := openClickHouse(t, t.TempDir(), "")
	ask(t, c, "http://x/", "CREATE TABLE many (n UInt32) ENGINE = MergeTree ORDER BY n")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 25 {
				if status, text := ask(t, c, "http://x/?query=INSERT+INTO+many+FORMAT+CSV&async_insert=0", "1\n2\n"); status != 200 {
					t.Error(text)
				}
				ask(t, c, "http://x/?readonly=1", "SELECT sum(n) FROM many")
			}
		})
	}
	group.Wait()
	if _, rows := ask(t, c, "http://x/", "SELECT count(), sum(n) FROM many"); rows != "400\t600\n" {
		t.Errorf("got %q", rows)
	}
}
