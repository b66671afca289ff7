package postgres

import (
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// TestReplayOfFingerprints gives another version of the fingerprints to all that
// was ever seen: what were two findings is one, and an audit by the version before
// names each row.
func TestReplayOfFingerprints(t *testing.T) {
	pool, log, streams := scansTold(t, 2)
	first := NewTable(pool, projections.Sightings)
	mustRebuild(t, first, projections.Rebuilding{})
	history, err := log.Read(t.Context(), streams[0], 0)
	if err != nil {
		t.Fatal(err)
	}
	account := history[0].Event.(domain.ScanRequested).Account
	if found := lasting(t, pool, account); len(found) != 2 {
		t.Fatalf("%d findings of two scans by the first version", len(found))
	}
	anywhere := func(t domain.Target, rule, _ string) domain.Fingerprint {
		return domain.Fingerprint("v2:" + t.Value + rule)
	}
	second := NewTable(pool, projections.SightingsBy(anywhere))
	if done := mustRebuild(t, second, projections.Rebuilding{}); done.Rows != 2 {
		t.Errorf("%+v", done)
	}
	if found := lasting(t, pool, account); len(found) != 1 || found[0].Fingerprint[:3] != "v2:" || len(found[0].Witnesses) != 1 {
		t.Errorf("%d findings of two scans by the second version: %+v", len(found), found)
	}
	for table, want := range map[Model]int{second: 0, first: 2} {
		i := domain.NewInvariant(domain.ReadModelsInvariant)
		if _, err := NewAuditor(pool).ReadModels(t.Context(), []Model{table}, i); err != nil || i.Count != want {
			t.Errorf("%d violations, want %d: %+v, %v", i.Count, want, i.Violations, err)
		}
	}
}

func lasting(t *testing.T, pool *pgxpool.Pool, account uuid.UUID) []*projections.Lasting {
	t.Helper()
	rows, err := NewReader(pool).Sightings(t.Context(), account, "")
	if err != nil {
		t.Fatal(err)
	}
	return projections.LastingOf(rows)
}
