package secably

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// scheduling is the body of POST /api/v1/schedules/ and of PATCH
// /api/v1/schedules/{id}/, which has no target.
type scheduling struct {
	Target   json.RawMessage `json:"target_id"`
	Website  json.RawMessage `json:"website_id"`
	Cron     *string         `json:"cron"`
	TimeZone *string         `json:"time_zone"`
	Scanner  *string         `json:"scanner_type"`
	Config   json.RawMessage `json:"scan_config"`
}

// scheduled is a target's schedule.
type scheduled struct {
	ID          int64          `json:"id"` // the target's, which has one at most
	Target      int64          `json:"target_id"`
	URL         string         `json:"target_url"`
	Cron        string         `json:"cron"`
	TimeZone    string         `json:"time_zone"`
	Frequency   string         `json:"scan_frequency"` // "custom" unless it was made from one of the contract's words
	ScannerType string         `json:"scanner_type"`
	Config      map[string]any `json:"scan_config"`
	Paused      bool           `json:"paused"`
	CreatedAt   time.Time      `json:"created_at"`
	NextRun     *time.Time     `json:"next_run"`    // null while it is paused
	NextRuns    []time.Time    `json:"next_runs"`   // the next five; none while it is paused
	LastRun     *scheduledRun  `json:"last_run"`    // the newest that was started
	Missed      int            `json:"missed_runs"` // since it was created
	Runs        []scheduledRun `json:"runs"`        // the newest, newest first
}

// scheduledRun is what became of a time at which a schedule was due, or of several in
// a row that were missed.
type scheduledRun struct {
	Due     time.Time          `json:"due"`
	Through time.Time          `json:"through"` // the last of several; else due
	Runs    int                `json:"runs"`    // how many
	At      time.Time          `json:"at"`      // when it was started or told
	Scan    *uuid.UUID         `json:"scan"`    // as GET /api/v1/scan/{id} has it; null where it was missed
	Reason  *domain.MissReason `json:"missed"`  // why; null where it was not
	Detail  string             `json:"detail"`
}
