package domain

import "github.com/google/uuid"

// RequestServed is one API call. It guards no rule, and so it is not in the
// log: it goes straight to its topic. It holds no address of the caller.
type RequestServed struct {
	Account    uuid.UUID `json:"account,omitzero"` // absent when nobody was known
	Key        uuid.UUID `json:"key,omitzero"`     // absent when no API key was used
	Contract   Contract  `json:"contract"`
	Operation  string    `json:"operation"` // the route's template: "/api/v1/scan/:id"
	Method     string    `json:"method"`
	Status     int       `json:"status"`
	DurationUS int64     `json:"duration_us"`
	BytesIn    int64     `json:"bytes_in"`
	BytesOut   int64     `json:"bytes_out"`
}

// Kind implements Event.
func (RequestServed) Kind() string { return "request.served" }
