package postgres

import (
	"testing"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/conformance"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// TestAhead looks at something else on the way to a scan. The same request then
// reads that scan as of this moment at least, any other as of now, and of other
// scans nothing was said.
func TestAhead(t *testing.T) {
	pool := openPool(t, newDatabase(t))
	log, secrets, r := openLog(t, pool), NewSecrets(pool), NewReader(pool)
	a, b := newScanStream(), newScanStream()
	tell := func(s domain.Stream, from, to int) {
		w := newWrite(s, from, to-from)
		for i := range w.Events {
			w.Events[i].Event = conformance.Story(s.ID(), "https://example.com/")[from+i]
		}
		mustAppend(t, log, w)
	}
	tell(a, 0, 1)
	tell(b, 0, 1)
	request, unknown := r.Ahead(t.Context(), a.ID()), r.Ahead(t.Context(), uuid.New())
	if seen, err := secrets.Look(request, commands.Look{Stream: b}); err != nil || seen.Version != 1 {
		t.Errorf("seen %+v, %v", seen, err)
	}
	if at := aheadOf(request); !at.told || !at.stands || at.at.version != 1 {
		t.Errorf("the scan stands at %+v", at)
	}
	if _, err := secrets.Look(unknown, commands.Look{}); err != nil || !aheadOf(unknown).told {
		t.Errorf("of an unknown scan nothing is told, %v", err)
	}
	tell(a, 1, 3)
	tell(b, 1, 3)
	if row, err := r.Row(request, a.ID()); err != nil || row.Version < 1 {
		t.Errorf("in the same request the scan is of version %d, %v", row.Version, err)
	}
	if row, err := r.Row(request, b.ID()); err != nil || row.Version != 3 {
		t.Errorf("in the same request another scan is of version %d, %v", row.Version, err)
	}
	if row, err := r.Row(t.Context(), a.ID()); err != nil || row.Version != 3 {
		t.Errorf("in another request the scan is of version %d, %v", row.Version, err)
	}
	if _, err := r.Row(unknown, aheadOf(unknown).stream.ID()); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("an unknown scan: %v", err)
	}
	last := newWrite(a, 3, 1)
	last.Events[0].Event, last.Erase = domain.ScanErased{Reason: domain.ForRetention}, true
	mustAppend(t, log, last)
	erased := r.Ahead(t.Context(), a.ID())
	if _, err := secrets.Look(erased, commands.Look{}); err != nil {
		t.Error(err)
	}
	if _, err := r.Row(erased, a.ID()); domain.CodeOf(err) != domain.NotFound {
		t.Errorf("an erased scan: %v", err)
	}
}
