package sevenazzani

import "github.com/scanledger/scanledger/domain"

// runSpeedTest is the body of POST /speedtest/api/v1/run/, which may be left out.
type runSpeedTest struct {
	Server  string               `json:"server"`  // id of a test server; "" for the one that is meant where nobody says
	Samples *domain.SpeedSamples `json:"samples"` // that the visitor's browser has measured; else the server measures
}

// speedTest is one test: the document's fields, and what it does not have.
// Speeds are in Mbit/s, times in milliseconds. What was not measured is null.
type speedTest struct {
	TestID     string                        `json:"test_id"`
	Download   *float64                      `json:"download_speed"`
	Upload     *float64                      `json:"upload_speed"`
	Ping       *float64                      `json:"ping"`
	Jitter     *float64                      `json:"jitter"`
	Location   string                        `json:"server_location"`
	Server     string                        `json:"server"`
	MeasuredBy domain.SpeedOrigin            `json:"measured_by"`
	Method     int                           `json:"method"` // version; 0 where a client of another kind stated the result
	DownPing   *float64                      `json:"download_ping"`
	DownJitter *float64                      `json:"download_jitter"`
	UpPing     *float64                      `json:"upload_ping"`
	UpJitter   *float64                      `json:"upload_jitter"`
	PacketLoss *float64                      `json:"packet_loss"` // 0 to 1
	Bloat      *string                       `json:"bufferbloat"` // A+ to F
	Scores     map[string]domain.Suitability `json:"scores"`      // streaming, gaming, rtc: those that can be told
}

// pastTest is an item of GET /speedtest/api/v1/history/.
type pastTest struct {
	speedTest
	CreatedAt string               `json:"created_at"`
	Samples   *domain.SpeedSamples `json:"samples,omitempty"` // where they were asked for
}

// speedAnalytics answers GET /speedtest/api/analytics/.
type speedAnalytics struct {
	Days       int                    `json:"days"`  // of the query
	Tests      int                    `json:"tests"` // that the answer is made of
	Total      int                    `json:"total"` // in those days: the newest of them are counted, to a limit
	Figures    map[string]speedSpread `json:"figures"`
	Trend      map[string]float64     `json:"trend"` // by how much the median of the newer half differs from the older's, as a share
	Daily      []speedDay             `json:"daily"`
	Thresholds map[string]float64     `json:"thresholds"`
	Breaches   []speedBreach          `json:"breaches"` // the newest first
}

type speedSpread struct {
	Count  int     `json:"count"`
	Mean   float64 `json:"mean"`
	Min    float64 `json:"min"`
	P5     float64 `json:"p5"`
	P25    float64 `json:"p25"`
	Median float64 `json:"median"`
	P75    float64 `json:"p75"`
	P95    float64 `json:"p95"`
	Max    float64 `json:"max"`
}

// speedDay has the medians of one day's tests.
type speedDay struct {
	Date     string   `json:"date"`
	Tests    int      `json:"tests"`
	Download *float64 `json:"download_speed"`
	Upload   *float64 `json:"upload_speed"`
	Ping     *float64 `json:"ping"`
	Jitter   *float64 `json:"jitter"`
}

// speedBreach is a test that was beyond a threshold of the query.
type speedBreach struct {
	TestID    string  `json:"test_id"`
	CreatedAt string  `json:"created_at"`
	Figure    string  `json:"figure"`
	Value     float64 `json:"value"`
	Threshold float64 `json:"threshold"`
}
