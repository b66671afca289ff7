package domain

// State is where a scan stands.
type State string

// The states of a scan. The last four are final.
const (
	Requested  State = "requested"
	Started    State = "started"
	Completed  State = "completed"
	ScanFail   State = "failed"
	Cancelled  State = "cancelled"
	ErasedScan State = "erased" // and so as if it had never been
)

// States lists all states.
var States = []State{Requested, Started, Completed, ScanFail, Cancelled, ErasedScan}

// Over says whether the state is final.
func (s State) Over() bool {
	return s == Completed || s == ScanFail || s == Cancelled || s == ErasedScan
}

// Scan is the state that decisions about a scan need.
type Scan struct {
	ScanRequested
	State    State // "" before it is requested
	Version  int
	Probes   map[Tool]Probe
	Seen     Measured
	Scores   Scores          // of a completed scan, as they stand
	Compared bool            // whether it was told what it found beside the scan before
	known    map[string]bool // keys of what has been observed
}

// Probe is where one probe of a scan stands.
type Probe struct {
	Lease   int // the newest lease that has written
	Percent int
	Outcome Outcome // "" while it is not finished
	Reason  string
}

// Apply folds one event into the state.
func (s *Scan) Apply(e Envelope) {
	s.Version = e.Version
	switch e := e.Event.(type) {
	case ScanRequested:
		s.ScanRequested, s.State = e, Requested
		s.Probes, s.known = make(map[Tool]Probe, len(e.Probes)), map[string]bool{}
		for _, t := range e.Probes {
			s.Probes[t] = Probe{}
		}
	case ScanStarted:
		s.State = Started
	case ProbeProgressed:
		s.lease(e.Tool, e.Lease, e.Percent)
	case PortFound:
		s.lease(e.Tool, e.Lease, 0)
		s.known[key(e.Port)] = true
		s.Seen.OpenPorts = append(s.Seen.OpenPorts, e.Port.Port)
	case ServiceIdentified:
		s.lease(e.Tool, e.Lease, 0)
		s.known[key(e.Service)] = true
		s.Seen.Services = append(s.Seen.Services, e.Service)
	case ObservationRecorded:
		s.lease(e.Tool, e.Lease, 0)
		s.observe(e)
	case FindingRaised:
		s.lease(e.Tool, e.Lease, 0)
		s.known[findingKey(e.Finding, e.Where)] = true
		s.Seen.raise(e.Severity)
	case ProbeFinished:
		s.Probes[e.Tool] = Probe{Lease: e.Lease, Percent: 100, Outcome: e.Outcome, Reason: e.Reason}
	case ScanCompleted:
		s.State, s.Scores = Completed, e.Scores
	case ScanRegraded:
		s.Scores = e.Scores
	case ScanCompared:
		s.Compared = true
	case ScanFailed:
		s.State = ScanFail
	case ScanCancelled:
		s.State = Cancelled
	case ScanErased:
		s.State = ErasedScan
	}
}

// lease notes that a probe's lease has written.
func (s *Scan) lease(t Tool, lease, percent int) {
	p := s.Probes[t]
	p.Lease, p.Percent = max(p.Lease, lease), max(p.Percent, percent)
	s.Probes[t] = p
}

// observe notes a recorded fact. A fact whose shape is no longer known was
// checked when it was written; it is kept in the log and left out of scores.
func (s *Scan) observe(e ObservationRecorded) {
	fact, err := ReadFact(e.Name, e.Value)
	if err != nil {
		return
	}
	s.known[key(fact)] = true
	s.Seen.measure(fact)
}

// Final says whether a scan is over when an event of this kind has happened:
// it ends its scan, or comes after the end.
func Final(e Event) bool {
	return follows(e) || Closes(e)
}

// follows says whether an event comes after the end of its scan.
func follows(e Event) bool {
	switch e.(type) {
	case ScanRegraded, ScanCompared:
		return true
	default:
		return false
	}
}

// Closes says whether an event ends its scan.
func Closes(e Event) bool {
	switch e.(type) {
	case ScanCompleted, ScanFailed, ScanCancelled:
		return true
	default:
		return false
	}
}

// Progress is how far the scan has come: 0 to 99 while it runs, 100 when it
// is over.
func (s *Scan) Progress() int {
	return Progress(s.State, s.Probes)
}

// Progress is the mean of the probes' progress: 0 to 99 while a scan runs,
// 100 when it is over.
func Progress(state State, probes map[Tool]Probe) int {
	if state.Over() {
		return 100
	}
	sum := 0
	for _, p := range probes {
		sum += p.Percent
	}
	return min(sum/max(len(probes), 1), 99)
}
