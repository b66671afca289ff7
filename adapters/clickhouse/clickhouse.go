// Package clickhouse keeps the analytics tables: it makes them, fills them
// from batches of events, and answers read-only SQL. It speaks to a server by
// its URL or to the embedded engine through an http.RoundTripper; the SQL is
// the same.
package clickhouse

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// DefaultDatabase is where the tables are unless the URL or the options say
// otherwise.
const DefaultDatabase = "scanledger"

// Options say which ClickHouse is meant.
type Options struct {
	URL       string            // clickhouse://, http:// or https://; its path names the database
	Transport http.RoundTripper // the embedded engine, instead of a URL
	Database  string            // "" for the URL's, else DefaultDatabase
	HeavyDay  int               // from how many visits on a day of a link it waits for its turn to be counted; 0 for 200,000
}

// DB is one database of a ClickHouse. It connects when it is used, so it can
// be made while the server is away.
type DB struct {
	conn     driver.Conn
	options  *clickhouse.Options
	database string
	heavyDay int
}

const (
	dialTimeout = 5 * time.Second
	// callTimeout is for calls whose context has no deadline.
	callTimeout = time.Minute
	connections = 8
)

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// Open checks the options; it does not connect.
func Open(o Options) (*DB, error) {
	options := &clickhouse.Options{Protocol: clickhouse.HTTP, Addr: []string{"embedded"}}
	if o.Transport == nil {
		parsed, err := clickhouse.ParseDSN(o.URL)
		if err != nil {
			return nil, fmt.Errorf("clickhouse url: %w", err)
		}
		options = parsed
	} else {
		options.TransportFunc = func(*http.Transport) (http.RoundTripper, error) { return o.Transport, nil }
	}
	for _, name := range []string{o.Database, options.Auth.Database, DefaultDatabase} {
		if options.Auth.Database = name; name != "" {
			break
		}
	}
	if !identifier.MatchString(options.Auth.Database) {
		return nil, fmt.Errorf("clickhouse: %q is no name for a database", options.Auth.Database)
	}
	options.DialTimeout, options.MaxOpenConns, options.MaxIdleConns = dialTimeout, connections, connections
	conn, err := clickhouse.Open(options)
	if err != nil {
		return nil, fmt.Errorf("clickhouse: %w", err)
	}
	return &DB{conn: conn, options: options, database: options.Auth.Database, heavyDay: cmp.Or(o.HeavyDay, heavyDay)}, nil
}

// Ping reports whether the engine answers, within seconds; before Migrate too.
func (db *DB) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if err := db.conn.Ping(ctx); err != nil && !refused(err, unknownDatabase) {
		return fmt.Errorf("clickhouse is away: %w", err)
	}
	return nil
}

// Close closes the connections. An embedded engine stays open.
func (db *DB) Close() error { return db.conn.Close() }

// bounded gives a context a deadline, so that no call waits for ever for an
// engine that is away.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, callTimeout)
}

// refused reports whether the engine itself answered with this error number.
func refused(err error, code int32) bool {
	var exception *clickhouse.Exception
	return errors.As(err, &exception) && exception.Code == code
}
