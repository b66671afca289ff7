package domain

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// Request opens a scan.
func (s *Scan) Request(r ScanRequested) ([]Event, error) {
	if s.State != "" {
		return nil, Errorf(Conflict, "scan %s exists already", r.Scan)
	}
	if len(r.Probes) == 0 {
		return nil, Errorf(Invalid, "profile must be one of %s, %s, %s", Quick, Standard, Deep)
	}
	return []Event{r}, r.Options.Check(r.Profile)
}

// Start notes that a worker took a probe; only the first one is an event.
func (s *Scan) Start(worker string) ([]Event, error) {
	if s.State.Over() {
		return nil, s.over()
	}
	if s.State == Started {
		return nil, nil
	}
	return []Event{ScanStarted{Worker: worker}}, nil
}

// Cancel closes the scan at its owner's word.
func (s *Scan) Cancel(by string) ([]Event, error) {
	if s.State.Over() {
		return nil, Errorf(Over, "Cannot cancel a scan that is already %s", stateWords[s.State])
	}
	return []Event{ScanCancelled{By: by}}, nil
}

// Erase takes away what a scan that is over has said; only the first time is
// an event. A scan that still runs is refused with Conflict.
func (s *Scan) Erase(reason string) ([]Event, error) {
	switch {
	case s.State == ErasedScan:
		return nil, nil
	case !s.State.Over():
		return nil, Errorf(Conflict, "scan %s is not over", s.ScanRequested.Scan)
	default:
		return []Event{ScanErased{Reason: reason}}, nil
	}
}

// Observe turns what a probe saw into events; what is known already is
// dropped. A probe whose lease is not the newest is refused with Lost, one
// that is finished and a scan that is over with Over.
func (s *Scan) Observe(t Tool, lease int, seen []Observation) ([]Event, error) {
	if err := s.mayWrite(t, lease); err != nil {
		return nil, err
	}
	var events []Event
	fresh, percent := map[string]bool{}, s.Probes[t].Percent
	for _, o := range seen {
		o = tidied(o)
		if a, ok := o.(Advance); ok {
			if a.Percent >= percent+10 && a.Percent < 100 {
				percent = a.Percent
				events = append(events, ProbeProgressed{Tool: t, Lease: lease, Percent: percent})
			}
			continue
		}
		k := key(o)
		if s.known[k] || fresh[k] {
			continue
		}
		fresh[k] = true
		e, err := asEvent(t, lease, o)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
	}
	return events, nil
}

// Finish ends a probe, and with the last one the scan.
func (s *Scan) Finish(f ProbeFinished) ([]Event, error) {
	if err := s.mayWrite(f.Tool, f.Lease); err != nil {
		return nil, err
	}
	events := []Event{f.tidied()}
	outcomes := map[Tool]Probe{f.Tool: {Outcome: f.Outcome, Reason: f.Reason}}
	for t, p := range s.Probes {
		if t != f.Tool {
			outcomes[t] = p
		}
		if outcomes[t].Outcome == "" {
			return events, nil
		}
	}
	if reason, dead := s.couldNotLook(outcomes); dead && !f.lookedAtSome(s.Profile) {
		return append(events, ScanFailed{Reason: reason}), nil
	}
	return append(events, ScanCompleted{Scores: Grade(s.measured(outcomes))}), nil
}

// lookedAtSome says whether the one probe of another scanner's profile has come to
// some of what it was to look at: such a scan has a report, which is partial.
func (f ProbeFinished) lookedAtSome(p Profile) bool {
	return p.Scanner() != Builtin && slices.ContainsFunc(f.Coverage, func(c Coverage) bool { return c.Outcome == Tested })
}

// tidied is the event with texts that can be stored.
func (f ProbeFinished) tidied() ProbeFinished {
	f.Reason = tidyText(f.Reason)
	coverage := make([]Coverage, len(f.Coverage))
	for i, c := range f.Coverage {
		coverage[i] = tidied(c).(Coverage)
	}
	f.Coverage = coverage
	return f
}

// couldNotLook says whether the scan has nothing to grade, and why: no probe
// could look, or the site that was to be scanned never answered.
func (s *Scan) couldNotLook(probes map[Tool]Probe) (reason string, dead bool) {
	web := []Tool{Headers, SEO, Traffic}
	tested := func(t Tool) bool { return probes[t].Outcome == Tested }
	decisive := s.ScanRequested.Probes
	if s.Target.Kind == URLTarget && slices.ContainsFunc(decisive, func(t Tool) bool { return slices.Contains(web, t) }) {
		decisive = web
	}
	if slices.ContainsFunc(decisive, tested) {
		return "", false
	}
	for _, t := range decisive {
		if r := probes[t].Reason; r != "" {
			return fmt.Sprintf("nothing could be tested: %s", r), true
		}
	}
	return "nothing could be tested", true
}

// measured is what the scan saw, with how its probes ended.
func (s *Scan) measured(probes map[Tool]Probe) Measured {
	m := s.Seen
	m.Target, m.Probes = s.Target.Kind, make(map[Tool]Outcome, len(probes))
	for t, p := range probes {
		m.Probes[t] = p.Outcome
	}
	return m
}

// Measured is what the scan saw, as its grade is made of it once every probe
// has ended.
func (s *Scan) Measured() Measured { return s.measured(s.Probes) }

// mayWrite refuses a probe that has lost its lease or has nothing to add to.
func (s *Scan) mayWrite(t Tool, lease int) error {
	p, ours := s.Probes[t]
	switch {
	case s.State.Over():
		return s.over()
	case !ours:
		return Errorf(Invalid, "scan %s has no probe %q", s.ScanRequested.Scan, t)
	case p.Outcome != "":
		return Errorf(Over, "probe %s is finished", t)
	case lease < p.Lease:
		return Errorf(Lost, "probe %s is in other hands: lease %d is not the newest", t, lease)
	default:
		return nil
	}
}

// over is the refusal of a scan that has ended.
func (s *Scan) over() error {
	return Errorf(Over, "scan %s is already %s", s.ScanRequested.Scan, stateWords[s.State])
}

var stateWords = map[State]string{Completed: "complete", ScanFail: "failed", Cancelled: "cancelled", ErasedScan: "erased"}

// Subject is the target's name in claims and messages: its normal form.
func (s *Scan) Subject() string { return s.Target.Value }

// RunningClaim names what only one running scan of an account and a target
// may hold.
func RunningClaim(account uuid.UUID, t Target) string {
	return "running:" + account.String() + ":" + t.Value
}

// asEvent writes an observation down.
func asEvent(t Tool, lease int, o Observation) (Event, error) {
	switch o := o.(type) {
	case Port:
		return PortFound{Tool: t, Lease: lease, Port: o}, nil
	case Service:
		return ServiceIdentified{Tool: t, Lease: lease, Service: o}, nil
	case Weakness:
		a := o.Advisory
		return FindingRaised{
			Tool: t, Lease: lease, Finding: a.ID, Where: o.Where, Title: a.Title, Severity: a.Severity,
			CWE: a.CWE, CVE: a.CVE, CVSS: a.CVSS, Description: a.Description, Detail: o.Detail,
			Remedy: a.Remedy, References: a.References, Evidence: o.Evidence,
		}, nil
	default:
		name := factName(o)
		if name == "" {
			return nil, fmt.Errorf("observation %T is no fact that could be read again", o)
		}
		value, err := json.Marshal(o)
		if err != nil {
			return nil, fmt.Errorf("observation %T: %w", o, err)
		}
		return ObservationRecorded{Tool: t, Lease: lease, Name: name, Value: value}, nil
	}
}
