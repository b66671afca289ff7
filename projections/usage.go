package projections

import (
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Rows is a read model of events that are counted, not folded: each is one
// row in ClickHouse, known by the event's id.
type Rows struct {
	Name    string // of the view that has each row once
	Kind    string // of the events that it holds
	Columns []string
	// Account is whose an event is; the nil UUID for nobody's. Of an account that
	// is deleted no row is kept.
	Account func(domain.Envelope) uuid.UUID
	// Values are the columns of one event, in their order.
	Values func(domain.Envelope) []any
}

// Requests is the usage of the API: one row for each call.
var Requests = Rows{
	Name: "requests", Kind: domain.RequestServed{}.Kind(),
	Columns: []string{
		"event_id", "at", "account", "key", "contract", "operation", "method", "status", "duration_us", "bytes_in", "bytes_out",
	},
	Account: func(e domain.Envelope) uuid.UUID {
		r, _ := e.Event.(domain.RequestServed)
		return r.Account
	},
	Values: func(e domain.Envelope) []any {
		r, _ := e.Event.(domain.RequestServed)
		return []any{
			e.ID, e.At, r.Account, r.Key, string(r.Contract), r.Operation, r.Method,
			uint16(r.Status), uint64(r.DurationUS), uint64(r.BytesIn), uint64(r.BytesOut),
		}
	},
}
