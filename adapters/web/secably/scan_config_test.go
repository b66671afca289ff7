package secably

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

func nmap(o domain.NmapOptions) domain.Options     { return domain.Options{Nmap: &o} }
func sslyze(o domain.SSLyzeOptions) domain.Options { return domain.Options{SSLyze: &o} }
func zap(spider bool) domain.Options               { return domain.Options{ZAP: &domain.ZAPOptions{Spider: spider}} }
func openvas(ports domain.PortList) domain.Options {
	return domain.Options{OpenVAS: &domain.OpenVASOptions{PortList: ports}}
}
func whole() domain.SSLyzeOptions {
	return domain.SSLyzeOptions{Certificate: true, Versions: true, Suites: true}
}

// TestChoose reads what each scanner may be asked for.
func TestChoose(t *testing.T) {
	for _, c := range []struct {
		scanner domain.Scanner
		config  string
		profile domain.Profile
		options domain.Options
	}{
		{"nmap", ``, domain.NmapQuick, nmap(domain.NmapOptions{})},
		{"nmap", `null`, domain.NmapQuick, nmap(domain.NmapOptions{})},
		{"nmap", `{}`, domain.NmapQuick, nmap(domain.NmapOptions{})},
		{"nmap", `{"scan_type": "fast"}`, domain.NmapQuick, nmap(domain.NmapOptions{})},
		{"nmap", `{"scan_type": "full", "port_range": "1-1000", "aggressive": false}`, domain.NmapFull, nmap(domain.NmapOptions{Ports: "1-1000"})},
		{"nmap", `{"scan_type": "full", "port_range": "443, 80,81", "aggressive": "true"}`, domain.NmapFull, nmap(domain.NmapOptions{Ports: "80-81,443", Aggressive: true})},
		{"nmap", `{"port_range": null}`, domain.NmapQuick, nmap(domain.NmapOptions{})},
		{"nmap", `{"port_range": 8080}`, domain.NmapQuick, nmap(domain.NmapOptions{Ports: "8080"})},
		{"sslyze", ``, domain.SSLyzeOnly, sslyze(whole())},
		{"sslyze", `{"check_certificate": "true", "check_tls_versions": "true"}`, domain.SSLyzeOnly, sslyze(whole())},
		{"sslyze", `{"check_certificate": false, "check_cipher_suites": "false"}`, domain.SSLyzeOnly, sslyze(domain.SSLyzeOptions{Versions: true})},
		{"nuclei", ``, domain.NucleiQuick, domain.Options{}},
		{"nuclei", `{"scan_type": "full"}`, domain.NucleiFull, domain.Options{}},
		{"zap", ``, domain.ZAPBaseline, zap(true)},
		{"zap", `{"scan_mode": "full", "spider_enabled": "false"}`, domain.ZAPFull, zap(false)},
		{"openvas", ``, domain.OpenVASDiscovery, openvas(domain.AllIANATCP)},
		{"openvas", `{"scan_profile": "full_and_fast", "port_list": "all_tcp"}`, domain.OpenVASFullFast, openvas(domain.AllTCP)},
		{"openvas", `{"scan_profile": "deep"}`, domain.OpenVASDeep, openvas(domain.AllIANATCP)},
		{"builtin", ``, domain.Standard, domain.Options{}},
		{"builtin", `{"scan_type": "deep"}`, domain.Deep, domain.Options{}},
	} {
		profile, options, err := choose(c.scanner, json.RawMessage(c.config))
		if err != nil || profile != c.profile || !reflect.DeepEqual(options, c.options) {
			t.Errorf("%s %s is %s %s, %v", c.scanner, c.config, profile, text(t, options), err)
		}
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestChooseRefuses says what is allowed instead.
func TestChooseRefuses(t *testing.T) {
	for _, c := range []struct {
		scanner domain.Scanner
		config  string
		says    []string
	}{
		{"nikto", ``, []string{"scanner_type", "nmap, sslyze, nuclei, zap, openvas, builtin"}},
		{"", ``, []string{"scanner_type"}},
		{"NMAP", ``, []string{"scanner_type"}},
		{"nmap", `[]`, []string{"scan_config must be an object"}},
		{"nmap", `"full"`, []string{"scan_config must be an object"}},
		{"nmap", `7`, []string{"scan_config must be an object"}},
		{"nmap", `{"scan_type": "slow"}`, []string{"scan_config.scan_type must be one of quick, fast, full"}},
		{"nmap", `{"scan_type": ""}`, []string{"scan_config.scan_type"}},
		{"nmap", `{"scan_type": true}`, []string{"scan_config.scan_type"}},
		{"nmap", `{"scan_type": ["full"]}`, []string{"scan_config.scan_type"}},
		{"nmap", `{"port_range": ""}`, []string{"scan_config.port_range must be ports from 1 to 65535"}},
		{"nmap", `{"port_range": "1-70000"}`, []string{"scan_config.port_range"}},
		{"nmap", `{"port_range": "-oN /tmp/x"}`, []string{"scan_config.port_range"}},
		{"nmap", `{"port_range": 80.5}`, []string{"scan_config.port_range"}},
		{"nmap", `{"port_range": "1-65535"}`, []string{"port_range of a quick scan may have at most 1000 ports", "full"}},
		{"nmap", `{"aggressive": "yes"}`, []string{"scan_config.aggressive must be true or false"}},
		{"nmap", `{"aggressive": 1}`, []string{"scan_config.aggressive"}},
		{"nmap", `{"script": "vuln"}`, []string{"scan_config.script is unknown", "aggressive, port_range, scan_type"}},
		{"nmap", `{"scan_mode": "full"}`, []string{"scan_config.scan_mode is unknown"}},
		{"sslyze", `{"scan_type": "quick"}`, []string{"is unknown", "check_certificate"}},
		{"sslyze", `{"check_certificate": "maybe"}`, []string{"true or false"}},
		{"sslyze", `{"check_certificate": false, "check_tls_versions": false, "check_cipher_suites": false}`, []string{"at least one of"}},
		{"nuclei", `{"scan_type": "deep"}`, []string{"one of quick, full"}},
		{"zap", `{"scan_mode": "quick"}`, []string{"one of baseline, full"}},
		{"zap", `{"spider_enabled": {}}`, []string{"true or false"}},
		{"openvas", `{"scan_profile": "full"}`, []string{"one of discovery, full_and_fast, deep"}},
		{"openvas", `{"port_list": "33d0cd82-57c6-11e1-8ed1-406186ea4fc5"}`, []string{"one of all_iana_tcp, all_iana_tcp_udp, all_tcp, all_tcp_nmap_top_100_udp"}},
		{"builtin", `{"scan_type": "full"}`, []string{"one of quick, standard, deep"}},
	} {
		_, _, err := choose(c.scanner, json.RawMessage(c.config))
		if domain.CodeOf(err) != domain.Invalid {
			t.Errorf("%s %s: %v", c.scanner, c.config, err)
			continue
		}
		for _, word := range c.says {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s %s is refused with %q, want %q in it", c.scanner, c.config, err, word)
			}
		}
	}
}

// TestConfigsAreReadBack shows of each scan what asks for the same again.
func TestConfigsAreReadBack(t *testing.T) {
	for s := range settings {
		for _, p := range domain.ProfilesOf(s) {
			options := domain.DefaultOptions(p)
			if options.Nmap != nil {
				options.Nmap.Ports, options.Nmap.Aggressive = "22,80-90", true
			}
			profile, again, err := choose(s, json.RawMessage(text(t, configOf(p, options))))
			if err != nil || profile != p || !reflect.DeepEqual(again, options) {
				t.Errorf("%s with %s is shown as %s: %s, %s, %v", p, text(t, options), text(t, configOf(p, options)), profile, text(t, again), err)
			}
		}
	}
	if a, b := slices.Sorted(maps.Keys(settings)), slices.Sorted(slices.Values(scannerTypes)); !slices.Equal(a, b) {
		t.Errorf("scanners with settings are %q, those that can be asked for %q", a, b)
	}
	for s, preset := range presets {
		if _, ok := domain.ProfileOf(s, preset); !ok {
			t.Errorf("the preset of %s, %q, is no profile", s, preset)
		}
	}
}

// TestOrganisation reads who has issued a certificate.
func TestOrganisation(t *testing.T) {
	for dn, want := range map[string]string{
		"CN=R3,O=Let's Encrypt,C=US": "Let's Encrypt", `CN=a,O=Example Ltd\, Inc.`: "Example Ltd, Inc.", "CN=Test Root": "Test Root",
		"OU=x": "OU=x", "": "", "CN=a+O=b": "b", `O=a\\,CN=b`: `a\`, "O=": "O=", "O=a,O=b": "a",
	} {
		if got := organisation(dn); got != want {
			t.Errorf("%q is %q, want %q", dn, got, want)
		}
	}
}
