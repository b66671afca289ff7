package domain

import (
	"encoding/json"
	"reflect"
	"slices"
	"testing"
)

func TestReadFact(t *testing.T) {
	for name, zero := range FactNames {
		want := filled(reflect.TypeOf(zero)).Interface().(Observation)
		if got := factName(want); got != name {
			t.Errorf("%T is recorded as %q and read as %q", want, got, name)
		}
		value, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ReadFact(name, value); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %+v, %v\nwant %+v", name, got, err, want)
		}
		for _, bad := range []string{"", "{", `"text"`, "[]"} {
			if got, err := ReadFact(name, json.RawMessage(bad)); err == nil {
				t.Errorf("%s of %q: %+v", name, bad, got)
			}
		}
	}
	if got, err := ReadFact("imagined", json.RawMessage("{}")); err == nil {
		t.Errorf("an unknown fact: %+v", got)
	}
}

// TestEveryObservationIsWritten finds observations that are neither an event of
// their own nor a fact with a name.
func TestEveryObservationIsWritten(t *testing.T) {
	written := []string{"Port", "Service", "Weakness", "Advance", "Coverage"} // events; Coverage is in ProbeFinished
	for _, zero := range FactNames {
		written = append(written, reflect.TypeOf(zero).Name())
	}
	seen := receivers(t, "observation")
	slices.Sort(written)
	slices.Sort(seen)
	if !slices.Equal(written, seen) {
		t.Errorf("observations %q\nare written as %q", seen, written)
	}
}

// TestKeys has two sightings of one thing, and one of another thing.
func TestKeys(t *testing.T) {
	for _, c := range []struct{ one, same, other Observation }{
		{Port{Port: 1, Protocol: "tcp"}, Port{Port: 1, Protocol: "tcp"}, Port{Port: 1, Protocol: "udp"}},
		{Service{Port: 1, Protocol: "tcp", Name: "a"}, Service{Port: 1, Protocol: "tcp"}, Port{Port: 1, Protocol: "tcp"}},
		{Weakness{Advisory: Advisory{ID: "a"}, Where: "b", Detail: "c"}, Weakness{Advisory: Advisory{ID: "a"}, Where: "b"}, Weakness{Advisory: Advisory{ID: "a"}}},
		{ObservatoryTest{Name: "a", Pass: true}, ObservatoryTest{Name: "a"}, ObservatoryTest{Name: "b"}},
		{SEOAudit{ID: "a", Outcome: SEOPass}, SEOAudit{ID: "a"}, ObservatoryTest{Name: "a"}},
		{TrafficPart{Name: "a", Score: 1}, TrafficPart{Name: "a"}, TrafficPart{Name: "b"}},
		{TLSEndpoint{Port: 1, Grade: "A"}, TLSEndpoint{Port: 1}, TLSEndpoint{Port: 2}},
		{DNSZone{Domain: "a", DNSSEC: "secure"}, DNSZone{Domain: "a"}, DNSZone{Domain: "b"}},
		{Visit{URL: "a", Status: 200}, Visit{URL: "a"}, Visit{URL: "b"}},
		{PageVitals{URL: "a", LCP: new(1.0)}, PageVitals{URL: "b"}, Visit{URL: "a"}},
	} {
		if key(c.one) != key(c.same) || key(c.one) == key(c.other) {
			t.Errorf("keys %q, %q, %q", key(c.one), key(c.same), key(c.other))
		}
	}
}
