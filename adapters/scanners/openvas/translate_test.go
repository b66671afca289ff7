package openvas

import (
	"encoding/xml"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// TestSession reads the results of the session.
func TestSession(t *testing.T) {
	var all results
	if err := xml.Unmarshal([]byte(session(t)["get_results"]), &all); err != nil || len(all.All) != 2 {
		t.Fatalf("%d results, %v", len(all.All), err)
	}
	s := translate(host, all.All[0])
	a := s.weakness.Advisory
	if a.ID != "openvas/1.3.6.1.4.1.25623.1.0.999002" || a.Title != "Test HTTP Server Banner" || a.Severity != domain.Medium ||
		a.Description != "Summary of Test HTTP Server Banner" || a.Remedy != "Fix Test HTTP Server Banner" {
		t.Errorf("%+v", a)
	}
	if !slices.Equal(a.CVE, []string{"CVE-2014-0226", "CVE-2014-3523"}) || !slices.Equal(a.References, []string{"https://httpd.apache.org/security/vulnerabilities_24.html"}) {
		t.Errorf("%q, %q", a.CVE, a.References)
	}
	if len(a.CVSS) != 1 || a.CVSS[0] != (domain.Rating{Version: "2.0", Vector: "AV:N/AC:L/Au:N/C:P/I:N/A:N", Score: 5}) {
		t.Errorf("%+v", a.CVSS)
	}
	if s.weakness.Detail != `OpenVAS reports it on "localhost", with a quality of detection of 80 %.` {
		t.Errorf("%q", s.weakness.Detail)
	}
	if log := translate(host, all.All[1]); log.weakness != nil || log.port == nil || log.guess {
		t.Errorf("a log is %+v", log)
	}
}

// TestTranslate is how bad a result is, and where.
func TestTranslate(t *testing.T) {
	network := domain.Target{Kind: domain.RangeTarget, Value: "192.0.2.0/24"}
	for _, c := range []struct {
		name             string
		target           domain.Target
		score, port, qod string
		level            domain.Severity // "" for no weakness
		where            string
		isPort, guess    bool
	}{
		{"critical", host, "9.8", "443/tcp", "95", domain.Critical, "443/tcp", true, false},
		{"high", host, "7.0", "443/tcp", "95", domain.High, "443/tcp", true, false},
		{"low", host, "0.1", "53/udp", "", domain.Low, "53/udp", true, false},
		{"the host", host, "4.0", "general/tcp", "70", domain.Medium, "", false, false},
		{"a guess", host, "9.8", "443/tcp", "69", "", "", true, true},
		{"a log", host, "0.0", "443/tcp", "95", "", "", true, false},
		{"false", host, "-1.0", "443/tcp", "95", "", "", true, false},
		{"no score", host, "bad", "443/tcp", "95", "", "", true, false},
		{"no port", host, "5", "99999/tcp", "95", domain.Medium, "99999/tcp", false, false},
		{"a range's port", network, "5", "22/tcp", "95", domain.Medium, "192.0.2.7:22/tcp", false, false},
		{"a range's host", network, "5", "general/icmp", "95", domain.Medium, "192.0.2.7", false, false},
	} {
		var r result
		r.NVT.OID, r.Severity, r.Port, r.Quality = "1.2.3", c.score, c.port, c.qod
		r.Host.Address = "192.0.2.7"
		s := translate(c.target, r)
		if (s.weakness != nil) != (c.level != "") || (s.port != nil) != c.isPort || s.guess != c.guess {
			t.Errorf("%s is %+v", c.name, s)
		}
		if s.weakness != nil && (s.weakness.Advisory.Severity != c.level || s.weakness.Where != c.where) {
			t.Errorf("%s is %+v", c.name, s.weakness)
		}
	}
}

// TestWitness: what OpenVAS sees is the same finding as what we see ourselves.
func TestWitness(t *testing.T) {
	for oid, rule := range map[string]string{
		"1.3.6.1.4.1.25623.1.0.103955": "tls/certificate/expired",
		"1.3.6.1.4.1.25623.1.0.105880": "tls/certificate/weak-signature",
		"1.3.6.1.4.1.25623.1.0.103936": "tls/attack/heartbleed",
		"1.3.6.1.4.1.25623.1.0.105042": "tls/attack/ccs-injection",
		"1.3.6.1.4.1.25623.1.0.106223": "tls/key-exchange/weak-dh",
		"1.3.6.1.4.1.25623.1.0.108031": "tls/cipher/3des",
	} {
		var r result
		r.NVT.OID, r.Severity, r.Port = oid, "5.0", "443/tcp"
		w := translate(host, r).weakness
		if domain.FingerprintOf(host, w.Advisory.ID, w.Where) != domain.FingerprintOf(host, rule, "443/tcp") {
			t.Errorf("%s is another finding than %s", oid, rule)
		}
	}
}

// FuzzAnswer: whatever gvmd says, an answer ends, and a weakness has a rule of
// OpenVAS's.
func FuzzAnswer(f *testing.F) {
	for _, answer := range session(f) {
		f.Add([]byte(answer))
	}
	f.Add([]byte(`<get_results_response status="200"><result><severity>5</severity><nvt oid="1">`))
	f.Add([]byte("<get_results_response status=\"200\">\x00\x1b<result/></get_results_response><get_results_response/>"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m := &meter{from: strings.NewReader(string(raw))}
		c := &conn{in: m, xml: xml.NewDecoder(m)}
		var all results
		if c.read("get_results_response", &all) != nil {
			return
		}
		for _, r := range all.All {
			s := translate(host, r)
			if s.weakness != nil && (s.weakness.Advisory.ID == "openvas/" || !slices.Contains(domain.Severities, s.weakness.Advisory.Severity)) {
				t.Errorf("%+v", s.weakness)
			}
		}
	})
}
