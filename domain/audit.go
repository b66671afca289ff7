package domain

// The invariants, by their names. What each promises stands where it is looked
// at.
const (
	VersionsInvariant     = "versions"     // each stream's versions are 1 to n, and its head is the newest
	AcknowledgedInvariant = "acknowledged" // each acknowledged command has its events exactly once
	KafkaInvariant        = "kafka"        // each event of the log is on Kafka, in order per key
	ReadModelsInvariant   = "read-models"  // each row is the fold of the log
	ClickHouseInvariant   = "clickhouse"   // each event that bypasses the log is counted once
	CreditsInvariant      = "credits"      // each balance is the sum of its ledger, never negative, with one charge for a scan
	UnfinishedInvariant   = "unfinished"   // no scan stays unfinished beyond its lease and a minute
	DeadLettersInvariant  = "dead-letters" // the dead letters are exactly the poison
)

// Invariants lists all names, in the order in which they are looked at.
var Invariants = []string{
	VersionsInvariant, AcknowledgedInvariant, KafkaInvariant, ReadModelsInvariant, ClickHouseInvariant,
	CreditsInvariant, UnfinishedInvariant, DeadLettersInvariant,
}

// Violation is one thing in the system that an invariant does not allow.
type Violation struct {
	Stream   Stream `json:"stream,omitempty"`  // "" where it belongs to none
	Version  int    `json:"version,omitempty"` // of the event; 0 where it is none
	ID       string `json:"id,omitempty"`      // of an event, a row, a claim, or topic/partition/offset
	What     string `json:"what"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
}

// maxViolations is how many violations an invariant keeps; it counts them all.
const maxViolations = 100

// Invariant is what looking at one of them comes to.
type Invariant struct {
	Name       string         `json:"name"`
	OK         bool           `json:"ok"`                    // set by Close: looked at, and nothing found
	NotChecked string         `json:"not_checked,omitempty"` // why it could not be looked at, or not to the end
	Checked    int            `json:"checked"`               // things looked at
	Counts     map[string]int `json:"counts"`                // by what they are
	Violations []Violation    `json:"violations"`            // the first hundred
	Count      int            `json:"violation_count"`
}

// NewInvariant begins one.
func NewInvariant(name string) *Invariant {
	return &Invariant{Name: name, Counts: map[string]int{}, Violations: []Violation{}}
}

// Look counts things that were looked at.
func (i *Invariant) Look(what string, n int) {
	i.Checked += n
	i.Note(what, n)
}

// Note counts what is worth telling and was not what is looked for: what is
// behind, what came twice.
func (i *Invariant) Note(what string, n int) {
	if n != 0 {
		i.Counts[what] += n
	}
}

// Violate notes a violation. What it shows is cut to a thousand bytes.
func (i *Invariant) Violate(v Violation) {
	v.ID, v.Expected, v.Found = clip(v.ID), clip(v.Expected), clip(v.Found)
	i.Count++
	if len(i.Violations) < maxViolations {
		i.Violations = append(i.Violations, v)
	}
}

// Close sets OK. What was not looked at is not well.
func (i *Invariant) Close() { i.OK = i.Count == 0 && i.NotChecked == "" }

// Audit is what looking at all invariants comes to.
type Audit struct {
	OK         bool         `json:"ok"` // set by Close
	Invariants []*Invariant `json:"invariants"`
}

// Close closes the invariants, and sets OK when all of them are well.
func (a *Audit) Close() {
	a.OK = true
	for _, i := range a.Invariants {
		i.Close()
		a.OK = a.OK && i.OK
	}
}

// Violated says whether any invariant is.
func (a *Audit) Violated() bool {
	for _, i := range a.Invariants {
		if i.Count > 0 {
			return true
		}
	}
	return false
}
