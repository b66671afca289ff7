package domain

import (
	"slices"
	"strings"
	"testing"
)

// TestParsePortRange puts what it takes into one form.
func TestParsePortRange(t *testing.T) {
	for in, want := range map[string]string{
		"80": "80", "1-1000": "1-1000", "443,80": "80,443", "80,80": "80", "1-10,5-20": "1-20", "1-10,11": "1-11", "1-10,12": "1-10,12",
		" 22, 80-90 ": "22,80-90", "65535": "65535", "1-65535": "1-65535", "080": "80", "1-100,20-30": "1-100",
	} {
		got, err := ParsePortRange(in)
		if err != nil || string(got) != want {
			t.Errorf("%q is %q, %v; want %q", in, got, err, want)
		}
		if again, err := ParsePortRange(string(got)); err != nil || again != got {
			t.Errorf("%q is read again as %q, %v", got, again, err)
		}
	}
	for _, wrong := range []string{
		"", " ", ",", "0", "65536", "-1", "1-", "-", "10-1", "1-70000", "a", "22;id", "1--2", "1-2-3", "22,", "+22", "22\n", "T:22", "U:53", "http",
		"-sV", "--script=x", "22 -oN /tmp/x", "1_000", "٣", "100000000000000000000", strings.Repeat("1,", 600) + "1",
	} {
		if got, err := ParsePortRange(wrong); CodeOf(err) != Invalid || got != "" {
			t.Errorf("%q is %q, %v", wrong, got, err)
		}
	}
	if got := PortRange("22,80-82").Ports(); !slices.Equal(got, []uint16{22, 80, 81, 82}) {
		t.Errorf("ports %v", got)
	}
	if got := PortRange("").Ports(); len(got) != 0 {
		t.Errorf("no ports are %v", got)
	}
}

// TestOptions are those of the profile's scanner, and of sane values.
func TestOptions(t *testing.T) {
	nmap := func(ports PortRange) Options { return Options{Nmap: &NmapOptions{Ports: ports}} }
	for name, c := range map[string]struct {
		profile Profile
		options Options
		refused string // a word of it; "" when it is accepted
	}{
		"a range":                     {NmapFull, nmap("1-65535"), ""},
		"a thousand for free":         {NmapQuick, nmap("1-1000"), ""},
		"more than a thousand":        {NmapQuick, nmap("1-1001"), "at most 1000"},
		"not in normal form":          {NmapFull, nmap("80,22"), "22,80"},
		"no range":                    {NmapFull, nmap("-oN"), "port_range must be"},
		"another scanner's":           {SSLyzeOnly, nmap(""), "another scanner"},
		"none":                        {ZAPFull, Options{}, "another scanner"},
		"of two scanners":             {NmapFull, Options{Nmap: &NmapOptions{}, ZAP: &ZAPOptions{}}, "another scanner"},
		"of the built-in":             {Quick, nmap(""), "another scanner"},
		"nothing to look at":          {SSLyzeOnly, Options{SSLyze: &SSLyzeOptions{}}, "at least one"},
		"one to look at":              {SSLyzeOnly, Options{SSLyze: &SSLyzeOptions{Versions: true}}, ""},
		"without the spider":          {ZAPBaseline, Options{ZAP: &ZAPOptions{}}, ""},
		"a port list that is none":    {OpenVASDeep, Options{OpenVAS: &OpenVASOptions{PortList: "some"}}, "all_iana_tcp"},
		"a port list of the document": {OpenVASDeep, Options{OpenVAS: &OpenVASOptions{PortList: AllTCP}}, ""},
	} {
		_, err := new(Scan).Request(ScanRequested{Profile: c.profile, Probes: c.profile.Tools(), Options: c.options})
		if c.refused == "" && err != nil || c.refused != "" && (CodeOf(err) != Invalid || !strings.Contains(err.Error(), c.refused)) {
			t.Errorf("%s: %v, want %q", name, err, c.refused)
		}
	}
	for p := range costs {
		if _, err := new(Scan).Request(ScanRequested{Profile: p, Probes: p.Tools(), Options: DefaultOptions(p)}); err != nil {
			t.Errorf("the defaults of %s: %v", p, err)
		}
	}
}

// TestStandIns are built in.
func TestStandIns(t *testing.T) {
	for s, want := range map[Scanner]Tool{Nmap: Ports, SSLyze: TLS, Nuclei: "", ZAP: "", OpenVAS: "", Builtin: ""} {
		if got := s.StandIn(); got != want {
			t.Errorf("%s is replaced by %q, want %q", s, got, want)
		}
	}
}
