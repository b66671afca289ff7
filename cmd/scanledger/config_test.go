package main

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// load reads the settings from an environment, a file and flags.
func load(t *testing.T, env map[string]string, file string, args ...string) (Config, error) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, envPrefix) {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	for name, value := range env {
		t.Setenv(envPrefix+name, value)
	}
	if file != "" {
		path := filepath.Join(t.TempDir(), "settings.yaml")
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	flags := serveCommand().Flags()
	if err := flags.Parse(args); err != nil {
		t.Fatal(err)
	}
	return loadConfig(flags)
}

func TestSettingsComeFromFlagsThenEnvironmentThenFile(t *testing.T) {
	c, err := load(t, map[string]string{"DATA_DIR": "from-env", "ROLES": "api,scan", "ALLOW_TARGETS": "10.0.0.0/8,192.0.2.1"},
		"data_dir: from-file\naddr: 127.0.0.1:1\nscan_queue_limit: 7\n", "--addr", "127.0.0.1:2")
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:2" || c.DataDir != "from-env" || c.ScanQueueLimit != 7 || c.IPLimitPerMinute != 60 ||
		!slices.Equal(c.Roles, []string{"api", "scan"}) || len(prefixes(c.AllowTargets)) != 2 {
		t.Errorf("the settings are %+v", c)
	}
}

func TestDefaultsAreValid(t *testing.T) {
	c, err := load(t, nil, "")
	if err != nil || c.Addr != ":8080" || !slices.Equal(c.Roles, roles) {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestEveryFaultIsNamedAtOnce(t *testing.T) {
	_, err := load(t, map[string]string{
		"ADDR": "nonsense", "POSTGRES_URL": "mysql://x", "CLICKHOUSE_URL": "nowhere", "KAFKA_BROKERS": "a:1,b", "ROLES": "api,dance",
		"ALLOW_TARGETS": "10.0.0.0/99", "TRUSTED_PROXIES": "everybody", "IP_LIMIT_PER_MINUTE": "-1", "SPEEDTEST_GIB_PER_HOUR": "-1", "SPEEDTEST_SERVERS": "/nonexistent", "SPEEDTEST_UDP_ADDR": "on", "TRUST_ANCHOR": "/nonexistent", "JS_LIBRARIES": "/nonexistent", "MALWARE_LISTS": "/dev/null, /nonexistent", "SCAN_RETENTION": "some days", "PROBE_LIMIT": "1ms",
		"PUBLIC_URL": "https://go.example/?a=b", "RESOLVER": ":53", "WHOIS": "whois.example", "RDAP_BOOTSTRAP": "https://me:secret@rdap.example/", "GEOIP": "/nonexistent", "LINK_LISTS": "/nonexistent", "LINK_CHECK": "1",
	}, "")
	if err == nil {
		t.Fatal("no fault was found")
	}
	for _, name := range []string{"ADDR", "POSTGRES_URL", "CLICKHOUSE_URL", "KAFKA_BROKERS, number 2", "ROLES", "ALLOW_TARGETS", "TRUSTED_PROXIES", "IP_LIMIT_PER_MINUTE", "SPEEDTEST_GIB_PER_HOUR", "SPEEDTEST_SERVERS", "SPEEDTEST_UDP_ADDR", "TRUST_ANCHOR", "JS_LIBRARIES", "MALWARE_LISTS, number 2", "SCAN_RETENTION", "PROBE_LIMIT",
		"PUBLIC_URL", "RESOLVER", "WHOIS", "RDAP_BOOTSTRAP", "GEOIP", "LINK_LISTS, number 1", "LINK_CHECK"} {
		if !strings.Contains(err.Error(), envPrefix+name+":") {
			t.Errorf("%s is not named in: %v", name, err)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("it has a password: %v", err)
	}
}

func TestRetention(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{"90d": 90 * day, "7": 7 * day, "36h": 36 * time.Hour, "0": 0, "0d": 0, "0s": 0} {
		c, err := load(t, map[string]string{"SCAN_RETENTION": text}, "")
		if keep, fault := c.retention(); err != nil || fault != nil || keep != want {
			t.Errorf("%q is %s, %v, %v", text, keep, err, fault)
		}
	}
	for _, text := range []string{"", "d", "-1", "-1h", "90 days", "1d12h", "200000d", "99999999999999999999d"} {
		if c, err := load(t, map[string]string{"SCAN_RETENTION": text}, ""); err == nil {
			keep, _ := c.retention()
			t.Errorf("%q is taken for %s", text, keep)
		}
	}
	if c, err := load(t, nil, "scan_retention: 30\n"); err != nil || c.ScanRetention != "30" {
		t.Errorf("from a file: %q, %v", c.ScanRetention, err)
	}
}

func TestUnknownSettingsAreFaults(t *testing.T) {
	if _, err := load(t, map[string]string{"ADR": ":1", "ROLE": "api"}, ""); err == nil ||
		!strings.Contains(err.Error(), "SCANLEDGER_ADR") || !strings.Contains(err.Error(), "SCANLEDGER_ROLE is no setting") {
		t.Errorf("the fault is: %v", err)
	}
	if _, err := load(t, nil, "adress: x\n"); err == nil || !strings.Contains(err.Error(), "SCANLEDGER_ADRESS") {
		t.Errorf("the fault is: %v", err)
	}
	if _, err := load(t, map[string]string{"IP_LIMIT_PER_MINUTE": "many"}, ""); err == nil {
		t.Error("a limit that is no number was taken")
	}
}

// TestOwnAddresses: no scan may reach the tools that scans are asked of.
func TestOwnAddresses(t *testing.T) {
	own := ownAddresses(Config{Addr: "127.0.0.1:1", ZAPURL: "http://127.0.0.1:8090/", GMPAddr: "127.0.0.1:9390"}, &engines{})
	for _, want := range []string{"127.0.0.1:1", "127.0.0.1:8090", "127.0.0.1:9390"} {
		if !slices.Contains(own, netip.MustParseAddrPort(want)) {
			t.Errorf("%s is not among %v", want, own)
		}
	}
	if own := ownAddresses(Config{GMPAddr: "/run/gvmd/gvmd.sock"}, &engines{}); len(own) != 0 {
		t.Errorf("of a socket: %v", own)
	}
}

func TestPrefixes(t *testing.T) {
	for text, want := range map[string]string{
		"10.0.0.0/8": "10.0.0.0/8", "192.0.2.1": "192.0.2.1/32", "::1": "::1/128", "fd00::/8": "fd00::/8",
		"fe80::1%lo": "", "fe80::1%lo/64": "", "127.1/8": "", "10.0.0.0/99": "", "": "",
	} {
		got, err := prefix(text)
		if (err == nil) != (want != "") || err == nil && got.String() != want {
			t.Errorf("%q: %s %v, want %q", text, got, err, want)
		}
	}
}
