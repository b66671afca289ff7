package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"
)

// plan has all of them scanned every minute, where a target may be: a range may not.
func (g *sealed) plan(t *testing.T, ids []string) {
	var planned atomic.Int64
	each(ids, func(id string) {
		switch status, text := g.post(t, "POST", "/api/v1/schedules/", map[string]any{"target_id": id, "cron": "* * * * *"}); status {
		case http.StatusCreated:
			planned.Add(1)
		case http.StatusBadRequest:
		default:
			t.Errorf("a schedule for a forbidden target: %d %s", status, text)
		}
	})
	if g.planned = int(planned.Load()); g.planned < 50 {
		t.Errorf("only %d targets have a schedule", g.planned)
	}
}

// due waits until runs of all schedules have come due, none of which may become a
// scan.
func (g *sealed) due(t *testing.T) {
	until(t, 90*time.Second, func() (bool, string) {
		missed, begun := 0, 0
		for page := 1; missed+begun < g.planned; page++ {
			status, text := g.post(t, "GET", fmt.Sprintf("/api/v1/schedules/?page=%d", page), nil)
			var list struct {
				Results []struct {
					MissedRuns int `json:"missed_runs"`
					Runs       []struct{ Scan json.RawMessage }
				}
			}
			if err := json.Unmarshal(text, &list); status != http.StatusOK || err != nil || len(list.Results) == 0 {
				return false, fmt.Sprintf("%d missed and %d begun of %d: %d %v", missed, begun, g.planned, status, err)
			}
			for _, schedule := range list.Results {
				missed += min(schedule.MissedRuns, 1)
				for _, run := range schedule.Runs {
					if string(run.Scan) != "null" {
						begun++
						t.Errorf("a run of a forbidden target has become scan %s", run.Scan)
					}
				}
			}
		}
		return missed == g.planned, fmt.Sprintf("%d runs were missed of %d", missed, g.planned)
	})
	g.silent(t, "schedules")
}
