package conformance

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
)

// PlainInserts is how many inserts of one row, each committed alone, pgbench
// gets done in a second by as many clients on the server of url. A row has the
// size of a scan's first event and no index but its key: what an append is
// compared with.
func PlainInserts(b *testing.B, url string, clients int) float64 {
	b.Helper()
	id := uuid.New()
	_, payload, err := domain.Encode(Story(id, "https://example.com/")[0])
	if err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	db, err := pgx.Connect(ctx, url)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close(ctx)
	if _, err := db.Exec(ctx, "CREATE TABLE IF NOT EXISTS peer (position bigserial PRIMARY KEY, stream text NOT NULL, payload json NOT NULL)"); err != nil {
		b.Fatal(err)
	}
	script := filepath.Join(b.TempDir(), "insert.sql")
	sql := fmt.Sprintf("INSERT INTO peer (stream, payload) VALUES ('scan-%s', '%s');\n", id, payload)
	if err := os.WriteFile(script, []byte(sql), 0o600); err != nil {
		b.Fatal(err)
	}
	out, err := exec.Command(pgbench(b), "-n", "-M", "prepared", "-c", strconv.Itoa(clients), "-j", "2", "-T", "5", "-f", script, url).CombinedOutput()
	match := regexp.MustCompile(`tps = ([0-9.]+)`).FindSubmatch(out)
	if err != nil || match == nil {
		b.Fatalf("pgbench: %v\n%s", err, out)
	}
	rate, err := strconv.ParseFloat(string(match[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return rate
}

// pgbench finds the program, on the path or where Debian puts it.
func pgbench(b *testing.B) string {
	b.Helper()
	if path, err := exec.LookPath("pgbench"); err == nil {
		return path
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench")
	if err != nil || len(found) == 0 {
		b.Fatalf("pgbench is not installed: %v", err)
	}
	return found[len(found)-1]
}
