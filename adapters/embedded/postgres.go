package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// PostgresOptions say where the private Postgres server keeps its data and
// where it answers.
type PostgresOptions struct {
	Dir      string       // the data folder; the cluster is in its folder postgres, the log in postgres.log
	Addr     string       // host:port; port 0 or "" takes a free one on 127.0.0.1
	Binaries string       // folder of initdb and postgres; "" for the newest of Debian's, else fetched ones
	Log      *slog.Logger // starts, stops and restarts of the server; nil for nobody to hear
}

// Postgres is a server that is a child of this process: it dies with it, in
// order, and is started again when it dies alone.
type Postgres struct {
	options  PostgresOptions
	binaries string
	runAs    account
	addr     string
	password string
	closing  context.Context
	close    context.CancelFunc
	done     chan struct{}
	closed   sync.Once
}

const (
	heldPatience = 15 * time.Second // for the server of a killed parent to be gone
	startTimeout = 60 * time.Second // for recovery of the log after a crash
	stopTimeout  = 20 * time.Second // for a fast shutdown, before it is killed
	restartPause = 500 * time.Millisecond
)

// postgresSettings suit many short transactions that are committed in groups:
// a commit that was acknowledged is on disk.
var postgresSettings = []string{
	"unix_socket_directories=",
	"max_connections=100",
	"shared_buffers=128MB",
	"fsync=on",
	"synchronous_commit=on",
	"max_wal_size=2GB",
	"checkpoint_timeout=15min",
	"random_page_cost=1.1",
	"jit=off",
	"idle_in_transaction_session_timeout=10s",
	"log_checkpoints=off",
	"log_min_messages=warning",
	"log_line_prefix=%m [%p] ",
	"timezone=UTC",
	"log_timezone=UTC",
}

// StartPostgres makes the cluster when there is none, starts the server and
// returns when it takes connections. As root the server runs as the user
// postgres, else nobody, wherever the data folder is. A server whose parent was
// killed a moment ago is waited for.
func StartPostgres(ctx context.Context, o PostgresOptions) (*Postgres, error) {
	o.Log = loggerOr(o.Log)
	p, err := preparePostgres(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("embedded postgres: %w", err)
	}
	child, err := p.launch(ctx)
	if err != nil {
		p.close()
		return nil, fmt.Errorf("embedded postgres: %w", err)
	}
	go p.supervise(child)
	return p, nil
}

func preparePostgres(ctx context.Context, o PostgresOptions) (*Postgres, error) {
	var err error
	if o.Dir, err = filepath.Abs(o.Dir); err != nil {
		return nil, err
	}
	p := &Postgres{options: o, done: make(chan struct{})}
	p.closing, p.close = context.WithCancel(context.Background())
	if err = makeFolder(o.Dir); err == nil {
		p.addr, err = freeAddr(o.Addr)
	}
	if err == nil {
		p.binaries, err = postgresBinaries(o.Binaries, p.cluster())
	}
	if err == nil {
		p.runAs, err = chooseAccount(filepath.Join(p.binaries, "postgres"))
	}
	if err == nil {
		err = p.initCluster(ctx)
	}
	if err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// URL returns the connection string of the database scanledger, whose owner is
// the user of the same name; it carries the password.
func (p *Postgres) URL() string { return p.database("scanledger") }

func (p *Postgres) database(name string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword("scanledger", p.password),
		Host: p.addr, Path: "/" + name, RawQuery: "sslmode=disable",
	}
	return u.String()
}

func (p *Postgres) cluster() string { return filepath.Join(p.options.Dir, "postgres") }
func (p *Postgres) logFile() string { return filepath.Join(p.options.Dir, "postgres.log") }

// Close shuts the server down, cutting its connections, and waits until it is
// gone.
func (p *Postgres) Close() error {
	p.closed.Do(p.close)
	<-p.done
	return nil
}

