package domain

import (
	"math"
	"slices"
	"strconv"

	"github.com/google/uuid"
)

// SpeedTestCompleted is one measurement of a network, in the figures that were
// told at the time and in the raw samples that they came of. It guards no rule,
// and so it is not in the log: it goes straight to its topic. It holds nothing
// of where the visitor was.
type SpeedTestCompleted struct {
	Account  uuid.UUID    `json:"account,omitzero"` // absent for a guest's
	Origin   SpeedOrigin  `json:"origin"`
	Server   string       `json:"server"`   // id of the test server
	Location string       `json:"location"` // where that is, as the operator has it
	Method   int          `json:"method"`   // that made the figures of the samples; 0 where somebody else's client states them
	Figures  SpeedFigures `json:"figures"`
	Samples  SpeedSamples `json:"samples,omitzero"` // absent where the client told none
}

// Kind implements Event.
func (SpeedTestCompleted) Kind() string { return "speedtest.completed" }

// Judged are the figures of the samples by the method of today; those that were
// told where there are no samples.
func (t SpeedTestCompleted) Judged() (method int, f SpeedFigures) {
	if t.Samples.None() {
		return t.Method, t.Figures
	}
	return SpeedMethodVersion, MeasureSpeed(t.Samples)
}

// SpeedOrigin is who measured.
type SpeedOrigin string

// The origins.
const (
	FromServer     SpeedOrigin = "server"     // this installation, from where it runs
	FromBrowser    SpeedOrigin = "browser"    // the page, or another client that tells its samples
	FromLibreSpeed SpeedOrigin = "librespeed" // a client of LibreSpeed's, which tells its result alone
)

// SpeedSamples are what was measured, in the order in which it was.
type SpeedSamples struct {
	Idle     []float64  `json:"idle_ms,omitempty"` // round trips while nothing was transferred
	Download []Transfer `json:"download,omitempty"`
	Upload   []Transfer `json:"upload,omitempty"`
	Sent     int        `json:"packets_sent,omitempty"` // that could be lost
	Lost     int        `json:"packets_lost,omitempty"`
}

// Transfer is one request that moved bytes in one direction.
type Transfer struct {
	Size     int64     `json:"size"`               // bytes that were asked for; requests of one size are a set
	Bytes    int64     `json:"bytes,omitempty"`    // that moved, with headers, where that is known; else Size
	MS       float64   `json:"ms"`                 // from the request to its end
	ServerMS float64   `json:"server_ms"`          // of that the server's own, as it says
	Pings    []float64 `json:"pings_ms,omitempty"` // round trips meanwhile
}

// What one test may have at most.
const (
	MaxRoundTrips    = 1000      // in a list
	MaxAllRoundTrips = 20_000    // in all lists: a message has to hold them
	MaxTransfers     = 200       // in a direction
	MaxTransferSize  = 1 << 30   // bytes
	MaxPackets       = 1_000_000 // that could be lost
	maxSpeedMS       = 600_000   // ten minutes
)

// None says whether nothing was measured.
func (s SpeedSamples) None() bool {
	return len(s.Idle) == 0 && len(s.Download) == 0 && len(s.Upload) == 0
}

// Check answers Invalid, with the field and what it may be, for samples that
// nobody can have measured.
func (s SpeedSamples) Check() error {
	if s.None() {
		return Errorf(Invalid, "samples must have idle_ms, download or upload")
	}
	if err := checkRoundTrips("samples.idle_ms", s.Idle); err != nil {
		return err
	}
	if err := checkTransfers("samples.download", s.Download); err != nil {
		return err
	}
	if err := checkTransfers("samples.upload", s.Upload); err != nil {
		return err
	}
	if n := s.roundTrips(); n > MaxAllRoundTrips {
		return Errorf(Invalid, "samples must have at most %d round trips in all: these have %d", MaxAllRoundTrips, n)
	}
	if s.Sent < 0 || s.Sent > MaxPackets {
		return Errorf(Invalid, "samples.packets_sent must be from 0 to %d", MaxPackets)
	}
	if s.Lost < 0 || s.Lost > s.Sent {
		return Errorf(Invalid, "samples.packets_lost must be from 0 to packets_sent")
	}
	return nil
}

func (s SpeedSamples) roundTrips() int {
	n := len(s.Idle)
	for _, t := range slices.Concat(s.Download, s.Upload) {
		n += len(t.Pings)
	}
	return n
}

func checkRoundTrips(field string, list []float64) error {
	if len(list) > MaxRoundTrips {
		return Errorf(Invalid, "%s must have at most %d items", field, MaxRoundTrips)
	}
	for i, ms := range list {
		if !between(ms, 0, maxSpeedMS) {
			return Errorf(Invalid, "%s[%d] must be from 0 to %d milliseconds", field, i, maxSpeedMS)
		}
	}
	return nil
}

func checkTransfers(field string, list []Transfer) error {
	if len(list) > MaxTransfers {
		return Errorf(Invalid, "%s must have at most %d items", field, MaxTransfers)
	}
	for i, t := range list {
		switch {
		case t.Size < 1 || t.Size > MaxTransferSize:
			return Errorf(Invalid, "%s[%d].size must be from 1 to %d bytes", field, i, MaxTransferSize)
		case t.Bytes < 0 || t.Bytes > 2*MaxTransferSize:
			return Errorf(Invalid, "%s[%d].bytes must be from 0 to %d", field, i, 2*MaxTransferSize)
		case !between(t.MS, 0, maxSpeedMS):
			return Errorf(Invalid, "%s[%d].ms must be from 0 to %d milliseconds", field, i, maxSpeedMS)
		case !between(t.ServerMS, 0, t.MS):
			return Errorf(Invalid, "%s[%d].server_ms must be from 0 to ms", field, i)
		}
		if err := checkRoundTrips(field+"["+strconv.Itoa(i)+"].pings_ms", t.Pings); err != nil {
			return err
		}
	}
	return nil
}

func between(v, least, most float64) bool { return !math.IsNaN(v) && v >= least && v <= most }
