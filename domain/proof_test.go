package domain

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestProofPlaces(t *testing.T) {
	long := strings.Repeat("a.", 120) + "example"
	for value, want := range map[string][]Place{
		"https://shop.example:8443/a?b": {
			{ByDNS, "_scanledger.shop.example"}, {ByFile, "https://shop.example/.well-known/scanledger-verification.txt"},
			{ByFile, "http://shop.example/.well-known/scanledger-verification.txt"}, {ByFile, "https://shop.example:8443/.well-known/scanledger-verification.txt"}},
		"http://[2001:db8::1]:81": {
			{ByFile, "https://[2001:db8::1]/.well-known/scanledger-verification.txt"}, {ByFile, "http://[2001:db8::1]/.well-known/scanledger-verification.txt"},
			{ByFile, "http://[2001:db8::1]:81/.well-known/scanledger-verification.txt"}},
		"http://192.0.2.1:443": {{ByFile, "https://192.0.2.1/.well-known/scanledger-verification.txt"}, {ByFile, "http://192.0.2.1/.well-known/scanledger-verification.txt"}},
		"bücher.example": {
			{ByDNS, "_scanledger.xn--bcher-kva.example"}, {ByFile, "https://xn--bcher-kva.example/.well-known/scanledger-verification.txt"},
			{ByFile, "http://xn--bcher-kva.example/.well-known/scanledger-verification.txt"}},
		"192.0.2.1": {{ByFile, "https://192.0.2.1/.well-known/scanledger-verification.txt"}, {ByFile, "http://192.0.2.1/.well-known/scanledger-verification.txt"}},
		"2001:db8::1": {
			{ByFile, "https://[2001:db8::1]/.well-known/scanledger-verification.txt"}, {ByFile, "http://[2001:db8::1]/.well-known/scanledger-verification.txt"}},
		"192.0.2.0/24": nil,
		long:           {{ByFile, "https://" + long + proofPath}, {ByFile, "http://" + long + proofPath}},
	} {
		target, err := ParseTarget(value)
		if got := ProofPlaces(target); err != nil || !slices.Equal(got, want) {
			t.Errorf("%.40s: %+v, %v", value, got, err)
		}
	}
}

// TestProvenAt is the domain, but on a port that any user of a machine may open.
func TestProvenAt(t *testing.T) {
	for value, want := range map[string][]string{
		"https://shop.example":         {"shop.example", "shop.example", "shop.example"},
		"https://shop.example:8443":    {"shop.example", "shop.example", "shop.example", "shop.example:8443"},
		"http://shop.example:81":       {"shop.example", "shop.example", "shop.example", "shop.example"},
		"http://[2001:db8::1]:1024/a":  {"2001:db8::1", "2001:db8::1", "[2001:db8::1]:1024"},
		"http://192.0.2.1:1023/a":      {"192.0.2.1", "192.0.2.1", "192.0.2.1"},
		"https://shop.example:65535/a": {"shop.example", "shop.example", "shop.example", "shop.example:65535"},
	} {
		target, err := ParseTarget(value)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, place := range ProofPlaces(target) {
			proven := target.ProvenAt(place)
			if !target.has(proven) || ProvenHost(proven) != target.Host {
				t.Errorf("%s is not proven by %s, whose host is %s", value, proven, ProvenHost(proven))
			}
			got = append(got, proven)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", value, got, want)
		}
	}
	shop, _ := ParseTarget("https://shop.example:8443")
	for _, other := range []string{"", "shop.example:8444", "a.shop.example", "example"} {
		if shop.has(other) {
			t.Errorf("a proof of %q is one of %s", other, shop.Value)
		}
	}
}

func TestProofHolds(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	p := &Proof{At: at}
	for after, want := range map[time.Duration]bool{0: true, ProofTime - 1: true, ProofTime: false, ProofTime + 1: false} {
		if p.Holds(at.Add(after)) != want {
			t.Errorf("after %s: %v", after, !want)
		}
	}
	if (*Proof)(nil).Holds(at) {
		t.Error("no proof holds")
	}
}

func TestUpwards(t *testing.T) {
	for name, want := range map[string]string{
		"a.b.agency.gov": "a.b.agency.gov b.agency.gov agency.gov gov", "gov": "gov", "192.0.2.1": "192.0.2.1", "2001:db8::1": "2001:db8::1",
	} {
		if got := strings.Join(Upwards(name), " "); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestRestrictedNames(t *testing.T) {
	for _, c := range []struct{ host, name, want string }{
		{"a.gov", "a.gov", "a.gov"}, {"192.0.2.1", "a.mil", "a.mil"}, {"a.gov", "b.mil", "a.gov b.mil"}, {"a.example", "a.example", ""},
	} {
		if got := strings.Join((Target{Host: c.host, Domain: c.name}).RestrictedNames(), " "); got != c.want {
			t.Errorf("%s by the name %s: %q, want %q", c.host, c.name, got, c.want)
		}
	}
}
