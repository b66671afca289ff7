package secably_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web/webtest"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// due starts what is due of a target of Account's, as a worker would.
func due(t *testing.T, s *webtest.Server, number string) {
	t.Helper()
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	row, err := s.Desk.Proofs.(projections.TargetReader).Target(t.Context(), s.Account, n)
	if err == nil {
		err = s.Desk.RunSchedule(t.Context(), commands.RunSchedule{By: commands.Caller{Worker: "w"}, Target: row.ID})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestSchedules sets a schedule, runs it, and ends it.
func TestSchedules(t *testing.T) {
	s := webtest.New(t, stores)
	s.Plan(domain.SecAbly, "startup")
	s.Get("/api/v1/schedules/").Is(200).Like(`{"count": 0, "results": []}`)
	id := s.Post("/api/v1/targets/", `{"target_value": "https://a.example", "name": "a"}`).Is(201).Field("id")
	at := "/api/v1/schedules/" + id + "/"
	s.Get(at).Is(404).Like(`{"error": "Schedule not found"}`)

	s.Post("/api/v1/schedules/", `{"target_id": `+id+`, "cron": "30 3 * * 1-5", "time_zone": "Europe/Berlin", "scan_config": {"scan_type": "quick"}}`).Is(201).Like(
		`{"id": ` + id + `, "target_id": ` + id + `, "target_url": "https://a.example", "cron": "30 3 * * 1-5", "time_zone": "Europe/Berlin", "scan_frequency": "custom",
		"scanner_type": "builtin", "scan_config": {"scan_type": "quick"}, "paused": false, "created_at": "2026-04-03T12:00:00Z", "next_run": "2026-04-06T01:30:00Z",
		"next_runs": ["2026-04-06T01:30:00Z", "2026-04-07T01:30:00Z", "2026-04-08T01:30:00Z", "2026-04-09T01:30:00Z", "2026-04-10T01:30:00Z"],
		"last_run": null, "missed_runs": 0, "runs": []}`)
	s.Post("/api/v1/schedules/", `{"website_id": `+id+`, "cron": "@daily"}`).Is(409).Like(`{"existing_id": ` + id + `}`)
	s.Get("/api/v1/targets/" + id + "/").Is(200).Like(`{"scan_frequency": "custom", "next_scan": "2026-04-06T01:30:00Z"}`)
	s.Get("/api/v1/schedules").Is(200).Like(`{"count": 1, "results": [{"id": ` + id + `}]}`)

	s.Do(http.MethodPatch, at, `{"cron": "0 * * * *", "time_zone": "UTC"}`).Is(200).Like(`{"next_run": "2026-04-03T13:00:00Z", "scan_config": {"scan_type": "quick"}}`)
	s.Do(http.MethodPatch, at, `{"scanner_type": "nmap"}`).Is(200).Like(`{"cron": "0 * * * *", "scanner_type": "nmap", "scan_config": {"scan_type": "quick", "port_range": null, "aggressive": false}}`)
	s.Later(time.Hour)
	due(t, s, id)
	var run struct {
		Last struct{ Scan uuid.UUID } `json:"last_run"`
	}
	s.Get(at).Is(200).Like(`{"next_run": "2026-04-03T14:00:00Z", "last_run": {"due": "2026-04-03T13:00:00Z", "runs": 1, "missed": null}}`).Into(&run)
	s.Get("/api/v1/scan/" + run.Last.Scan.String()).Is(200).Like(`{"status": "queued"}`)
	s.Later(3 * time.Hour)
	due(t, s, id)
	s.Get(at).Is(200).Like(`{"missed_runs": 3, "next_run": "2026-04-03T17:00:00Z", "runs": [
		{"due": "2026-04-03T16:00:00Z", "through": "2026-04-03T16:00:00Z", "runs": 1, "scan": null, "missed": "running"},
		{"due": "2026-04-03T14:00:00Z", "through": "2026-04-03T15:00:00Z", "runs": 2, "scan": null, "missed": "off"}, {"scan": "` + run.Last.Scan.String() + `"}]}`)

	s.Post(at+"pause/", "{}").Is(200).Like(`{"paused": true, "next_run": null, "next_runs": []}`)
	s.Get("/api/v1/targets/" + id + "/").Is(200).Like(`{"scan_frequency": "custom", "next_scan": null}`)
	s.Later(10 * time.Hour)
	s.Post(at+"resume/", "{}").Is(200).Like(`{"paused": false, "missed_runs": 3, "next_run": "2026-04-04T03:00:00Z"}`)
	s.Do(http.MethodDelete, at, "").Is(204)
	s.Get(at).Is(404)
	s.Do(http.MethodDelete, at, "").Is(404)
	s.Get("/api/v1/targets/" + id + "/").Is(200).Like(`{"scan_frequency": "manual", "next_scan": null}`)
}

// TestScheduleFrequency sets a schedule by the contract's words.
func TestScheduleFrequency(t *testing.T) {
	s := webtest.New(t, stores)
	id := s.Post("/api/v1/targets/", `{"target_value": "https://a.example", "scan_frequency": "daily"}`).Is(201).Like(`{"scan_frequency": "daily", "next_scan": "2026-04-04T12:00:00Z"}`).Field("id")
	target, at := "/api/v1/targets/"+id+"/", "/api/v1/schedules/"+id+"/"
	s.Get(at).Is(200).Like(`{"cron": "0 12 * * *", "time_zone": "UTC", "scan_frequency": "daily", "scanner_type": "builtin", "scan_config": {"scan_type": "standard"}}`)
	s.Later(90 * time.Minute)
	s.Do(http.MethodPatch, target, `{"scan_frequency": "monthly"}`).Is(200).Like(`{"scan_frequency": "monthly", "next_scan": "2026-05-03T13:30:00Z"}`)
	s.Do(http.MethodPatch, target, `{"scan_frequency": "monthly", "active": true}`).Is(200).Like(`{"next_scan": "2026-05-03T13:30:00Z"}`)
	s.Do(http.MethodPatch, at, `{"cron": "@weekly"}`).Is(200).Like(`{"scan_frequency": "custom"}`)
	s.Do(http.MethodPut, target, `{"target_value": "https://a.example", "scan_frequency": "custom"}`).Is(200).Like(`{"scan_frequency": "custom", "next_scan": "2026-04-05T00:00:00Z"}`)
	s.Do(http.MethodPatch, target, `{"scan_frequency": "manual"}`).Is(200).Like(`{"scan_frequency": "manual", "next_scan": null}`)
	s.Do(http.MethodPatch, target, `{"scan_frequency": "custom"}`).Is(400).Like(`{"error": "scan_frequency must be one of manual, daily, weekly, monthly"}`)
	s.Post("/api/v1/websites/", `{"url": "https://b.example", "scan_frequency": "custom"}`).Is(400)
	s.Post("/api/v1/targets/", `{"target_value": "192.0.2.0/24", "scan_frequency": "weekly"}`).Is(201)
	s.Get("/api/v1/schedules/").Is(200).Like(`{"count": 1, "results": [{"scanner_type": "nmap", "cron": "30 13 * * 5"}]}`)
}

// TestScheduleRefused says what to change.
func TestScheduleRefused(t *testing.T) {
	s := webtest.New(t, stores)
	id := s.Post("/api/v1/targets/", `{"target_value": "https://a.example"}`).Is(201).Field("id")
	for body, says := range map[string]string{
		`"cron": "61 * * * *"`:                          "cron: end of range (61) above maximum (59): \\\"61\\\". Write minute, hour, day of month, month and day of week, such as 30 3 * * 1-5",
		`"cron": "@daily", "time_zone": "Mars/Olympus"`: "time_zone: \\\"Mars/Olympus\\\" is unknown: use a name of the IANA database, such as Europe/Berlin or UTC",
		`"cron": "0 */12 * * *"`:                        "cron: two runs would be 12 hours apart; the plan free wants 1 day between them at least. Let it run less often, or move to a larger plan",
		`"time_zone": "UTC"`:                            "cron is required: minute, hour, day of month, month and day of week, such as 30 3 * * 1-5",
		`"cron": ""`:                                    "cron is required: minute, hour, day of month, month and day of week, such as 30 3 * * 1-5",
		`"cron": 5`:                                     "cron must be a string, not a number",
		`"cron": "@daily", "scanner_type": "burp"`:      "scanner_type must be one of nmap, sslyze, nuclei, zap, openvas, builtin",
		`"cron": "@daily", "scan_config": {"depth": 1}`: "scan_config.depth is unknown: of builtin it may have scan_type",
	} {
		s.Post("/api/v1/schedules/", `{"target_id": `+id+`, `+body+`}`).Is(400).Like(`{"error": "` + says + `"}`)
	}
	s.Post("/api/v1/schedules/", `{"target_id": 987654, "cron": "@daily"}`).Is(404)
	s.Post("/api/v1/schedules/", `{"cron": "@daily"}`).Is(400).Like(`{"error": "target_id is required"}`)
	s.Get("/api/v1/schedules/x/").Is(404).Like(`{"error": "Schedule not found"}`)
}
