package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/providers/structs"
	"github.com/knadh/koanf/v2"
	"github.com/spf13/pflag"
)

// Config is every setting. The same names serve in the environment (prefix
// SCANLEDGER_, upper case), in the file of --config (YAML, lower case) and as
// flags (with dashes); a flag wins over the environment, that over the file.
type Config struct {
	Addr                   string   `koanf:"addr" usage:"where the server listens"`
	PublicURL              string   `koanf:"public_url" usage:"what its links begin with (default: from the request)"`
	DataDir                string   `koanf:"data_dir" usage:"folder for everything that the embedded engines keep"`
	KafkaBrokers           []string `koanf:"kafka_brokers" usage:"host:port of real Kafka brokers, by commas (default: embedded)"`
	PostgresURL            string   `koanf:"postgres_url" usage:"URL of a real Postgres (default: embedded)"`
	ClickHouseURL          string   `koanf:"clickhouse_url" usage:"URL of a real ClickHouse (default: embedded)"`
	EmbeddedKafkaAddr      string   `koanf:"embedded_kafka_addr" usage:"where others reach the embedded Kafka; port 0 picks a free one"`
	EmbeddedPostgresAddr   string   `koanf:"embedded_postgres_addr" usage:"where others reach the embedded Postgres"`
	EmbeddedClickHouseAddr string   `koanf:"embedded_clickhouse_addr" usage:"where others reach the embedded ClickHouse"`
	Roles                  []string `koanf:"roles" usage:"what this process does: api,relay,scan,project,count"`
	AllowTargets           []string `koanf:"allow_targets" usage:"CIDRs beyond the public addresses that may be scanned"`
	IPLimitPerMinute       int      `koanf:"ip_limit_per_minute" usage:"requests a minute and address on Scanner's paths; 0 for none"`
	ScanQueueLimit         int      `koanf:"scan_queue_limit" usage:"scans that may wait on Scanner's paths; 0 for any number"`
	ScanMonthlyLimit       int      `koanf:"scan_monthly_limit" usage:"scans a month and account on Scanner's paths; 0 for any number"`
	AuditInterval          int      `koanf:"audit_interval" usage:"minutes between audits in the background, by the role relay; 0 for none"`
	ScanRetention          string   `koanf:"scan_retention" usage:"how long scans are kept that are over, such as 90d or 2160h; 0 for ever"`
	ProbeLimit             string   `koanf:"probe_limit" usage:"the most that one probe may take, such as 90s (default: its profile's, from 2 minutes to 8 hours)"`
	TrustedProxies         []string `koanf:"trusted_proxies" usage:"CIDRs whose X-Forwarded-For is believed"`
	Resolver               string   `koanf:"resolver" usage:"host:port of the DNS resolver (default: the system's)"`
	TrustAnchor            string   `koanf:"trust_anchor" usage:"file with the DNSSEC trust anchors (default: the root's)"`
	HSTSPreload            string   `koanf:"hsts_preload" usage:"file with the HSTS preload list, as Chromium's transport_security_state_static.json (default: built in, of 1 January 2025)"`
	JSLibraries            string   `koanf:"js_libraries" usage:"file with vulnerable JavaScript libraries, in the format of retire.js (default: built in)"`
	MalwareLists           []string `koanf:"malware_lists" usage:"files with hosts, URLs and SHA-256 hashes of malware, by commas"`
	LinkLists              []string `koanf:"link_lists" usage:"files with hosts and URLs that short links must not lead to, by commas, beside those of malware_lists"`
	LinkCheck              string   `koanf:"link_check" usage:"how often the role scan looks again at where short links lead, such as 30m; 0 for never"`
	RDAPBootstrap          string   `koanf:"rdap_bootstrap" usage:"base URL of the RDAP bootstrap files (default: IANA's)"`
	WHOIS                  string   `koanf:"whois" usage:"host:port of the first WHOIS server (default: IANA's)"`
	SpeedTestServers       string   `koanf:"speedtest_servers" usage:"file with test servers beside this one, a list of LibreSpeed's (JSON)"`
	SpeedTestLocation      string   `koanf:"speedtest_location" usage:"where this server is, as speed tests tell it, such as New York, US"`
	SpeedTestGiBPerHour    int      `koanf:"speedtest_gib_per_hour" usage:"how much a visitor may move in speed tests, in GiB an hour; 0 for nothing"`
	SpeedTestUDPAddr       string   `koanf:"speedtest_udp_addr" usage:"host:port, by UDP, where packets are sent back to who measures loss (default: as addr); off for none"`
	GeoIP                  string   `koanf:"geoip" usage:"path of a MaxMind file"`
	Nmap                   string   `koanf:"nmap" usage:"path of nmap (default: found on PATH)"`
	SSLyze                 string   `koanf:"sslyze" usage:"path of sslyze (default: found on PATH)"`
	Nuclei                 string   `koanf:"nuclei" usage:"path of nuclei (default: found on PATH)"`
	Chromium               string   `koanf:"chromium" usage:"path of Chromium (default: found on PATH)"`
	ZAPURL                 string   `koanf:"zap_url" usage:"URL of ZAP's API"`
	ZAPKey                 string   `koanf:"zap_key" usage:"key of ZAP's API"`
	GMPAddr                string   `koanf:"gmp_addr" usage:"socket path or host:port of Greenbone's GMP"`
	GMPUser                string   `koanf:"gmp_user" usage:"user of GMP"`
	GMPPassword            string   `koanf:"gmp_password" usage:"password of GMP"`
}

