package domain

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/google/uuid"
)

// Erased is what is left of an event whose payload is erased: its kind. It
// changes no state, and as JSON it is null.
type Erased struct{ Event }

// MarshalJSON implements json.Marshaler.
func (Erased) MarshalJSON() ([]byte, error) { return []byte("null"), nil }

// Read is the event that is stored, lifted to its present shape; Erased where
// its payload is gone. The error is that of Decode.
func (s Stored) Read() (Event, error) {
	if s.Payload != nil {
		return Decode(s.Type, s.Schema, s.Payload)
	}
	for _, entry := range Catalog {
		if entry.Current && entry.Kind == s.Type {
			zero, _ := reflect.Zero(entry.Type).Interface().(Event)
			return Erased{zero}, nil
		}
	}
	return nil, fmt.Errorf("event %q is not in the catalog", s.Type)
}

// Why a scan is erased.
const (
	ForRetention = "retention" // it was kept as long as the installation keeps scans
	ForAccount   = "account"   // its account is deleted
)

// ScanErased is the last event of a scan's stream: what those before it said
// is gone, in the log and wherever it had been put down.
type ScanErased struct {
	Reason string `json:"reason"` // "retention" or "account"
}

// AccountDeleted is the last event of an account's stream. The key that its
// personal data was sealed with is destroyed.
type AccountDeleted struct {
	Account uuid.UUID `json:"account"`
}

// Kind implements Event.
func (ScanErased) Kind() string     { return "scan.erased" }
func (AccountDeleted) Kind() string { return "account.deleted" }

// Erases says whether an event of this type takes the payloads of those before
// it, and so ends its stream.
func Erases(kind string) bool {
	return kind == ScanErased{}.Kind() || kind == AccountDeleted{}.Kind() || kind == TargetErased{}.Kind() || kind == LinkErased{}.Kind()
}

// Erasable says whether the payload of an event that was stored under this type
// and schema goes when its stream is erased: all of a scan, of a target and of a
// link, and of an account what has personal data that is not sealed.
func Erasable(s Stream, kind string, schema int) bool {
	return slices.Contains([]string{ScanFamily, TargetFamily, LinkFamily}, s.Family()) || slices.ContainsFunc(Catalog, func(e Entry) bool {
		return e.InClear && e.Kind == kind && e.Version == schema
	})
}
