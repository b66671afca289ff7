package clickhouse_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/clickhouse"
)

// TestErase removes the rows of one account, those that are there twice too,
// and leaves all others.
func TestErase(t *testing.T) {
	everywhere(t, func(t *testing.T, db *clickhouse.DB) {
		for _, token := range []string{"a", "b"} {
			if err := db.Insert(t.Context(), "requests_v1", columns, token, requests(0, 512)); err != nil {
				t.Fatal(err)
			}
		}
		gone, other := uuid.NewSHA1(uuid.Nil, []byte{7}), uuid.NewSHA1(uuid.Nil, []byte{8})
		of := func(a uuid.UUID) string {
			return one(t, db, fmt.Sprintf("SELECT count() FROM requests_v1 WHERE account = '%s'", a))
		}
		before := of(other)
		rows, err := db.Erase(t.Context(), gone)
		if err != nil || rows < 2 || rows > 4 {
			t.Fatalf("%d rows, %v", rows, err)
		}
		if left := of(gone); left != "[0]" {
			t.Errorf("left are %s", left)
		}
		if left := of(other); left != before || before == "[0]" {
			t.Errorf("another's are %s, and were %s", left, before)
		}
		if got := one(t, db, "SELECT count() FROM requests"); got != "[510]" {
			t.Errorf("all are %s", got)
		}
		if rows, err := db.Erase(t.Context(), gone, uuid.New()); rows != 0 || err != nil {
			t.Errorf("again: %d, %v", rows, err)
		}
		if rows, err := db.Erase(t.Context()); rows != 0 || err != nil {
			t.Errorf("nobody: %d, %v", rows, err)
		}
		if err := db.Insert(t.Context(), "requests_v1", columns, "c", requests(7, 1)); err != nil || of(gone) != "[1]" {
			t.Errorf("what comes afterwards: %s, %v", of(gone), err)
		}
	})
	for name, o := range map[string]clickhouse.Options{"library": {Transport: engine}, "network": {URL: engine.URL()}} {
		o.Database = "never_made"
		db, err := clickhouse.Open(o)
		if err != nil {
			t.Fatal(err)
		}
		if rows, err := db.Erase(t.Context(), uuid.New()); rows != 0 || err != nil {
			t.Errorf("%s, a database that was never made: %d, %v", name, rows, err)
		}
		db.Close()
	}
}
