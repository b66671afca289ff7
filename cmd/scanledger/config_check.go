package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
)

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
