package domain

import (
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
)

// named is a target as it is added.
func named(t *testing.T, value string) Details {
	t.Helper()
	target, err := ParseTarget(value)
	if err != nil {
		t.Fatal(err)
	}
	return Details{Target: target, Name: "sealed", Frequency: Manual, Active: true}
}

// assetWith is an asset to which this has happened.
func assetWith(events ...Event) *Asset {
	a := new(Asset)
	for i, e := range events {
		a.Apply(Envelope{Position: int64(40 + i), Version: i + 1, At: time.Unix(int64(i), 0).UTC(), Event: e})
	}
	return a
}

func TestAsset(t *testing.T) {
	site, other := named(t, "https://shop.example/a"), named(t, "192.0.2.1")
	path := named(t, "https://shop.example/b")
	added, proof := TargetAdded{Account: uuid.UUID{1}, Details: site}, TargetVerified{Domain: "shop.example", Method: ByDNS, Where: "_scanledger.shop.example"}
	found := &Proof{Domain: "shop.example", Method: ByDNS, Where: "_scanledger.shop.example", At: time.Unix(1, 0).UTC()}
	for name, c := range map[string]struct {
		events []Event
		want   Asset
	}{
		"nothing":   {nil, Asset{}},
		"added":     {[]Event{added}, Asset{Account: uuid.UUID{1}, Number: 40, Version: 1, State: Listed, Details: site}},
		"changed":   {[]Event{added, TargetChanged{other}}, Asset{Account: uuid.UUID{1}, Number: 40, Version: 2, State: Listed, Details: other}},
		"verified":  {[]Event{added, proof}, Asset{Account: uuid.UUID{1}, Number: 40, Version: 2, State: Listed, Details: site, Proof: found}},
		"same host": {[]Event{added, proof, TargetChanged{path}}, Asset{Account: uuid.UUID{1}, Number: 40, Version: 3, State: Listed, Details: path, Proof: found}},
		"and another": {[]Event{added, proof, TargetChanged{other}, TargetChanged{site}},
			Asset{Account: uuid.UUID{1}, Number: 40, Version: 4, State: Listed, Details: site}},
		"removed": {[]Event{added, proof, TargetRemoved{}}, Asset{Account: uuid.UUID{1}, Number: 40, Version: 3, State: Removed, Details: site}},
		"erased":  {[]Event{Erased{added}, TargetErased{Reason: ForAccount}}, Asset{Version: 2, State: ErasedAsset}},
	} {
		if got := assetWith(c.events...); !reflect.DeepEqual(*got, c.want) {
			t.Errorf("%s\n got %+v\nwant %+v", name, *got, c.want)
		}
	}
}

// TestAssetDecisions asks everything of every state.
func TestAssetDecisions(t *testing.T) {
	site, other := named(t, "https://shop.example/"), named(t, "192.0.2.1")
	added, proof := TargetAdded{Account: uuid.UUID{1}, Details: site}, TargetVerified{Domain: "shop.example", Method: ByFile}
	never := site
	never.Frequency = "hourly"
	states := map[string]*Asset{
		"new": assetWith(), "listed": assetWith(added), "removed": assetWith(added, TargetRemoved{}), "erased": assetWith(added, TargetErased{}),
	}
	for name, c := range map[string]struct {
		ask  func(*Asset) ([]Event, error)
		want []Event // of one that is listed, or new for add
		code Code    // else
	}{
		"change":            {func(a *Asset) ([]Event, error) { return a.Change(other) }, []Event{TargetChanged{other}}, NotFound},
		"change nothing":    {func(a *Asset) ([]Event, error) { return a.Change(site) }, nil, NotFound},
		"remove":            {func(a *Asset) ([]Event, error) { return a.Remove() }, []Event{TargetRemoved{}}, NotFound},
		"verify":            {func(a *Asset) ([]Event, error) { return a.Verify(proof) }, []Event{proof}, NotFound},
		"add":               {func(a *Asset) ([]Event, error) { return a.Add(added) }, []Event{added}, Conflict},
		"erase":             {func(a *Asset) ([]Event, error) { return a.Erase(ForAccount), nil }, []Event{TargetErased{Reason: "account"}}, ""},
		"change to nothing": {func(a *Asset) ([]Event, error) { return a.Change(never) }, nil, NotFound},
	} {
		for state, a := range states {
			events, err := c.ask(a)
			want, code := c.want, Code("")
			switch {
			case name == "add" && state != "new", name != "add" && name != "erase" && state != "listed":
				want, code = nil, c.code
			case name == "erase" && (state == "new" || state == "erased"):
				want = nil
			case name == "change to nothing":
				code = Invalid
			}
			if CodeOf(err) != code || !reflect.DeepEqual(events, want) {
				t.Errorf("%s one that is %s: %+v, %v, want %+v, %q", name, state, events, err, want, code)
			}
		}
	}
	moved := assetWith(added, TargetChanged{other})
	if events, err := moved.Verify(proof); CodeOf(err) != Stale || events != nil {
		t.Errorf("a proof of what it was before: %v, %v", events, err)
	}
	if _, err := new(Asset).Add(TargetAdded{Details: never}); CodeOf(err) != Invalid {
		t.Errorf("added for every hour: %v", err)
	}
}

// TestAssetProperty lets whatever is decided happen: a proof is always of the
// domain that is on the list, and nothing follows a removal but the erasure.
func TestAssetProperty(t *testing.T) {
	values := []string{"https://a.example/", "a.example", "b.example", "192.0.2.1", "192.0.2.0/24"}
	r := rand.New(rand.NewPCG(4, 2))
	for range 2000 {
		a, history := new(Asset), []Event{}
		for range 12 {
			d := named(t, values[r.IntN(len(values))])
			d.Active = r.IntN(2) == 0
			var events []Event
			var err error
			switch r.IntN(9) {
			case 0:
				events, err = a.Remove()
			case 1, 2:
				events, err = a.Verify(TargetVerified{Domain: d.Target.Host})
			case 3:
				events = a.Erase(ForAccount)
			case 4, 5:
				events, err = a.Add(TargetAdded{Details: d})
			default:
				events, err = a.Change(d)
			}
			if err != nil && len(events) > 0 {
				t.Fatalf("refused, and %+v", events)
			}
			before := *a
			for _, e := range events {
				history = append(history, e)
				a.Apply(Envelope{Position: int64(len(history)), Version: len(history), Event: e})
			}
			if len(events) > 0 && reflect.DeepEqual(before, *a) {
				t.Fatalf("%+v changes nothing of %+v", events, before)
			}
		}
		if a.Proof != nil && (a.State != Listed || a.Proof.Domain != a.Target.Host) {
			t.Fatalf("%+v is proven after %+v", a, history)
		}
		for i, e := range history {
			if _, gone := e.(TargetRemoved); gone && i < len(history)-1 {
				if _, erased := history[i+1].(TargetErased); !erased {
					t.Fatalf("%+v after the removal", history[i+1])
				}
			}
		}
	}
}
