// Package projections is what may be read: one file per read model, a row and
// a pure fold. The same fold makes the row in the live table, in a rebuild,
// in a test, and when a reader has to look past what the table has so far.
package projections

import "github.com/scanledger/scanledger/domain"

// Fold is a read model: which rows an event touches and what becomes of them.
type Fold[R any] struct {
	Name   string // of the table
	Family string // of the streams that it is made of
	// Kinds are the events of which the fold needs the content; of others it
	// needs to know the version alone. Nil for all.
	Kinds []string
	// Key names the row that the event touches, unlike that of any other stream;
	// false when the event means nothing to this model.
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
// before it. It changes rows. An event that is erased, and so has no content,
// means nothing.
func (f Fold[R]) Rows(rows map[string]R, history []domain.Envelope) map[string]R {
	for _, e := range history {
		if e.Event == nil {
			continue
		}
		if k, ok := f.Key(e); ok {
			rows[k] = f.Next(rows[k], e)
		}
	}
	return rows
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

// AsOf folds a scan's history up to a version into its row and its report.
func AsOf(history []domain.Envelope, version int) (ScanRow, ReportRow) {
	var scan ScanRow
	var report ReportRow
	for _, e := range history {
		if e.Version <= version {
			scan, report = Scans.Next(scan, e), Reports.Next(report, e)
		}
	}
	return scan, report
}
