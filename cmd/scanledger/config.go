package main

import (
	"fmt"
	"slices"
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
