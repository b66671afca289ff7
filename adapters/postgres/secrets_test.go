package postgres

import (
	"testing"
	"time"
)

// TestSweepTallies removes the tallies of hours that are over, some at a time,
// and no others.
func TestSweepTallies(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	secrets, before := NewSecrets(pool), time.Date(2026, 5, 1, 0, 30, 0, 0, time.UTC)
	for _, name := range []string{
		"hour:2026-04-30T22:scans:secably:a", "hour:2026-04-30T23:scans:secably:a", "hour:2025-12-31T23:scans:secably:b",
		"hour:2026-05-01T00:scans:secably:a", "hour:2026-10-01T00:scans:secably:a", "scans:issafesite:a:2026-04", "queue:scanner", "targets:a",
	} {
		if _, err := pool.Exec(t.Context(), "INSERT INTO tallies VALUES ($1, 1)", name); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int{2, 1, 0} {
		if n, err := secrets.SweepTallies(t.Context(), before, 2); err != nil || n != want {
			t.Errorf("swept %d, %v; want %d", n, err, want)
		}
	}
	if left := intOf(t, pool, "SELECT count(*) FROM tallies"); left != 5 {
		t.Errorf("%d are left", left)
	}
}
