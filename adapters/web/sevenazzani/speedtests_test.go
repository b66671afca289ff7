package sevenazzani_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/scanledger/scanledger/domain"
)

// browsers is the body of a test that a browser has measured: so many Mbit/s down.
func browsers(mbps int) string {
	return fmt.Sprintf(`{"samples": {"idle_ms": [10, 14], "download": [{"size": %d, "ms": 1000, "pings_ms": [50]}], "upload": [{"size": 1000000, "ms": 400}]}}`, mbps*125_000)
}

// TestBrowsersTest makes the figures of what a browser has measured.
func TestBrowsersTest(t *testing.T) {
	s := unlimited(t)
	s.Post("/speedtest/api/v1/run/", browsers(80)).Is(200).Like(`{"download_speed": 80, "upload_speed": 20, "ping": 12, "jitter": 4, "measured_by": "browser",
		"server": "local", "download_ping": 50, "download_jitter": null, "upload_ping": null, "bufferbloat": null}`)
	s.Get("/speedtest/api/v1/history?samples=true").Is(200).Like(`{"count": 1, "results": [{"download_speed": 80, "samples": {"idle_ms": [10, 14], "upload": [{"size": 1000000, "ms": 400, "server_ms": 0}]}}]}`)
	for body, says := range map[string]string{
		`[]`:                               "The body must be a JSON object",
		`{"samples": {}}`:                  "samples must have idle_ms, download or upload",
		`{"samples": []}`:                  "samples must be an object",
		`{"server": "x"}`:                  `there is no test server "x"`,
		`{"server": 1}`:                    "server must be a string, not a number",
		`{"samples": {"idle_ms": [1, 2]}}`: "samples need two round trips in idle_ms, and in download and upload each a transfer that took 10 ms or more",
		`{"samples": {"idle_ms": [1], "download": [{"size": 1, "ms": 1, "server_ms": 2}]}}`: "samples.download[0].server_ms must be from 0 to ms",
	} {
		a := s.Post("/speedtest/api/v1/run/", body).Is(400).Like(`{"error": "Invalid request"}`)
		if told := a.Field("message"); told != says && body != `{"samples": []}` {
			t.Errorf("%s: %s", body, told)
		}
	}
	s.Get("/speedtest/api/v1/history").Is(200).Like(`{"count": 1}`)
}

// TestHistory is an account's own, in pages, by server.
func TestHistory(t *testing.T) {
	s := unlimited(t)
	for n := range 5 {
		s.Later(time.Hour)
		s.Post("/7azzani/speedtest/api/v1/run/", browsers(10+n)).Is(200)
	}
	s.Get("/7azzani/speedtest/api/v1/history/?page=2&page_size=2").Is(200).Like(`{"count": 5, "results": [{"download_speed": 12}, {"download_speed": 11}]}`)
	s.Get("/speedtest/api/v1/history/?server=elsewhere").Is(200).Like(`{"count": 0, "results": []}`)
	s.Get("/speedtest/api/v1/history/?page=0").Is(400)
	bob, _ := s.Issue(s.Register("bob@example.com"))
	as := "Authorization: Bearer " + bob
	s.Get("/speedtest/api/v1/history/", as).Is(200).Like(`{"count": 0, "results": []}`)
	s.Get("/speedtest/api/analytics/", as).Is(200).Like(`{"tests": 0, "total": 0, "figures": {}, "daily": [], "breaches": []}`)
	for _, path := range []string{"/speedtest/api/v1/history/", "/speedtest/api/analytics/"} {
		s.Get(path, "Authorization:").Is(401)
	}
}

// TestAnalytics look at the days of the query, and at its thresholds.
func TestAnalytics(t *testing.T) {
	s := unlimited(t)
	for n, mbps := range []int{10, 20, 30, 40} {
		s.Later([]time.Duration{0, 24 * time.Hour, 24 * time.Hour, time.Minute}[n])
		s.Post("/speedtest/api/v1/run/", browsers(mbps)).Is(200)
	}
	s.Get("/speedtest/api/analytics/").Is(200).Like(`{"days": 30, "tests": 4, "figures": {"download": {"count": 4, "min": 10, "median": 25, "max": 40, "p95": 38.5, "mean": 25}},
		"trend": {"download": 1.3333, "upload": 0}, "daily": [{"date": "2026-04-03", "download_speed": 10}, {"date": "2026-04-04"}, {"date": "2026-04-05", "tests": 2, "download_speed": 35}]}`)
	s.Get("/speedtest/api/analytics/?days=1&min_download=35&max_jitter=3.5").Is(200).Like(`{"tests": 2, "breaches": [{"figure": "jitter"}, {"figure": "download", "value": 30, "threshold": 35}, {"figure": "jitter", "value": 4}]}`)
	for _, query := range []string{"days=0", "days=x", "min_download=x", "max_ping=-1", "max_packet_loss=NaN"} {
		s.Get("/speedtest/api/analytics/?" + query).Is(400)
	}
	s.Get("/speedtest/api/analytics/?days=1000&min_upload=").Is(200).Like(`{"days": 366, "thresholds": {}}`)
}

// TestAnalyticsOfLoss have the few packets of a thousand that a good line loses.
func TestAnalyticsOfLoss(t *testing.T) {
	s := unlimited(t)
	for _, lost := range []int{1, 4} {
		s.Later(time.Hour)
		s.Post("/speedtest/api/v1/run/", strings.Replace(browsers(10), `{"idle_ms"`, fmt.Sprintf(`{"packets_sent": 1000, "packets_lost": %d, "idle_ms"`, lost), 1)).Is(200)
	}
	s.Get("/speedtest/api/analytics/?max_packet_loss=0.002").Is(200).Like(`{"figures": {"packet_loss": {"count": 2, "min": 0.001, "median": 0.0025, "max": 0.004}},
		"breaches": [{"figure": "packet_loss", "value": 0.004, "threshold": 0.002}]}`)
}

// TestAway says of what was measured that it cannot be read; tests are run all
// the same.
func TestAway(t *testing.T) {
	s := unlimited(t)
	s.Tests.Away = domain.Errorf(domain.Unavailable, "What has been measured cannot be read now")
	s.Post("/speedtest/api/v1/run/", "").Is(200)
	for _, path := range []string{"/speedtest/api/v1/history/", "/speedtest/api/analytics/"} {
		s.Get(path).Is(503).Has("Retry-After: 60").Like(`{"error": "Service unavailable", "message": "What has been measured cannot be read now"}`)
	}
}

// TestRuns are as many an hour as an account may have.
func TestRuns(t *testing.T) {
	s := unlimited(t)
	for range 30 {
		s.Post("/speedtest/api/v1/run/", browsers(10)).Is(200)
	}
	s.Post("/speedtest/api/v1/run/", browsers(10)).Is(429)
	s.Later(time.Hour)
	s.Post("/speedtest/api/v1/run/", browsers(10)).Is(200)
}
