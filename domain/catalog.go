package domain

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// Entry is one version of one event's shape.
type Entry struct {
	Kind    string
	Version int
	Current bool         // whether new events are written in it
	InClear bool         // whether it has an account's personal data that is not sealed
	Type    reflect.Type // of the payload in this version
	decode  func([]byte) (Event, error)
}

// Catalog lists every shape of every event once. The codec, the schemas
// folder and its AsyncAPI document are all read from it. A published shape
// never changes: a new one is a new version, and the old one stays in this
// list with a lift to the present one, so that it can be read for ever.
var Catalog = []Entry{
	past[ScanRequestedV1](ScanRequested{}.Kind(), 1),
	past[ScanRequestedV2](ScanRequested{}.Kind(), 2),
	current[ScanRequested](3),
	current[ScanStarted](1),
	current[ProbeProgressed](1),
	current[PortFound](1),
	current[ServiceIdentified](1),
	current[ObservationRecorded](1),
	past[FindingRaisedV1](FindingRaised{}.Kind(), 1),
	current[FindingRaised](2),
	current[ProbeFinished](1),
	current[ScanCompleted](1),
	current[ScanFailed](1),
	current[ScanCancelled](1),
	current[ScanRegraded](1),
	current[ScanCompared](1),
	current[ScanErased](1),
	current[AccountRegistered](1),
	past[PlanChangedV1](PlanChanged{}.Kind(), 1),
	current[PlanChanged](2),
	inClear(past[KeyIssuedV1](KeyIssued{}.Kind(), 1)),
	current[KeyIssued](2),
	current[KeyRevoked](1),
	current[ProfileChanged](1),
	current[PasswordChanged](1),
	current[OperatorAdded](1),
	current[OperatorRemoved](1),
	current[MemberInvited](1),
	current[MemberAdded](1),
	current[MemberRemoved](1),
	past[CreditsGrantedV1](CreditsGranted{}.Kind(), 1),
	current[CreditsGranted](2),
	current[CreditsLapsed](1),
	current[CreditsHeld](1),
	current[CreditsSettled](1),
	current[CreditsReleased](1),
	inClear(current[FindingAccepted](1)),
	inClear(current[FindingDismissed](1)),
	inClear(current[FindingReopened](1)),
	current[AccountDeleted](1),
	current[TargetAdded](1),
	current[TargetChanged](1),
	current[TargetRemoved](1),
	current[TargetVerified](1),
	current[TargetErased](1),
	current[ScheduleSet](1),
	current[SchedulePaused](1),
	current[ScheduleResumed](1),
	current[ScheduleRemoved](1),
	current[RunStarted](1),
	current[RunMissed](1),
	current[RequestServed](1),
	current[LinkClicked](1),
	current[LookupCompleted](1),
	current[LookupErased](1),
	current[CodeGenerated](1),
	past[LinkShortenedV1](LinkShortened{}.Kind(), 1),
	current[LinkShortened](2),
	past[LinkChangedV1](LinkChanged{}.Kind(), 1),
	current[LinkChanged](2),
	current[LinkEnabled](1),
	current[LinkDisabled](1),
	current[LinkBlocked](1),
	current[LinkCleared](1),
	current[LinkDeleted](1),
	current[LinkErased](1),
	current[SpeedTestCompleted](1),
}

// current enters the shape in which an event is written today.
func current[E Event](version int) Entry {
	var zero E
	return Entry{
		Kind: zero.Kind(), Version: version, Current: true, Type: reflect.TypeFor[E](),
		decode: func(b []byte) (Event, error) {
			var e E
			err := json.Unmarshal(b, &e)
			return e, err
		},
	}
}

// past enters a shape in which events were written once.
func past[V interface{ lift() Event }](kind string, version int) Entry {
	return Entry{
		Kind: kind, Version: version, Type: reflect.TypeFor[V](),
		decode: func(b []byte) (Event, error) {
			var v V
			err := json.Unmarshal(b, &v)
			return v.lift(), err
		},
	}
}

// inClear says of a shape that its events are erased with their account.
func inClear(e Entry) Entry {
	e.InClear = true
	return e
}

// shape is by what a payload is read.
type shape struct {
	kind    string
	version int
}

// The catalog by kind and version, and what is written today by kind.
var shapes, presentShapes = func() (map[shape]Entry, map[string]Entry) {
	all, present := map[shape]Entry{}, map[string]Entry{}
	for _, e := range Catalog {
		all[shape{e.Kind, e.Version}] = e
		if e.Current {
			present[e.Kind] = e
		}
	}
	return all, present
}()

// MaxEvent is how many bytes the payload of an event has at most: a message of a
// topic takes it with its headers. One that no message takes would hold up all
// that were appended after it.
const MaxEvent = 960_000

// Encode returns the schema version and the payload in which an event is
// written. It answers an error for an event that is not in the catalog, for one
// that is erased, and for one that is larger than MaxEvent.
func Encode(e Event) (version int, payload []byte, err error) {
	if _, gone := e.(Erased); gone {
		return 0, nil, fmt.Errorf("event %q is erased", e.Kind())
	}
	entry, listed := presentShapes[e.Kind()]
	if !listed {
		return 0, nil, fmt.Errorf("event %q is not in the catalog", e.Kind())
	}
	if clicked, often := e.(LinkClicked); often {
		payload = clicked.appendJSON(make([]byte, 0, 512))
	} else {
		payload, err = json.Marshal(e)
	}
	if len(payload) > MaxEvent {
		err = fmt.Errorf("event %q of %d bytes is larger than %d", e.Kind(), len(payload), MaxEvent)
	}
	return entry.Version, payload, err
}

// Present reads a payload in the shape in which events of this kind are
// written today, as the history over HTTP shows them.
func Present(kind string, payload []byte) (Event, error) {
	if entry, listed := presentShapes[kind]; listed {
		return entry.decode(payload)
	}
	return nil, fmt.Errorf("event %q is not in the catalog", kind)
}

// Decode reads a payload of any version that was ever published, lifted to
// the present shape. It answers an error for a kind or version that is not in
// the catalog, and for a payload that does not fit.
func Decode(kind string, version int, payload []byte) (Event, error) {
	entry, listed := shapes[shape{kind, version}]
	if !listed {
		return nil, fmt.Errorf("event %s.v%d is not in the catalog", kind, version)
	}
	e, err := entry.decode(payload)
	if err != nil {
		return nil, fmt.Errorf("%s.v%d: %w", kind, version, err)
	}
	return e, nil
}
