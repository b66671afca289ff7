//go:build failpoint

package main

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/scanledger/scanledger/adapters/failpoint"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// TestKilledSchedule lets the program die when it has a run in its hands and has asked for no scan. When
// that hold is over the run begins, once.
func TestKilledSchedule(t *testing.T) {
	t.Parallel()
	l := newLane(t)
	all := l.options
	l.options = append(all[:len(all):len(all)], "--roles", "api,relay,project") // nobody runs schedules
	key := userAt(t, l.options, "planner@example.com", "secably")
	p := l.start(t, "")
	if !l.ready(t, p) {
		t.Fatal("it does not start")
	}
	api := "http://" + l.address + "/api/v1"
	number := call[scannerView](t, key, http.MethodPost, api+"/targets/", `{"target_value": "`+l.site+`"}`, http.StatusCreated).ID
	call[map[string]any](t, key, http.MethodPost, api+"/schedules/", fmt.Sprintf(`{"target_id": %d, "cron": "0 0 1 1 *", "time_zone": "UTC", "scan_config": {}}`, number), http.StatusCreated)
	due := now().Add(-time.Minute)
	planAt(t, postgresOf(t, l.options, l.dir), due)
	p.kill()

	l.options = all
	p = l.start(t, failpoint.ScheduleTaken.String()+":1")
	until(t, time.Minute, func() (bool, string) { return p.dead(), "the step was not reached" })
	p = l.start(t, "")
	if !l.ready(t, p) {
		t.Fatal("it does not start again")
	}
	url := postgresOf(t, l.options, l.dir)
	onLog(t, l.options, l.dir, "UPDATE runs_taken SET until = now()") // instead of a minute's wait
	until(t, time.Minute, func() (bool, string) { return len(startedRuns(t, url)) > 0, "the run does not begin" })
	until(t, time.Minute, func() (bool, string) {
		out, code := command(t, append([]string{"audit"}, l.options...)...)
		return code == exitOK, out
	})
	if runs := startedRuns(t, url); len(runs) != 1 || !runs[0].Due.Equal(due) {
		t.Errorf("runs: %+v", runs)
	}
}

// planAt has the one target be due at a moment.
func planAt(t *testing.T, url string, due time.Time) {
	t.Helper()
	onTarget(t, url, func(log *postgres.Log, stream domain.Stream, history []domain.Envelope) {
		set := domain.ScheduleSet{Next: due, Schedule: domain.Schedule{Cron: "0 0 1 1 *", TimeZone: "UTC", Frequency: domain.Manual, Profile: domain.Quick}}
		w := commands.Write{Stream: stream, Owner: history[0].Owner, After: len(history)}
		w.Events = []domain.Envelope{{ID: newID(), Stream: stream, Version: len(history) + 1, Owner: w.Owner, At: now(), Actor: "test", Event: set}}
		if _, err := log.Append(t.Context(), w); err != nil {
			t.Fatal(err)
		}
	})
}

// startedRuns are the runs of the one target.
func startedRuns(t *testing.T, url string) (runs []domain.RunStarted) {
	t.Helper()
	onTarget(t, url, func(_ *postgres.Log, _ domain.Stream, history []domain.Envelope) {
		for _, e := range history {
			if r, ok := e.Event.(domain.RunStarted); ok {
				runs = append(runs, r)
			}
		}
	})
	return runs
}

// onTarget does something with the log and the history of the one target in it.
func onTarget(t *testing.T, url string, do func(log *postgres.Log, stream domain.Stream, history []domain.Envelope)) {
	t.Helper()
	pool, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	log := postgres.NewLog(pool)
	defer log.Close()
	var stream domain.Stream
	if err := pool.QueryRow(t.Context(), "SELECT stream FROM streams WHERE stream LIKE 'target-%'").Scan(&stream); err != nil {
		t.Fatal(err)
	}
	history, err := log.Read(t.Context(), stream, 0)
	if err != nil {
		t.Fatal(err)
	}
	do(log, stream, history)
}
