// Package projections is what may be read: one file per read model, a row and
// a pure fold. The same fold makes the row in the live table, in a rebuild,
// in a test, and when a reader has to look past what the table has so far.
package projections

import (
	"maps"
	"strings"

	"github.com/scanledger/scanledger/domain"
)

// Fold is a read model: which rows an event touches and what becomes of them.
type Fold[R any] struct {
	Name   string // of the table
	Family string // of the streams that it is made of
	Many   bool   // whether a stream may have more rows than one
	// Kinds are the events of which the fold needs the content; of others it
	// needs to know the version alone. Nil for all.
	Kinds []string
	// Key names the row that the event touches: the stream, where it has one, or
	// the stream and a slash before more; false when the event means nothing to
	// this model.
	Key func(domain.Envelope) (string, bool)
	// Next is the row after the event. A row that is new is the zero value.
	Next func(R, domain.Envelope) R
}

// Passed stands in a history for an event, and those before it, whose content
// a fold does not need: the stream has come to this version.
type Passed struct{}

// Kind implements domain.Event.
func (Passed) Kind() string { return "" }

// Rows folds one stream's history, oldest first, into the rows that stood
// before it. It changes rows. A stream that is erased has none.
func (f Fold[R]) Rows(rows map[string]R, history []domain.Envelope) map[string]R {
	for _, e := range history {
		if Forgets(e) {
			maps.DeleteFunc(rows, func(k string, _ R) bool { return ofStream(k, e.Stream) })
		} else if k, ok := f.Touches(e); ok {
			rows[k] = f.Next(rows[k], e)
		}
	}
	return rows
}

// Touches names the row that the event makes or changes; false where there is
// none: what is erased says nothing, and what erases takes rows away.
func (f Fold[R]) Touches(e domain.Envelope) (string, bool) {
	if _, gone := e.Event.(domain.Erased); gone || Forgets(e) {
		return "", false
	}
	return f.Key(e)
}

// Forgets says whether with this event all rows of its stream go.
func Forgets(e domain.Envelope) bool { return domain.Erases(e.Event.Kind()) }

// ofStream says whether a key is that of a row of the stream: the stream
// itself, or the stream and a slash before what tells its rows apart.
func ofStream(key string, s domain.Stream) bool {
	rest, ok := strings.CutPrefix(key, string(s))
	return ok && (rest == "" || rest[0] == '/')
}

func kinds(events ...domain.Event) []string {
	out := make([]string, len(events))
	for i, e := range events {
		out[i] = e.Kind()
	}
	return out
}

// whole is the key of a model with one row per stream.
func whole(e domain.Envelope) (string, bool) {
	return string(e.Stream), e.Stream.Family() == domain.ScanFamily
}

// AsOf folds a scan's history up to a version into its row and its report. It
// answers NotFound for a version that the scan does not have.
func AsOf(history []domain.Envelope, version int) (scan ScanRow, report ReportRow, err error) {
	if version < 1 || version > len(history) {
		return scan, report, domain.Errorf(domain.NotFound, "The scan has no such version: its newest is %d", len(history))
	}
	for _, e := range history {
		if e.Version <= version {
			scan, report = Scans.Next(scan, e), Reports.Next(report, e)
		}
	}
	return scan, report, nil
}
