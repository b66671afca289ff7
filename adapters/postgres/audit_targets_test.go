package postgres

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// listed appends a target of story's, as a command would, and then more of it.
func listed(t *testing.T, log *Log, more ...domain.Event) domain.Stream {
	t.Helper()
	s := domain.NewStream(domain.TargetFamily, uuid.New())
	tally := commands.Tally{Name: "targets:" + story.String(), Add: 1}
	claim := "target:" + story.String() + ":" + s.ID().String()
	for i, e := range append([]domain.Event{conformance.TargetStory("a.example")[0]}, more...) {
		w := commands.Write{Stream: s, Owner: story, After: i}
		w.Events = []domain.Envelope{{ID: uuid.New(), Stream: s, Version: i + 1, Owner: story, At: time.Now(), Actor: "operator", Cause: "request", Event: e}}
		switch e.(type) {
		case domain.TargetAdded:
			w.Tallies, w.Claims = []commands.Tally{tally}, []commands.Claim{{Name: claim}}
		case domain.TargetRemoved:
			w.Tallies, w.Release = []commands.Tally{{Name: tally.Name, Add: -1}}, []string{claim}
		case domain.TargetErased:
			w.Tallies, w.Erase = []commands.Tally{{Name: tally.Name, Add: -1}}, true
		}
		mustAppend(t, log, w)
	}
	return s
}

// TestAuditTargets breaks what stands beside targets, and their rows.
func TestAuditTargets(t *testing.T) {
	for _, c := range []struct{ sql, invariant, what string }{
		{"SELECT $1", "", ""},
		{"UPDATE tallies SET used = used + 1 WHERE name LIKE 'targets:%' AND $1 <> ''", domain.AcknowledgedInvariant, "tally"},
		{"INSERT INTO claims VALUES ('target:x', $1)", domain.AcknowledgedInvariant, "claim of a target on a list"},
		{"UPDATE targets SET active = NOT active WHERE stream = $1", domain.ReadModelsInvariant, "targets: active"},
		{"DELETE FROM targets WHERE stream = $1", domain.ReadModelsInvariant, "targets: row"},
	} {
		p := newAudited(t)
		log, table := openLog(t, p.pool), NewTable(p.pool, projections.Targets)
		removed := listed(t, log, domain.TargetRemoved{})
		erased := listed(t, log, domain.TargetErased{Reason: domain.ForAccount})
		for _, s := range []domain.Stream{removed, erased, listed(t, log), listed(t, log)} {
			history, err := readStream(t.Context(), p.pool, s, 0)
			if err == nil {
				err = table.Apply(t.Context(), history)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if n := intOf(t, p.pool, "SELECT used FROM tallies WHERE name LIKE 'targets:%'"); n != 2 {
			t.Errorf("%d are counted, and 2 are on the list", n)
		}
		if n := intOf(t, p.pool, "SELECT count(*) FROM targets WHERE stream = $1", erased); n != 0 {
			t.Errorf("an erased target has %d rows", n)
		}
		if _, err := p.pool.Exec(t.Context(), c.sql, removed); err != nil {
			t.Fatal(err)
		}
		acknowledged, models := domain.NewInvariant(domain.AcknowledgedInvariant), domain.NewInvariant(domain.ReadModelsInvariant)
		auditor := NewAuditor(p.pool)
		if err := auditor.Acknowledged(t.Context(), acknowledged); err != nil {
			t.Fatal(err)
		}
		if _, err := auditor.ReadModels(t.Context(), []Model{table}, models); err != nil {
			t.Fatal(err)
		}
		for _, i := range []*domain.Invariant{acknowledged, models} {
			if broken := i.Name == c.invariant; (i.Count > 0) != broken || broken && i.Violations[0].What != c.what {
				t.Errorf("%s: %s: %+v", c.sql, i.Name, i.Violations)
			}
		}
		if v := p.all(t); !v.OK {
			t.Errorf("%s: %+v", c.sql, v.Faults)
		}
	}
}