// The roles.
const (
	roleAPI     = "api"     // answers HTTP
	roleRelay   = "relay"   // publishes the log to Kafka
	roleScan    = "scan"    // runs probes
	roleProject = "project" // keeps the read models in Postgres
	roleCount   = "count"   // keeps the tables in ClickHouse
)

var roles = []string{roleAPI, roleRelay, roleScan, roleProject, roleCount}

const envPrefix = "SCANLEDGER_"

func defaults() Config {
	return Config{
		Addr: ":8080", DataDir: "./data", Roles: roles,
		EmbeddedKafkaAddr: "127.0.0.1:9092", EmbeddedPostgresAddr: "127.0.0.1:5433", EmbeddedClickHouseAddr: "127.0.0.1:8123",
		IPLimitPerMinute: 60, ScanQueueLimit: 1000, AuditInterval: 10, ScanRetention: "90d",
		LinkCheck: "1h", SpeedTestGiBPerHour: 64,
	}
}

// addFlags gives a command a flag for every setting.
func addFlags(flags *pflag.FlagSet) {
	flags.String("config", "", "YAML file with settings")
	preset := reflect.ValueOf(defaults())
	for f := range reflect.TypeFor[Config]().Fields() {
		name := strings.ReplaceAll(f.Tag.Get("koanf"), "_", "-")
		switch value := preset.FieldByIndex(f.Index).Interface().(type) {
		case string:
			flags.String(name, value, f.Tag.Get("usage"))
		case int:
			flags.Int(name, value, f.Tag.Get("usage"))
		case []string:
			flags.StringSlice(name, value, f.Tag.Get("usage"))
		}
	}
}

// loadConfig reads the settings of all three sources and checks them.
func loadConfig(flags *pflag.FlagSet) (Config, error) {
	k := koanf.New(".")
	faults := []error{k.Load(structs.Provider(defaults(), "koanf"), nil)}
	if path, err := flags.GetString("config"); err == nil && path != "" {
		faults = append(faults, k.Load(file.Provider(path), yaml.Parser()))
	}
	faults = append(faults, k.Load(env.Provider(".", env.Opt{Prefix: envPrefix, TransformFunc: func(name, value string) (string, any) {
		return strings.ToLower(strings.TrimPrefix(name, envPrefix)), value
	}}), nil))
	faults = append(faults, k.Load(posflag.ProviderWithFlag(flags, ".", k, func(f *pflag.Flag) (string, any) {
		name := strings.ReplaceAll(f.Name, "-", "_")
		if !f.Changed || !isSetting(name) {
			return "", nil
		}
		return name, posflag.FlagVal(flags, f)
	}), nil), unknownSettings(k.Keys()))
	var c Config
	faults = append(faults, k.UnmarshalWithConf("", &c, koanf.UnmarshalConf{Tag: "koanf", DecoderConfig: &mapstructure.DecoderConfig{
		Result: &c, TagName: "koanf", WeaklyTypedInput: true, DecodeHook: mapstructure.StringToSliceHookFunc(","),
	}}))
	for _, list := range []*[]string{&c.KafkaBrokers, &c.Roles, &c.AllowTargets, &c.TrustedProxies, &c.MalwareLists, &c.LinkLists} {
		for i, word := range *list {
			(*list)[i] = strings.TrimSpace(word)
		}
	}
	return c, errors.Join(append(faults, c.Validate())...)
}

