package embedded

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func startPostgres(t *testing.T, dir, addr string) *Postgres {
	t.Helper()
	p, err := StartPostgres(t.Context(), PostgresOptions{Dir: dir, Addr: addr})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func dialPostgres(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(t.Context()) })
	return conn
}

// passable returns a new folder that every user of the machine can reach.
func passable(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "embedded-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Root's server runs as another user, whom the parents of the first folder
// keep out; an ordinary user's runs as that user in both.
func TestPostgresKeepsItsDataOverARestart(t *testing.T) {
	for name, dir := range map[string]string{"private parents": t.TempDir(), "passable parents": passable(t)} {
		t.Run(name, func(t *testing.T) {
			first := startPostgres(t, dir, "")
			conn := dialPostgres(t, first.URL())
			if _, err := conn.Exec(t.Context(), "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n"); err != nil {
				t.Fatal(err)
			}
			if err := first.Close(); err != nil {
				t.Fatal(err)
			}
			again := startPostgres(t, dir, first.addr)
			if again.URL() != first.URL() {
				t.Errorf("the address was %s and is %s", first.URL(), again.URL())
			}
			var sum int
			if err := dialPostgres(t, again.URL()).QueryRow(t.Context(), "SELECT sum(n) FROM kept").Scan(&sum); err != nil || sum != 500500 {
				t.Errorf("got %d, %v", sum, err)
			}
		})
	}
}

func TestPostgresLetsInNobodyWithoutThePassword(t *testing.T) {
	dir := t.TempDir()
	p := startPostgres(t, dir, "")
	if conn, err := pgx.Connect(t.Context(), strings.Replace(p.URL(), p.password, "wrong", 1)); err == nil {
		conn.Close(t.Context())
		t.Error("a wrong password is accepted")
	}
	info, err := os.Stat(filepath.Join(dir, "postgres.password"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the password's file: %v, %v", info.Mode(), err)
	}
	if _, err := os.Stat(filepath.Join(dir, "postgres.initdb")); err == nil {
		t.Error("the copy of the password for initdb is still there")
	}
	var checksums, durable string
	conn := dialPostgres(t, p.URL())
	if err := conn.QueryRow(t.Context(), "SELECT current_setting('data_checksums'), current_setting('fsync') || current_setting('synchronous_commit')").Scan(&checksums, &durable); err != nil || checksums != "on" || durable != "onon" {
		t.Errorf("checksums %s, durable %s, %v", checksums, durable, err)
	}
}

func TestPostgresIsStartedAgainWhenItDies(t *testing.T) {
	p := startPostgres(t, t.TempDir(), "")
	conn := dialPostgres(t, p.URL())
	var pid int
	if err := conn.QueryRow(t.Context(), "CREATE TABLE kept AS SELECT 7 AS n").Scan(); err != nil && err != pgx.ErrNoRows {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(p.cluster(), "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	for _, digit := range line {
		pid = pid*10 + int(digit-'0')
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := pgx.Connect(t.Context(), p.URL())
		if err != nil {
			if time.Now().After(deadline) {
				t.Fatalf("not back: %v", err)
			}
			continue
		}
		var n, now int
		err = conn.QueryRow(t.Context(), "SELECT n, pg_backend_pid() FROM kept").Scan(&n, &now)
		conn.Close(t.Context())
		if err == nil {
			if n != 7 {
				t.Errorf("got %d", n)
			}
			return
		}
	}
}

func TestPostgresSaysWhyItDoesNotStart(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	dir := t.TempDir()
	_, err = StartPostgres(t.Context(), PostgresOptions{Dir: dir, Addr: taken.Addr().String()})
	if err == nil || !strings.Contains(err.Error(), "another program listens on "+taken.Addr().String()) {
		t.Errorf("a taken port: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "postgres.password")); err != nil {
		t.Fatal(err)
	}
	_, err = StartPostgres(t.Context(), PostgresOptions{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "postgres.password back") {
		t.Errorf("a lost password: %v", err)
	}
	_, err = StartPostgres(t.Context(), PostgresOptions{Dir: t.TempDir(), Addr: "0.0.0.0:0"})
	if err == nil || !strings.Contains(err.Error(), "names no host") {
		t.Errorf("an address for nobody: %v", err)
	}
	_, err = StartPostgres(t.Context(), PostgresOptions{Dir: t.TempDir(), Binaries: "/nowhere"})
	if err == nil {
		t.Error("binaries that are not there")
	}
}
