package domain

import "strings"

// Fault is one thing that does not hold.
type Fault struct {
	Stream   Stream `json:"stream"`  // "" where it belongs to none
	Version  int    `json:"version"` // of the event; 0 where it is the stream as a whole
	What     string `json:"what"`
	Expected string `json:"expected"`
	Found    string `json:"found"`
}

// Checked counts what a verification has looked at.
type Checked struct {
	Streams     int `json:"streams"`
	Events      int `json:"events"`
	Erased      int `json:"erased"` // events whose payload is gone, by their digests
	Evidence    int `json:"evidence"`
	Unnamed     int `json:"unnamed_evidence"` // pieces that no event names
	Findings    int `json:"findings"`
	Ports       int `json:"ports"`
	Grades      int `json:"grades"`
	OlderGrades int `json:"older_grades"` // those among them that are by older rules
	Reports     int `json:"reports"`
	Checkpoints int `json:"checkpoints"`
	Unsigned    int `json:"unsigned"` // events that no checkpoint covers yet
}

// maxFaults is how many faults a verdict keeps; it counts them all.
const maxFaults = 1000

// Verdict is what a verification comes to. The zero value is ready.
type Verdict struct {
	OK      bool        `json:"ok"` // set by Close
	Checked Checked     `json:"checked"`
	Faults  []Fault     `json:"faults"` // the first thousand
	Count   int         `json:"fault_count"`
	Tell    func(Fault) `json:"-"` // hears of each fault as it is found; may be nil
}

// clip keeps what a fault shows short.
func clip(s string) string {
	const most = 1000
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// Fault notes one. What it shows is cut to a thousand bytes.
func (v *Verdict) Fault(f Fault) {
	f.What, f.Expected, f.Found = clip(f.What), clip(f.Expected), clip(f.Found)
	v.Count++
	if len(v.Faults) < maxFaults {
		v.Faults = append(v.Faults, f)
	}
	if v.Tell != nil {
		v.Tell(f)
	}
}

// Close sets OK, once everything has been looked at.
func (v *Verdict) Close() {
	v.OK = v.Count == 0
	if v.Faults == nil {
		v.Faults = []Fault{}
	}
}
