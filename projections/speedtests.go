package projections

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// SpeedTests are measurements of networks: one row for each, with the raw
// samples that it came of. A figure that was not measured is NaN. Rows that are
// made again have the figures of the method of today.
var SpeedTests = Rows{
	Name: "speedtests", Kind: domain.SpeedTestCompleted{}.Kind(),
	Columns: []string{
		"event_id", "at", "account", "origin", "server", "location", "method",
		"download_bps", "upload_bps", "latency_ms", "jitter_ms", "download_latency_ms", "upload_latency_ms", "packet_loss", "bufferbloat", "samples",
	},
	Account: func(e domain.Envelope) uuid.UUID {
		t, _ := e.Event.(domain.SpeedTestCompleted)
		return t.Account
	},
	Values: func(e domain.Envelope) []any {
		t, _ := e.Event.(domain.SpeedTestCompleted)
		method, f := t.Judged()
		return []any{
			e.ID, e.At, t.Account, string(t.Origin), t.Server, t.Location, uint8(method),
			orNaN(f.Download), orNaN(f.Upload), orNaN(f.Latency), orNaN(f.Jitter), orNaN(f.DownLoaded), orNaN(f.UpLoaded), orNaN(f.Loss), f.Bloat, samplesText(t.Samples),
		}
	},
}

// SpeedTestRow is one measurement, in the figures of the method of today.
type SpeedTestRow struct {
	ID       uuid.UUID
	At       time.Time
	Account  uuid.UUID // nil UUID for a guest's
	Origin   domain.SpeedOrigin
	Server   string
	Location string
	Method   int // 0 where somebody else's client stated the figures
	Figures  domain.SpeedFigures
	Samples  domain.SpeedSamples
}

// SpeedTestReader answers from the measurements that have been counted: one
// comes to be there soon after it was acknowledged. It answers Unavailable
// while there is nothing to count them in.
type SpeedTestReader interface {
	// SpeedTests returns a page of an account's tests, newest first, and how many
	// there are in all.
	SpeedTests(ctx context.Context, f SpeedTestFilter) (page []SpeedTestRow, total int, err error)
	// SpeedTest returns a test, whoever asks; NotFound when it is unknown.
	SpeedTest(ctx context.Context, id uuid.UUID) (SpeedTestRow, error)
}

// SpeedTestFilter chooses tests.
type SpeedTestFilter struct {
	Account uuid.UUID
	Since   time.Time // from this moment on; the zero time for ever
	Server  string    // to this server alone; "" for all
	Offset  int
	Limit   int
}

// SpeedTestRowOf is the row of an event.
func SpeedTestRowOf(e domain.Envelope) SpeedTestRow {
	t, _ := e.Event.(domain.SpeedTestCompleted)
	r := SpeedTestRow{ID: e.ID, At: e.At, Account: t.Account, Origin: t.Origin, Server: t.Server, Location: t.Location, Samples: t.Samples}
	r.Method, r.Figures = t.Judged()
	return r
}

// SpeedTestRowFrom reads a row as Values has written it.
func SpeedTestRowFrom(values []any) (r SpeedTestRow, err error) {
	r.ID, _ = values[0].(uuid.UUID)
	r.At, _ = values[1].(time.Time)
	r.Account, _ = values[2].(uuid.UUID)
	origin, _ := values[3].(string)
	r.Origin = domain.SpeedOrigin(origin)
	r.Server, _ = values[4].(string)
	r.Location, _ = values[5].(string)
	method, _ := values[6].(uint8)
	f := domain.SpeedFigures{
		Download: measured(values[7]), Upload: measured(values[8]), Latency: measured(values[9]), Jitter: measured(values[10]),
		DownLoaded: measured(values[11]), UpLoaded: measured(values[12]), Loss: measured(values[13]),
	}
	f.Bloat, _ = values[14].(string)
	if text, _ := values[15].(string); text != "" {
		if err := json.Unmarshal([]byte(text), &r.Samples); err != nil {
			return r, err
		}
	}
	r.Method, r.Figures = domain.SpeedTestCompleted{Method: int(method), Figures: f, Samples: r.Samples}.Judged()
	return r, nil
}

func orNaN(v *float64) float64 {
	if v == nil {
		return math.NaN()
	}
	return *v
}

func measured(v any) *float64 {
	f, ok := v.(float64)
	if !ok || math.IsNaN(f) {
		return nil
	}
	return &f
}

// samplesText is "" where there are none.
func samplesText(s domain.SpeedSamples) string {
	if s.None() {
		return ""
	}
	text, err := json.Marshal(s)
	if err != nil {
		return "" // it came out of JSON
	}
	return string(text)
}
