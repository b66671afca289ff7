package domain

import (
	"slices"

	"github.com/google/uuid"
)

// Asset is a target on an account's list: the state behind a target's stream.
type Asset struct {
	Account uuid.UUID
	Number  int64 // position of its first event: an integer id, unique and rising
	Version int
	State   AssetState // "" before it is added
	Details
	Proof    *Proof   // nil unless ownership is proven
	Schedule *Planned // nil for one that is scanned only when it is asked for
}

// AssetState is where an asset stands.
type AssetState string

// The states.
const (
	Listed      AssetState = "listed"
	Removed     AssetState = "removed"
	ErasedAsset AssetState = "erased"
)

// Apply folds one event into the state.
func (a *Asset) Apply(e Envelope) {
	a.Version, a.Schedule = e.Version, a.Schedule.after(e)
	switch event := e.Event.(type) {
	case TargetAdded:
		a.Account, a.Number, a.State, a.Details = event.Account, e.Position, Listed, event.Details
	case TargetChanged:
		a.Details, a.Proof = event.Details, a.Proof.after(event.Details)
	case TargetVerified:
		a.Proof = ProofOf(e, event)
	case ScheduleSet:
		a.Frequency = event.Frequency
	case ScheduleRemoved:
		a.Frequency = Manual
	case TargetRemoved:
		a.State, a.Proof = Removed, nil
	case TargetErased:
		a.State, a.Proof = ErasedAsset, nil
	}
}

// Add puts a target on the list.
func (a *Asset) Add(e TargetAdded) ([]Event, error) {
	if a.State != "" {
		return nil, Errorf(Conflict, "the target is on the list already")
	}
	if err := e.fit(); err != nil {
		return nil, err
	}
	return []Event{e}, nil
}

// Change gives the target other details. Those that it has already are no
// event. NotFound when it is not on the list.
func (a *Asset) Change(d Details) ([]Event, error) {
	if err := a.listed(); err != nil {
		return nil, err
	}
	if err := d.fit(); err != nil || d == a.Details {
		return nil, err
	}
	return []Event{TargetChanged{d}}, nil
}

// Remove takes the target off the list; NotFound when it is not on it.
func (a *Asset) Remove() ([]Event, error) {
	if err := a.listed(); err != nil {
		return nil, err
	}
	return []Event{TargetRemoved{}}, nil
}

// Verify notes a proof of ownership. It answers NotFound when the target is not
// on the list, Stale when it has another domain by now than the one that is
// proven.
func (a *Asset) Verify(v TargetVerified) ([]Event, error) {
	if err := a.listed(); err != nil {
		return nil, err
	}
	if !a.Target.has(v.Domain) {
		return nil, Errorf(Stale, "the target is another one by now: verify it again")
	}
	return []Event{v}, nil
}

// Erase takes away what the stream has said; only the first time is an event.
func (a *Asset) Erase(reason string) []Event {
	if a.State == "" || a.State == ErasedAsset {
		return nil
	}
	return []Event{TargetErased{Reason: reason}}
}

func (a *Asset) listed() error {
	if a.State != Listed {
		return Errorf(NotFound, "Target not found")
	}
	return nil
}

func (d Details) fit() error {
	if !slices.Contains(Frequencies, d.Frequency) {
		return Errorf(Invalid, "scan_frequency must be one of manual, daily, weekly, monthly")
	}
	return nil
}

// TargetClaim names what only one target of an account may hold.
func TargetClaim(account uuid.UUID, t Target) string {
	return "target:" + account.String() + ":" + t.Value
}