// isSetting says whether a name is a setting's.
func isSetting(name string) bool {
	for f := range reflect.TypeFor[Config]().Fields() {
		if f.Tag.Get("koanf") == name {
			return true
		}
	}
	return false
}

// testSetting begins the names of variables that only the project's own tests read.
const testSetting = "test_"

func unknownSettings(names []string) error {
	var faults []error
	for _, name := range names {
		if !isSetting(name) && !strings.HasPrefix(name, testSetting) {
			faults = append(faults, fmt.Errorf("%s%s is no setting", envPrefix, strings.ToUpper(name)))
		}
	}
	return errors.Join(faults...)
}

// Validate names every fault at once.
func (c Config) Validate() error {
	faults := slices.Concat(c.addressFaults(), c.urlFaults(), c.rangeFaults())
	for _, r := range c.Roles {
		if !slices.Contains(roles, r) {
			faults = append(faults, fault("ROLES", "%q is none of %s", r, strings.Join(roles, ", ")))
		}
	}
	for setting, n := range map[string]int{"IP_LIMIT_PER_MINUTE": c.IPLimitPerMinute, "SCAN_QUEUE_LIMIT": c.ScanQueueLimit, "SCAN_MONTHLY_LIMIT": c.ScanMonthlyLimit, "AUDIT_INTERVAL": c.AuditInterval, "SPEEDTEST_GIB_PER_HOUR": c.SpeedTestGiBPerHour} {
		if n < 0 {
			faults = append(faults, fault(setting, "must be 0 or more"))
		}
	}
	if _, err := c.retention(); err != nil {
		faults = append(faults, fault("SCAN_RETENTION", "%v", err))
	}
	if _, err := c.linkCheck(); err != nil {
		faults = append(faults, fault("LINK_CHECK", "%v", err))
	}
	if _, err := c.probeLimit(); err != nil {
		faults = append(faults, fault("PROBE_LIMIT", "%v", err))
	}
	if _, _, err := c.testServers(); err != nil {
		faults = append(faults, fault("SPEEDTEST_SERVERS", "%v", err))
	}
	files := map[string]string{"TRUST_ANCHOR": c.TrustAnchor, "GEOIP": c.GeoIP, "JS_LIBRARIES": c.JSLibraries, "HSTS_PRELOAD": c.HSTSPreload}
	for i, path := range c.MalwareLists {
		files[fmt.Sprintf("MALWARE_LISTS, number %d", i+1)] = path
	}
	for i, path := range c.LinkLists {
		files[fmt.Sprintf("LINK_LISTS, number %d", i+1)] = path
	}
	for setting, path := range files {
		if _, err := os.Stat(path); path != "" && err != nil {
			faults = append(faults, fault(setting, "%v", err))
		}
	}
	if c.DataDir == "" {
		faults = append(faults, fault("DATA_DIR", "is needed"))
	}
	slices.SortFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(faults...)
}

func fault(setting, format string, args ...any) error {
	return fmt.Errorf("%s%s: %s", envPrefix, setting, fmt.Sprintf(format, args...))
}

func (c Config) addressFaults() (faults []error) {
	addresses := map[string]string{
		"ADDR": c.Addr, "EMBEDDED_KAFKA_ADDR": c.EmbeddedKafkaAddr, "EMBEDDED_POSTGRES_ADDR": c.EmbeddedPostgresAddr,
		"EMBEDDED_CLICKHOUSE_ADDR": c.EmbeddedClickHouseAddr, "RESOLVER": c.Resolver, "WHOIS": c.WHOIS,
	}
	if c.SpeedTestUDPAddr != noPackets {
		addresses["SPEEDTEST_UDP_ADDR"] = c.SpeedTestUDPAddr
	}
	for i, broker := range c.KafkaBrokers {
		addresses[fmt.Sprintf("KAFKA_BROKERS, number %d", i+1)] = broker
	}
	for setting, address := range addresses {
		host, _, err := net.SplitHostPort(address)
		nowhere := host == "" && (setting == "RESOLVER" || setting == "WHOIS") // those are asked, and do not listen
		if address != "" && (err != nil || nowhere) {
			faults = append(faults, fault(setting, "%q is no host:port", address))
		}
	}
	return faults
}

