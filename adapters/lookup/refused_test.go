package lookup

import (
	"context"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// TestRefused has subjects that are not public, and resolvers that may not be asked.
func TestRefused(t *testing.T) {
	w := newWorld(t, nobody)
	w.Guard = strict{}
	look := func(name, resolver string) error {
		s, err := domain.ParseSubject(name)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.LookUp(t.Context(), domain.LookupQuestion{Subject: s, Type: domain.LookupAll, Resolver: resolver})
		return err
	}
	for _, name := range []string{"10.0.0.1", "printer.local", "fd00::1"} {
		if err := look(name, ""); domain.CodeOf(err) != domain.Forbidden {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, resolver := range []string{"192.0.2.53:22", "a b", "http://x", "192.0.2.53:70000", "-x", "0x7f.1"} {
		if err := look("a.com", resolver); domain.CodeOf(err) != domain.Invalid || !strings.Contains(err.Error(), "resolver") {
			t.Errorf("resolver %q: %v", resolver, err)
		}
	}
	w.dns.err = domain.Errorf(domain.Forbidden, "this target may not be reached")
	if err := look("a.com", "10.0.0.53"); domain.CodeOf(err) != domain.Forbidden {
		t.Errorf("%v", err)
	}
	if len(w.asked) > 2 { // the registry and who it is, of the last one
		t.Errorf("asked %v", w.asked)
	}
}

// strict allows names alone that end in .com.
type strict struct{}

func (strict) Check(context.Context, domain.Target) error {
	return domain.Errorf(domain.Forbidden, "not public")
}

func (strict) CheckName(name string) error {
	if !strings.HasSuffix(name, ".com") {
		return domain.Errorf(domain.Forbidden, "not public")
	}
	return nil
}

// PublicName implements Guard.
func (s strict) PublicName(name string) bool { return s.CheckName(name) == nil }

// TestLocalNames are told to no registry, where they may be looked up at all.
func TestLocalNames(t *testing.T) {
	w := newWorld(t, nobody)
	w.Guard = open{}
	for _, name := range []string{"secret.internal", "printer.local", "a.localhost", "nas.home.arpa"} {
		wantEnded(t, w.ask(name, domain.LookupWHOIS), "rdap skipped, whois skipped")
	}
	if len(w.asked) > 0 {
		t.Errorf("asked %v", w.asked)
	}
}

// closed is a network with names of its own, none of which may be scanned.
type closed struct{ strict }

func (closed) CheckName(string) error { return nil }

// open is one of which all may be scanned.
type open struct{ closed }

func (open) Check(context.Context, domain.Target) error { return nil }

// TestLocalNamesOfOthers: who may not scan a host of the local network hears nothing
// of it from the DNS.
func TestLocalNamesOfOthers(t *testing.T) {
	w := newWorld(t, nobody)
	w.Guard = closed{}
	for name, want := range map[string]domain.Code{"secret.internal": domain.Forbidden, "example.com": ""} {
		s, err := domain.ParseSubject(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.LookUp(t.Context(), domain.LookupQuestion{Subject: s, Type: domain.LookupDNS}); domain.CodeOf(err) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
