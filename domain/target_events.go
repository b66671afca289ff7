package domain

import "github.com/google/uuid"

// TargetAdded puts a target on an account's list. It is version 1 of its stream.
type TargetAdded struct {
	Account uuid.UUID `json:"account"`
	Details
}

// TargetChanged says how a target on the list stands from now on: all of it,
// not only what is new.
type TargetChanged struct {
	Details
}

// Details are what an account says of a target on its list.
type Details struct {
	Target      Target    `json:"target"`
	Name        Sealed    `json:"name"`        // as its owner calls it, sealed
	Description Sealed    `json:"description"` // sealed
	Frequency   Frequency `json:"scan_frequency"`
	Active      bool      `json:"active"` // whether it may be scanned
}

// Frequency is how often a target is to be scanned.
type Frequency string

// The frequencies.
const (
	Manual  Frequency = "manual" // only when it is asked for
	Daily   Frequency = "daily"
	Weekly  Frequency = "weekly"
	Monthly Frequency = "monthly"
)

// Frequencies are all of them.
var Frequencies = []Frequency{Manual, Daily, Weekly, Monthly}

// TargetRemoved takes a target off the list. Scans of it stay.
type TargetRemoved struct{}

// TargetVerified says that the account has shown a domain to be its own. It
// holds for the names below it too, and as long as the target is on the list
// with this domain.
type TargetVerified struct {
	Domain string `json:"domain"` // a host name, or an IP address
	Method Method `json:"method"`
	Where  string `json:"where"` // the record's name, or the file's URL
}

// Method is how ownership is proven.
type Method string

// The methods.
const (
	ByDNS  Method = "dns"  // a TXT record
	ByFile Method = "file" // a file on the web server
)

// TargetErased is the last event of a target's stream: what those before it
// said is gone, in the log and in the read model.
type TargetErased struct {
	Reason string `json:"reason"` // "account"
}

// Kind implements Event.
func (TargetAdded) Kind() string    { return "target.added" }
func (TargetChanged) Kind() string  { return "target.changed" }
func (TargetRemoved) Kind() string  { return "target.removed" }
func (TargetVerified) Kind() string { return "target.verified" }
func (TargetErased) Kind() string   { return "target.erased" }