func (c Config) urlFaults() (faults []error) {
	for setting, v := range map[string][]string{
		"PUBLIC_URL":     {c.PublicURL, "http", "https"},
		"POSTGRES_URL":   {c.PostgresURL, "postgres", "postgresql"},
		"CLICKHOUSE_URL": {c.ClickHouseURL, "clickhouse", "clickhouses", "http", "https", "tcp"},
		"ZAP_URL":        {c.ZAPURL, "http", "https"},
		"RDAP_BOOTSTRAP": {c.RDAPBootstrap, "http", "https"},
	} {
		if u, err := url.Parse(v[0]); v[0] != "" && (err != nil || u.Host == "" || !slices.Contains(v[1:], u.Scheme)) {
			faults = append(faults, fault(setting, "must be a URL that begins with %s://", strings.Join(v[1:], ":// or ")))
		} else if shown := setting == "PUBLIC_URL" || setting == "RDAP_BOOTSTRAP"; v[0] != "" && shown && (u.User != nil || u.RawQuery != "" || u.Fragment != "") {
			faults = append(faults, fault(setting, "must have no user name, password, query or fragment: it is shown to clients"))
		}
	}
	return faults
}

func (c Config) rangeFaults() (faults []error) {
	for setting, ranges := range map[string][]string{"ALLOW_TARGETS": c.AllowTargets, "TRUSTED_PROXIES": c.TrustedProxies} {
		for _, r := range ranges {
			if _, err := prefix(r); err != nil {
				faults = append(faults, fault(setting, "%q is no CIDR such as 10.0.0.0/8", r))
			}
		}
	}
	return faults
}

// maxRetention is the most days that a time.Duration holds, in full years.
const maxRetention = 290 * 365

// retention is how long scans are kept that are over; 0 is for ever. It is
// written as days, "90d" or "90", or as a duration, "2160h".
func (c Config) retention() (time.Duration, error) {
	wrong := fmt.Errorf("%q is neither days, such as 90d, nor a duration, such as 2160h", c.ScanRetention)
	if days, err := strconv.Atoi(strings.TrimSuffix(c.ScanRetention, "d")); err == nil {
		if days < 0 || days > maxRetention {
			return 0, wrong
		}
		return time.Duration(days) * 24 * time.Hour, nil
	}
	keep, err := time.ParseDuration(c.ScanRetention)
	if err != nil || keep < 0 {
		return 0, wrong
	}
	return keep, nil
}

// probeLimit is the most that one probe may take; 0 is what its profile allows.
func (c Config) probeLimit() (time.Duration, error) {
	if c.ProbeLimit == "" {
		return 0, nil
	}
	limit, err := time.ParseDuration(c.ProbeLimit)
	if err != nil || limit < time.Second {
		return 0, fmt.Errorf("%q is no duration of a second or more, such as 90s", c.ProbeLimit)
	}
	return limit, nil
}

// linkCheck is how often links are looked at again; 0 is never.
func (c Config) linkCheck() (time.Duration, error) {
	every, err := time.ParseDuration(c.LinkCheck)
	if err != nil || every < 0 || every > 0 && every < time.Second {
		return 0, fmt.Errorf("%q is neither 0 nor a duration of a second or more, such as 30m", c.LinkCheck)
	}
	return every, nil
}

// has says whether this process has a role.
func (c Config) has(role string) bool { return slices.Contains(c.Roles, role) }

// needs are the engines that the roles work with.
func (c Config) needs() []engine {
	if c.has(roleCount) {
		return []engine{postgresEngine, kafkaEngine, clickhouseEngine}
	}
	return []engine{postgresEngine, kafkaEngine}
}

// folderFlag is what another command of this installation has to be told.
func (c Config) folderFlag() string {
	if c.DataDir == defaults().DataDir {
		return ""
	}
	return fmt.Sprintf(" --data-dir '%s'", c.DataDir)
}

// prefix reads a CIDR, or an address as the range of itself alone.
func prefix(s string) (netip.Prefix, error) {
	if a, err := netip.ParseAddr(s); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	return netip.ParsePrefix(s)
}

func prefixes(ranges []string) []netip.Prefix {
	out := make([]netip.Prefix, 0, len(ranges))
	for _, r := range ranges {
		if p, err := prefix(r); err == nil {
			out = append(out, p.Masked())
		}
	}
	return out
}
