package postgres

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/embedded"
)

// server is the URL of a database on the server that all tests share; template
// is the name of one whose schema is up to date, to make others of.
var server, template string

// TestMain runs the tests against the server at SCANLEDGER_TEST_POSTGRES, or
// one of their own.
func TestMain(m *testing.M) {
	stop, err := startServer()
	if err == nil {
		err = makeTemplate(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent(), goleak.Cleanup(func(code int) {
		if err := dropDatabase(context.Background(), template); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		stop()
		os.Exit(code)
	}))
}

func startServer() (stop func(), err error) {
	if server = os.Getenv("SCANLEDGER_TEST_POSTGRES"); server != "" {
		return func() {}, nil
	}
	dir, err := os.MkdirTemp("", "postgres")
	if err != nil {
		return nil, err
	}
	p, err := embedded.StartPostgres(context.Background(), embedded.PostgresOptions{Dir: dir})
	if err != nil {
		return nil, err
	}
	server = p.URL()
	return func() { p.Close(); os.RemoveAll(dir) }, nil
}

func makeTemplate(ctx context.Context) error {
	template = newName()
	if err := onServer(ctx, "CREATE DATABASE "+template); err != nil {
		return err
	}
	pool, err := Open(ctx, urlOf(template))
	if err != nil {
		return err
	}
	defer pool.Close()
	return Migrate(ctx, pool)
}

// newDatabase makes a database of the test's own, with the schema, and returns
// its URL.
func newDatabase(t testing.TB) string {
	t.Helper()
	return databaseFrom(t, template)
}

func databaseFrom(t testing.TB, template string) string {
	t.Helper()
	name := newName()
	if err := onServer(t.Context(), "CREATE DATABASE "+name+" TEMPLATE "+template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := dropDatabase(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	return urlOf(name)
}

// openPool opens a pool that the test closes.
func openPool(t testing.TB, url string) *pgxpool.Pool {
	t.Helper()
	pool, err := Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// openLog opens a log that the test closes.
func openLog(t testing.TB, pool *pgxpool.Pool) *Log {
	t.Helper()
	l := NewLog(pool)
	t.Cleanup(l.Close)
	return l
}

func newName() string { return "test_" + strings.ReplaceAll(uuid.NewString(), "-", "") }

func urlOf(database string) string {
	u, err := url.Parse(server)
	if err != nil {
		panic(err)
	}
	u.Path = "/" + database
	return u.String()
}

// dropDatabase leaves no trace on a server that stays; the tests' own goes with
// all its databases.
func dropDatabase(ctx context.Context, name string) error {
	if os.Getenv("SCANLEDGER_TEST_POSTGRES") == "" {
		return nil
	}
	return onServer(ctx, "DROP DATABASE "+name+" WITH (FORCE)")
}

func onServer(ctx context.Context, sql string) error {
	c, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer c.Close(ctx)
	_, err = c.Exec(ctx, sql)
	return err
}
