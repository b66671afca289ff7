package domain

import (
	"time"

	"github.com/google/uuid"
)

// LookupCompleted is one look-up and all that it has found out, of a domain, an
// address or an AS number. It has what registries publish of their holders, in
// clear: it is erased with its account, and for its age.
type LookupCompleted struct {
	Account  uuid.UUID     `json:"account"`
	Subject  LookupSubject `json:"subject"`
	Type     LookupType    `json:"lookup_type"`
	Resolver string        `json:"resolver,omitempty"` // host:port of the resolver that was chosen; "" for the installation's own
	Record   LookupRecord  `json:"record"`
}

// LookupErased is the last event of a look-up's stream: what those before it
// said is gone, in the log and in the read model.
type LookupErased struct {
	Reason string `json:"reason"` // "retention" or "account"
}

// Kind implements Event.
func (LookupCompleted) Kind() string { return "lookup.completed" }
func (LookupErased) Kind() string    { return "lookup.erased" }

// LookupRecord is what was found out, and of each part whether it was.
type LookupRecord struct {
	Registration *Registration `json:"registration"` // null where none was asked for or none was found
	DNS          *DNSAnswers   `json:"dns"`          // null where it was not asked
	Parts        []LookupPart  `json:"parts"`        // in the order in which they were asked
}

// LookupPart is one question to one place, and what became of it.
type LookupPart struct {
	Part    string        `json:"part"`   // "rdap", "rdap of the registrar", "whois", "dns", "dns CAA", "dnssec"
	Source  string        `json:"source"` // URL or host:port that was asked; "" for the installation's own resolver, and where nobody was
	Outcome LookupOutcome `json:"outcome"`
	Reason  string        `json:"reason"`           // why nothing is known, or only in part; "" where all is
	At      time.Time     `json:"at"`               // when it was asked: what is remembered for a while keeps its time
	SHA256  Hash          `json:"sha256,omitempty"` // of the answer as it came, which is not kept
}

// LookupOutcome is how a question ended.
type LookupOutcome string

// The outcomes.
const (
	PartFound    LookupOutcome = "found"
	PartNone     LookupOutcome = "none"      // the answer is that there is nothing
	PartSkipped  LookupOutcome = "skipped"   // not asked: there is nobody to ask, or another part has it
	PartTimedOut LookupOutcome = "timed_out" // no answer in time
	PartRefused  LookupOutcome = "refused"   // the guard or the server did not let us ask
	PartLimited  LookupOutcome = "limited"   // the registry's budget is used up: ours for it, or its own for us
	PartFailed   LookupOutcome = "failed"    // an answer that says nothing, or a connection that broke
)

// LookupOutcomes are all of them.
var LookupOutcomes = []LookupOutcome{PartFound, PartNone, PartSkipped, PartTimedOut, PartRefused, PartLimited, PartFailed}

// Known says whether the question was answered, be it with nothing.
func (o LookupOutcome) Known() bool { return o == PartFound || o == PartNone }

// Registration is what a registry and a registrar say of a subject. What they
// do not say is empty.
type Registration struct {
	Protocol    string          `json:"protocol"` // "rdap" or "whois"
	Handle      string          `json:"handle"`
	Name        string          `json:"name"`         // as the registry writes it
	UnicodeName string          `json:"unicode_name"` // of an international name
	Registrar   Registrar       `json:"registrar"`
	Status      []string        `json:"status"`
	Nameservers []Nameserver    `json:"nameservers"`
	Events      []RegistryEvent `json:"events"`
	Delegation  *SignedBy       `json:"secure_dns"` // null where it is not said
	Contacts    []Contact       `json:"contacts"`   // as they are published
	Network     *Network        `json:"network"`    // of an address or an AS number
	Notices     []string        `json:"notices"`    // what is said beside it, by title
}

// Registrar is who a domain is registered through.
type Registrar struct {
	Name       string `json:"name"`
	IANAID     string `json:"iana_id"`
	URL        string `json:"url"`
	AbuseEmail string `json:"abuse_email"`
	AbusePhone string `json:"abuse_phone"`
}

// Nameserver is a server that the registry delegates to.
type Nameserver struct {
	Name      string   `json:"name"`
	Addresses []string `json:"addresses"` // glue
}

// RegistryEvent is something that has happened or will, in RDAP's words (RFC
// 9083, 10.2.3).
type RegistryEvent struct {
	Action string     `json:"action"` // "registration", "expiration", "last changed"
	At     *time.Time `json:"at"`     // null where the date cannot be read
	Text   string     `json:"text"`   // as it came
}

// SignedBy is how the parent delegates trust.
type SignedBy struct {
	Signed bool     `json:"signed"`
	DS     []string `json:"ds"` // as in a zone file
}

// Contact is who answers for a subject, as far as it is published.
type Contact struct {
	Roles        []string `json:"roles"` // RDAP's words: "registrant", "technical", "abuse"
	Handle       string   `json:"handle"`
	Name         string   `json:"name"`
	Organization string   `json:"organization"`
	Email        string   `json:"email"`
	Phone        string   `json:"phone"`
	Address      string   `json:"address"` // lines joined by commas
	Country      string   `json:"country"`
}

// Network is a range of addresses or of AS numbers.
type Network struct {
	First   string `json:"first"`
	Last    string `json:"last"`
	CIDR    string `json:"cidr"` // of addresses, as far as the registry says it, by commas
	Name    string `json:"name"`
	Type    string `json:"type"`
	Country string `json:"country"` // ISO 3166-1 alpha-2
	Parent  string `json:"parent"`
}

// DNSAnswers are what a resolver says of a name.
type DNSAnswers struct {
	Name    string      `json:"name"` // that was asked for: of an address its reverse name
	Records []DNSRecord `json:"records"`
	Empty   []string    `json:"empty"` // the types that were asked for and have no record
	DNSSEC  DNSSEC      `json:"dnssec"`
}

// DNSRecord is one record.
type DNSRecord struct {
	Name string `json:"name"` // without a dot at its end
	Type string `json:"type"`
	TTL  int    `json:"ttl"`  // seconds
	Data string `json:"data"` // as in a zone file: what is not visible ASCII is escaped
}

// DNSSEC is the verdict on a name, RFC 4033, 5.
type DNSSEC struct {
	Status string `json:"status"` // "secure", "insecure", "bogus", "indeterminate"
	Reason string `json:"reason"`
}