// supervise starts the server again whenever it dies before Close.
func (p *Postgres) supervise(c *child) {
	defer close(p.done)
	for {
		select {
		case <-p.closing.Done():
			p.stop(c)
			return
		case <-c.exited:
		}
		p.options.Log.Error("embedded postgres died", "error", c.err, "log", p.logFile())
		next, err := p.launch(p.closing)
		for err != nil && p.closing.Err() == nil {
			p.options.Log.Error("embedded postgres does not start", "error", err)
			pause(p.closing, restartPause)
			next, err = p.launch(p.closing)
		}
		if err != nil {
			return
		}
		c = next
	}
}

// launch starts the server until one takes connections. Another server on the
// same cluster is given time to go down.
func (p *Postgres) launch(ctx context.Context) (*child, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	for deadline := time.Now().Add(heldPatience); ; pause(ctx, 100*time.Millisecond) {
		c, reason, err := p.try(ctx)
		if err == nil {
			p.options.Log.Info("embedded postgres runs", "addr", p.addr, "pid", c.process.Pid)
			return c, nil
		}
		if !heldByAnother(reason) || time.Now().After(deadline) || ctx.Err() != nil {
			return nil, err
		}
	}
}

// try starts the server once; reason is what it wrote before it gave up.
func (p *Postgres) try(ctx context.Context) (c *child, reason string, err error) {
	log, from, err := openLog(p.logFile())
	if err != nil {
		return nil, "", err
	}
	defer log.Close()
	host, port, _ := net.SplitHostPort(p.addr)
	cmd := exec.Command(filepath.Join(p.binaries, "postgres"), "-p", port, "-c", "listen_addresses="+host)
	defer closeAll(cmd)
	folder, err := p.runAs.hand(cmd, p.cluster())
	if err != nil {
		return nil, "", err
	}
	cmd.Args = append(cmd.Args, "-D", folder)
	for _, setting := range postgresSettings {
		cmd.Args = append(cmd.Args, "-c", setting)
	}
	cmd.Stdout, cmd.Stderr = log, log
	p.runAs.prepare(cmd)
	if c, err = startChild(cmd); err != nil {
		return nil, "", fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	if err = p.awaitReady(ctx, c); err != nil {
		p.stop(c)
		reason = readFrom(p.logFile(), from)
		if strings.Contains(reason, "Address already in use") {
			return nil, reason, fmt.Errorf("another program listens on %s: give the embedded Postgres another address, with port 0 a free one", p.addr)
		}
		return nil, reason, fmt.Errorf("%w; it wrote to %s: %s", err, p.logFile(), reason)
	}
	return c, "", nil
}

// awaitReady polls until the server answers, and makes the database on a new
// cluster.
func (p *Postgres) awaitReady(ctx context.Context, c *child) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() { // whoever else has the port may never answer
		select {
		case <-c.exited:
			cancel()
		case <-ctx.Done():
		}
	}()
	for {
		last := p.ensureDatabase(ctx)
		if last == nil {
			return nil
		}
		pause(ctx, 20*time.Millisecond)
		select {
		case <-c.exited:
			return fmt.Errorf("the server gave up: %w", c.err)
		default:
		}
		if ctx.Err() != nil {
			return fmt.Errorf("the server is not ready: %w", errors.Join(ctx.Err(), last))
		}
	}
}

func (p *Postgres) ensureDatabase(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, p.database("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	var there bool
	err = conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_database WHERE datname = 'scanledger')").Scan(&there)
	if err == nil && !there {
		_, err = conn.Exec(ctx, "CREATE DATABASE scanledger")
	}
	return err
}

// stop shuts a server down fast: open transactions are rolled back.
func (p *Postgres) stop(c *child) {
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		if err := c.process.Signal(signal); err != nil {
			p.options.Log.Debug("embedded postgres is not there to stop", "error", err)
		}
		select {
		case <-c.exited:
			return
		case <-time.After(stopTimeout):
		}
	}
}
