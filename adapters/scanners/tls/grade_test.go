package tls

import (
	"crypto/tls"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/scanledger/scanledger/domain"
)

func TestGrade(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	good := func() domain.TLSEndpoint {
		return domain.TLSEndpoint{
			Protocols: map[string]bool{"SSLv3": false, "TLSv1.0": false, "TLSv1.1": false, "TLSv1.2": true, "TLSv1.3": true},
			Ciphers: map[string][]string{
				"TLSv1.2": {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}, "TLSv1.3": {"TLS_AES_256_GCM_SHA384"}},
			Features: map[string]bool{"secure_renegotiation": true},
			HSTS:     halfYear,
			Certificate: &domain.Certificate{NotBefore: at.Add(-day), NotAfter: at.Add(day), Key: "RSA", Bits: 2048,
				Signature: "SHA256-RSA", Trusted: true, NameMatch: true},
		}
	}
	accept := func(version, suite string) func(*domain.TLSEndpoint) {
		return func(e *domain.TLSEndpoint) {
			e.Protocols[version] = true
			e.Ciphers[version] = append(e.Ciphers[version], suite)
		}
	}
	feature := func(name string) func(*domain.TLSEndpoint) {
		return func(e *domain.TLSEndpoint) { e.Features[name] = true }
	}
	tests := []struct {
		name   string
		change func(*domain.TLSEndpoint)
		want   string
	}{
		{"good", func(*domain.TLSEndpoint) {}, "A+"},
		{"no HSTS", func(e *domain.TLSEndpoint) { e.HSTS = 0 }, "A"},
		{"short HSTS", func(e *domain.TLSEndpoint) { e.HSTS = 60 }, "A-"},
		{"no TLS 1.3", func(e *domain.TLSEndpoint) { e.Protocols["TLSv1.3"] = false; delete(e.Ciphers, "TLSv1.3") }, "A-"},
		{"TLS 1.3 untested", func(e *domain.TLSEndpoint) { delete(e.Protocols, "TLSv1.3"); delete(e.Ciphers, "TLSv1.3") }, "A+"},
		{"no secure renegotiation", func(e *domain.TLSEndpoint) { e.Features["secure_renegotiation"] = false }, "A-"},
		{"TLS 1.1", accept("TLSv1.1", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"), "B"},
		{"TLS 1.0", accept("TLSv1.0", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"), "B"},
		{"SSL 3", accept("SSLv3", "TLS_RSA_WITH_AES_128_CBC_SHA"), "C"},
		{"SSL 3 with RC4", accept("SSLv3", "TLS_RSA_WITH_RC4_128_SHA"), "B"},
		{"3DES", accept("TLSv1.2", "TLS_RSA_WITH_3DES_EDE_CBC_SHA"), "C"},
		{"RC4", accept("TLSv1.2", "TLS_RSA_WITH_RC4_128_SHA"), "C"},
		{"DES", accept("TLSv1.2", "TLS_RSA_WITH_DES_CBC_SHA"), "F"},
		{"export", accept("TLSv1.0", "TLS_RSA_EXPORT_WITH_RC4_40_MD5"), "F"},
		{"anonymous", accept("TLSv1.2", "TLS_DH_anon_WITH_AES_128_CBC_SHA"), "F"},
		{"NULL", accept("TLSv1.2", "TLS_RSA_WITH_NULL_SHA"), "F"},
		{"compression", func(e *domain.TLSEndpoint) { e.Features["compression"] = true }, "C"},
		{"weak DH", func(e *domain.TLSEndpoint) { e.DHBits = 1024 }, "B"},
		{"incomplete", func(e *domain.TLSEndpoint) { e.Certificate.Incomplete = true }, "B"},
		{"1024 bits", func(e *domain.TLSEndpoint) { e.Certificate.Bits = 1024 }, "B"},
		{"512 bits", func(e *domain.TLSEndpoint) { e.Certificate.Bits = 512 }, "F"},
		{"no forward secrecy", func(e *domain.TLSEndpoint) {
			e.Protocols["TLSv1.3"] = false
			e.Ciphers = map[string][]string{"TLSv1.2": {"TLS_RSA_WITH_AES_128_GCM_SHA256"}}
		}, "B"},
		{"no AEAD", func(e *domain.TLSEndpoint) {
			e.Protocols["TLSv1.3"] = false
			e.Ciphers = map[string][]string{"TLSv1.2": {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"}}
		}, "B"},
		{"SSL 3 alone", func(e *domain.TLSEndpoint) {
			e.Protocols = map[string]bool{"SSLv3": true}
			e.Ciphers = map[string][]string{"SSLv3": {"TLS_RSA_WITH_AES_128_CBC_SHA"}}
		}, "F"},
		{"only RC4", func(e *domain.TLSEndpoint) {
			e.Protocols = map[string]bool{"TLSv1.2": true}
			e.Ciphers = map[string][]string{"TLSv1.2": {"TLS_RSA_WITH_RC4_128_SHA"}}
		}, "F"},
		{"SSL 2", func(e *domain.TLSEndpoint) { e.Protocols["SSLv2"] = true }, "F"},
		{"Heartbleed", feature("heartbleed"), "F"},
		{"CCS injection", feature("ccs_injection"), "F"},
		{"ROBOT", feature("robot"), "F"},
		{"Ticketbleed", feature("ticketbleed"), "F"},
		{"POODLE of TLS", feature("poodle_tls"), "F"},
		{"GOLDENDOODLE", feature("golden_doodle"), "F"},
		{"Zombie POODLE", feature("zombie_poodle"), "F"},
		{"CVE-2019-1559", feature("zero_length_oracle"), "F"},
		{"renegotiation by the client", feature("client_renegotiation"), "A+"},
		{"insecure renegotiation", func(e *domain.TLSEndpoint) {
			e.Features = map[string]bool{"secure_renegotiation": false, "client_renegotiation": true}
		}, "F"},
		{"LUCKY13, potentially", feature("lucky13"), "A+"},
		{"revoked", feature("revoked"), "T"},
		{"revoked and of another name", func(e *domain.TLSEndpoint) { e.Features["revoked"], e.Certificate.NameMatch = true, false }, "M"},
		{"other name", func(e *domain.TLSEndpoint) { e.Certificate.NameMatch = false }, "M"},
		{"untrusted", func(e *domain.TLSEndpoint) { e.Certificate.Trusted = false }, "T"},
		{"expired", func(e *domain.TLSEndpoint) { e.Certificate.NotAfter = at.Add(-1) }, "T"},
		{"not yet valid", func(e *domain.TLSEndpoint) { e.Certificate.NotBefore = at.Add(1) }, "T"},
		{"SHA-1", func(e *domain.TLSEndpoint) { e.Certificate.Signature = "ECDSA-SHA1" }, "T"},
		{"SHA-1 above", func(e *domain.TLSEndpoint) { e.Certificate.IssuerSignatures = []string{"SHA1-RSA"} }, "T"},
		{"MD5", func(e *domain.TLSEndpoint) { e.Certificate.Signature = "MD5-RSA" }, "F"},
		{"no certificate", func(e *domain.TLSEndpoint) { e.Certificate = nil }, ""},
		{"no suites", func(e *domain.TLSEndpoint) { e.Ciphers = nil }, ""},
	}
	for _, test := range tests {
		e := good()
		test.change(&e)
		got, why := Grade(e, at)
		if got != test.want {
			t.Errorf("%s: %s %q, want %s", test.name, got, why, test.want)
		}
		if got != "A+" && got != "" && len(why) == 0 {
			t.Errorf("%s: %s without a reason", test.name, got)
		}
	}
}

// TestGradeOfEvidence grades what is kept of an endpoint: it says all that the
// grade rests on.
func TestGradeOfEvidence(t *testing.T) {
	r, err := scan(t, serve(t, &tls.Config{Certificates: []tls.Certificate{leaf(t, rsaKey(), false, nil)}, MinVersion: tls.VersionTLS10}), "site.test")
	if err != nil {
		t.Fatal(err)
	}
	seen := all[domain.TLSEndpoint](r)[0]
	if len(r.kept) != 1 {
		t.Fatalf("%d pieces of evidence", len(r.kept))
	}
	var kept domain.TLSEndpoint
	if err := json.Unmarshal(r.kept[0], &kept); err != nil {
		t.Fatal(err)
	}
	kept.Grade, kept.GradeWhy = "", nil
	if letter, why := Grade(kept, time.Now()); letter != seen.Grade || !slices.Equal(why, seen.GradeWhy) || letter == "" {
		t.Errorf("grade %s %q of the evidence, %s %q of the scan", letter, why, seen.Grade, seen.GradeWhy)
	}
}

// TestDerived says which attacks follow from what a server offers.
func TestDerived(t *testing.T) {
	tests := map[string]struct {
		endpoint domain.TLSEndpoint
		want     []string
	}{
		"modern": {domain.TLSEndpoint{Ciphers: map[string][]string{"TLSv1.2": {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"}}}, nil},
		"SSL 2":  {domain.TLSEndpoint{Protocols: map[string]bool{"SSLv2": true}}, []string{"drown"}},
		"CBC with SSL 3": {domain.TLSEndpoint{Ciphers: map[string][]string{"SSLv3": {"TLS_RSA_WITH_AES_128_CBC_SHA"}}},
			[]string{"beast", "poodle"}},
		"RC4 with SSL 3":   {domain.TLSEndpoint{Ciphers: map[string][]string{"SSLv3": {"TLS_RSA_WITH_RC4_128_SHA"}}}, []string{"rc4"}},
		"CBC with TLS 1.0": {domain.TLSEndpoint{Ciphers: map[string][]string{"TLSv1.0": {"TLS_RSA_WITH_AES_128_CBC_SHA"}}}, []string{"beast", "lucky13"}},
		"CBC with TLS 1.2": {domain.TLSEndpoint{Ciphers: map[string][]string{"TLSv1.2": {"TLS_RSA_WITH_AES_128_CBC_SHA"}}}, []string{"lucky13"}},
		"3DES":             {domain.TLSEndpoint{Ciphers: map[string][]string{"TLSv1.2": {"TLS_RSA_WITH_3DES_EDE_CBC_SHA"}}}, []string{"lucky13", "sweet32"}},
		"RSA export":       {domain.TLSEndpoint{Ciphers: map[string][]string{"TLSv1.1": {"TLS_RSA_EXPORT_WITH_RC4_40_MD5"}}}, []string{"freak", "rc4"}},
		"DHE export": {domain.TLSEndpoint{Ciphers: map[string][]string{"TLSv1.1": {"TLS_DHE_RSA_EXPORT_WITH_DES40_CBC_SHA"}}},
			[]string{"logjam", "lucky13", "sweet32"}},
		"a prime of 1024 bits": {domain.TLSEndpoint{DHBits: 1024}, []string{"logjam"}},
		"a prime of 2048 bits": {domain.TLSEndpoint{DHBits: 2048}, nil},
		"compression":          {domain.TLSEndpoint{Features: map[string]bool{"compression": true}}, []string{"crime"}},
	}
	for name, test := range tests {
		var got []string
		for attack, holds := range derived {
			if holds(test.endpoint) {
				got = append(got, attack)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}

func TestAdvisoriesAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range rules {
		a := w.advisory
		if seen[a.ID] || a.Title == "" || a.Severity == "" || a.Description == "" || a.Remedy == "" || len(a.References) == 0 {
			t.Errorf("%s is incomplete or there twice", a.ID)
		}
		seen[a.ID] = true
	}
}
