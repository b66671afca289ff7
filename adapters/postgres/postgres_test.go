package postgres

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// TestMigrate brings an empty database up to date from two processes at once,
// and again.
func TestMigrate(t *testing.T) {
	url := databaseFrom(t, "template0")
	pool, other := openPool(t, url), openPool(t, url)
	if ok, err := Migrated(t.Context(), pool); ok || err != nil {
		t.Errorf("an empty database is migrated: %v, %v", ok, err)
	}
	errs := make(chan error, 2)
	go func() { errs <- Migrate(t.Context(), pool) }()
	go func() { errs <- Migrate(t.Context(), other) }()
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	if ok, err := Migrated(t.Context(), pool); !ok || err != nil {
		t.Errorf("not migrated: %v, %v", ok, err)
	}
	if err := Migrate(t.Context(), pool); err != nil {
		t.Errorf("again: %v", err)
	}
	mustAppend(t, openLog(t, pool), newWrite(newScanStream(), 0, 1))
}

// TestTimes reads times in UTC, whatever the zone of the session.
func TestTimes(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	var at time.Time
	err := pool.QueryRow(t.Context(), "SELECT timestamptz '2026-07-01 12:00:00.000001+02'").Scan(&at)
	if want := time.Date(2026, 7, 1, 10, 0, 0, 1000, time.UTC); err != nil || at != want {
		t.Errorf("%v, %v, want %v", at, err, want)
	}
}

// TestEvidence keeps a piece twice, and the same bytes for another scan.
func TestEvidence(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	e := NewEvidence(pool)
	body := []byte("HTTP/1.1 200 OK\r\n\x00\xff")
	sum := sha256.Sum256(body)
	one, other := uuid.New(), uuid.New()
	for _, scan := range []uuid.UUID{one, one, other} {
		hash, err := e.Keep(t.Context(), scan, "http", body)
		if err != nil || hash != domain.Hash(hex.EncodeToString(sum[:])) {
			t.Errorf("keep: %s, %v", hash, err)
		}
	}
	var pieces int
	var kept []byte
	err := pool.QueryRow(t.Context(), "SELECT count(*), min(encode(body, 'hex'))::bytea FROM evidence").Scan(&pieces, &kept)
	if err != nil || pieces != 2 || string(kept) != hex.EncodeToString(body) {
		t.Errorf("%d pieces, %q, %v", pieces, kept, err)
	}
}

// TestInstallationSecret asks for a secret from many processes at once: they
// all get the one that was drawn first, and other names have their own.
func TestInstallationSecret(t *testing.T) {
	s := NewSecrets(openPool(t, newDatabase(t)))
	random := func(b []byte) { rand.Read(b) }
	const askers = 16
	values, errs := make(chan []byte, askers), make(chan error, askers)
	for range askers {
		go func() {
			v, err := s.Installation(t.Context(), "signing", random)
			values <- v
			errs <- err
		}()
	}
	first := <-values
	for range askers - 1 {
		if v := <-values; !bytes.Equal(v, first) || len(v) != 32 {
			t.Errorf("%x and %x", v, first)
		}
	}
	for range askers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if other, err := s.Installation(t.Context(), "other", random); err != nil || bytes.Equal(other, first) {
		t.Errorf("another name has %x, %v", other, err)
	}
}

// TestSecretsOfDays draws one for each day, and destroys those before one alone.
func TestSecretsOfDays(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	s, today := NewSecrets(pool), time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	random := func(b []byte) { rand.Read(b) }
	if _, err := s.Installation(t.Context(), "links", random); err != nil {
		t.Fatal(err)
	}
	drawn := map[int][]byte{}
	for n := -2; n < 2; n++ {
		key, err := s.OfDay(t.Context(), today.AddDate(0, 0, n), random)
		if drawn[n] = key; err != nil || len(key) != 32 || bytes.Equal(key, drawn[n-1]) {
			t.Fatalf("%x, %v", key, err)
		}
	}
	if err := s.ForgetDays(t.Context(), today); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM secrets WHERE name LIKE 'installation:%'").Scan(&left); err != nil || left != 3 {
		t.Errorf("%d secrets are left, %v", left, err)
	}
	if key, err := s.OfDay(t.Context(), today, random); err != nil || !bytes.Equal(key, drawn[0]) {
		t.Errorf("today's is another one, %v", err)
	}
}

// TestDroppedProbesAreSwept leaves nothing of a dropped scan behind once its
// leases have run out.
func TestDroppedProbesAreSwept(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	i := NewInbox(pool)
	scan := domain.ScanRequested{Scan: uuid.New(), Probes: []domain.Tool{domain.TLS, domain.DNS}}
	if err := i.Enqueue(t.Context(), scan, ""); err != nil {
		t.Fatal(err)
	}
	dead, err := i.Lease(t.Context(), "dead", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if err := i.Drop(t.Context(), scan.Scan); err != nil {
		t.Fatal(err)
	}
	if err := i.Yield(t.Context(), *dead, true); err != nil {
		t.Fatal(err)
	}
	if err := i.Drop(t.Context(), uuid.New()); err != nil {
		t.Fatal(err)
	}
	var left int
	if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM probes").Scan(&left); err != nil || left != 0 {
		t.Errorf("%d probes are left, %v", left, err)
	}
}

// TestPlacesByStream brings news of two streams into a table of many, and looks
// at none of the others.
func TestPlacesByStream(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	for _, sql := range []string{
		"INSERT INTO projected SELECT 'scans', 'scan-' || gen_random_uuid(), 20 FROM generate_series(1, 20000)",
		"ANALYZE projected",
	} {
		if _, err := pool.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	table := NewTable(pool, projections.Scans)
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		versions, err := live(t.Context(), tx, table)
		if err != nil {
			return err
		}
		batch := append(grownScan().Events, grownScan().Events...)
		v := versions[0]
		if err := table.applyTo(t.Context(), tx, v, batch, applying{gap: fromLog(tx)}); err != nil {
			return err
		}
		var seen int
		err = tx.QueryRow(t.Context(), "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = $1", v.places()).Scan(&seen)
		if seen > 100 {
			t.Errorf("%d places were looked at for two streams", seen)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
