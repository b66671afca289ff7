package projections

import (
	"reflect"
	"slices"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// TestKinds folds each event without its content, where a model says that it
// does not need it: the rows are the same.
func TestKinds(t *testing.T) {
	t.Run("scans", func(t *testing.T) { needsNoOther(t, Scans) })
	t.Run("findings", func(t *testing.T) { needsNoOther(t, Findings) })
	t.Run("sightings", func(t *testing.T) { needsNoOther(t, Sightings) })
}

func needsNoOther[R any](t *testing.T, f Fold[R]) {
	events := []domain.Event{
		asked, domain.ScanStarted{Worker: "w"}, domain.ProbeProgressed{Tool: domain.Ports, Percent: 9}, domain.PortFound{Tool: domain.Ports, Port: port80},
		domain.ServiceIdentified{Tool: domain.Ports}, recorded("site.visit", domain.Visit{URL: "u"}), raised,
		domain.ProbeFinished{Tool: domain.Headers, Outcome: domain.Tested}, domain.ProbeFinished{Tool: domain.Ports, Outcome: domain.TimedOut},
		domain.ScanCompleted{}, domain.ScanFailed{Reason: "r"}, domain.ScanCancelled{By: "b"},
	}
	for n := 1; n <= len(events); n++ {
		whole := history(events[:n]...)
		var needed []domain.Envelope
		for _, e := range whole {
			if slices.Contains(f.Kinds, e.Event.Kind()) {
				needed = append(needed, e)
			}
		}
		if len(needed) == 0 || needed[len(needed)-1].Version < n {
			needed = append(needed, domain.Envelope{Stream: stream, Version: n, Event: Passed{}})
		}
		want, got := f.Rows(map[string]R{}, whole), f.Rows(map[string]R{}, needed)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("up to %s: got %+v\nwant %+v", events[n-1].Kind(), got, want)
		}
	}
}
