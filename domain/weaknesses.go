package domain

// weakness is what several scanners have a rule for, each under its own name.
type weakness struct {
	name  string
	scope func(place) string
	rules []string // of other scanners, and of ours that differ only in how bad it is
}

// weaknesses are those that more than one rule looks for. Its name is that of our
// own rule; another scanner's rule is written with the scanner's name before the
// scanner's word for it: nmap's script, sslyze's check, nuclei's template, ZAP's
// plug-in, the number of OpenVAS's test. Entries are added, never changed: what was named one way keeps its
// fingerprint, or FingerprintVersion rises.
var weaknesses = []weakness{
	{"tls/certificate/expired", onPort, []string{"sslyze/certificate_info/expired", "nmap/ssl-cert/expired", "nuclei/expired-ssl", "openvas/1.3.6.1.4.1.25623.1.0.103955"}},
	{"tls/certificate/not-yet-valid", onPort, []string{"sslyze/certificate_info/not_yet_valid", "nmap/ssl-cert/not-yet-valid"}},
	{"tls/certificate/name-mismatch", onPort, []string{"sslyze/certificate_info/hostname", "nuclei/mismatched-ssl-certificate"}},
	{"tls/certificate/self-signed", onPort, []string{"sslyze/certificate_info/self_signed", "nmap/ssl-cert/self-signed", "nuclei/self-signed-ssl"}},
	{"tls/certificate/untrusted", onPort, []string{"sslyze/certificate_info/untrusted", "nuclei/untrusted-root-certificate"}},
	{"tls/certificate/revoked", onPort, []string{"nuclei/revoked-ssl-certificate"}},
	{"tls/certificate/weak-signature", onPort, []string{"sslyze/certificate_info/sha1", "openvas/1.3.6.1.4.1.25623.1.0.105880"}},
	{"tls/certificate/weak-key", onPort, []string{"sslyze/certificate_info/key_size"}},
	{"tls/protocol/sslv2", onPort, []string{"sslyze/ssl_2_0_cipher_suites", "nmap/sslv2"}},
	{"tls/protocol/sslv3", onPort, []string{"sslyze/ssl_3_0_cipher_suites", "nmap/ssl-poodle", "CVE-2014-3566"}},
	{"tls/protocol/tlsv1.0", onPort, []string{"sslyze/tls_1_0_cipher_suites", "nuclei/deprecated-tls:tls_1.0"}},
	{"tls/protocol/tlsv1.1", onPort, []string{"sslyze/tls_1_1_cipher_suites", "nuclei/deprecated-tls:tls_1.1"}},
	{"tls/protocol/no-fallback-scsv", onPort, []string{"sslyze/tls_fallback_scsv"}},
	{"tls/attack/heartbleed", onPort, []string{"sslyze/heartbleed", "nmap/ssl-heartbleed", "CVE-2014-0160", "openvas/1.3.6.1.4.1.25623.1.0.103936"}},
	{"tls/attack/ccs-injection", onPort, []string{"sslyze/openssl_ccs_injection", "nmap/ssl-ccs-injection", "CVE-2014-0224", "openvas/1.3.6.1.4.1.25623.1.0.105042"}},
	{"tls/attack/robot", onPort, []string{"sslyze/robot", "CVE-2017-13099"}},
	{"tls/attack/ticketbleed", onPort, []string{"nmap/tls-ticketbleed", "CVE-2016-9244"}},
	{"tls/compression", onPort, []string{"sslyze/tls_compression", "CVE-2012-4929"}},
	{"tls/key-exchange/weak-dh", onPort, []string{"nmap/ssl-dh-params", "CVE-2015-4000", "openvas/1.3.6.1.4.1.25623.1.0.106223"}},
	{"tls/renegotiation/insecure", onPort, []string{"sslyze/session_renegotiation/insecure", "CVE-2009-3555"}},
	{"tls/renegotiation/client", onPort, []string{"sslyze/session_renegotiation/client"}},
	{"tls/cipher/rc4", onPort, []string{"CVE-2013-2566", "CVE-2015-2808"}},
	{"tls/cipher/3des", onPort, []string{"CVE-2016-2183", "openvas/1.3.6.1.4.1.25623.1.0.108031"}},

	{"ports/redis/no-password", onPort, []string{"nmap/redis-info", "nuclei/exposed-redis"}},
	{"ports/mongodb/no-password", onPort, []string{"nmap/mongodb-databases", "nuclei/mongodb-unauth"}},
	{"ports/docker/no-password", onPort, []string{"nmap/docker-version"}},
	{"ports/memcached/no-password", onPort, []string{"nmap/memcached-info"}},
	{"ports/jdwp/exposed", onPort, []string{"nmap/jdwp-version"}},
	{"ports/x11/no-password", onPort, []string{"nmap/x11-access"}},
	{"ports/mqtt/no-password", onPort, []string{"nmap/mqtt-subscribe"}},
	{"ports/rpcbind/exposed", onPort, []string{"nmap/rpcinfo"}},
	{"ports/rsync/exposed", onPort, []string{"nmap/rsync-list-modules"}},
	{"ports/finger/exposed", onPort, []string{"nmap/finger"}},

	{"headers/hsts/missing", onSite, []string{"zap/10035-1", "nuclei/http-missing-security-headers:strict-transport-security", "sslyze/http_headers/strict_transport_security"}},
	{"headers/csp/missing", onSite, []string{"zap/10038-1", "nuclei/http-missing-security-headers:content-security-policy"}},
	{"headers/x-content-type-options/missing", onSite, []string{"zap/10021", "nuclei/http-missing-security-headers:x-content-type-options"}},
	{"headers/x-frame-options/missing", onSite, []string{"zap/10020-1", "nuclei/http-missing-security-headers:x-frame-options"}},
	{"headers/leak/server-version", onSite, []string{"zap/10036-2"}},

	{"cookies/secure/missing", onName, []string{"cookies/secure/missing-session", "cookies/secure/missing-session-hsts", "cookies/secure/missing-hsts", "zap/10011"}},
	{"cookies/httponly/missing-session", onName, []string{"zap/10010"}},
	{"cookies/samesite/none-without-secure", onName, []string{"zap/10054-2"}},

	{"content/exposed/repository", onFolder, []string{"nmap/http-git", "nuclei/git-config", "nuclei/svn-wc-db"}},
	{"content/exposed/environment", onPath, []string{"nuclei/generic-env", "zap/40034"}},
	{"content/exposed/phpinfo", onPath, []string{"nuclei/phpinfo-files"}},
	{"content/exposed/server-status", onPath, []string{"nmap/http-apache-server-status", "nuclei/server-status"}},
	{"content/exposed/actuator", onPath, []string{"nuclei/springboot-actuator", "zap/40042"}},
	{"content/exposed/metrics", onPath, []string{"nuclei/prometheus-metrics"}},
	{"content/directory-listing", onPath, []string{"nmap/http-ls", "zap/0", "zap/10033"}},
}

// weaknessOf is the weakness that a rule looks for.
var weaknessOf = func() map[string]weakness {
	by := map[string]weakness{}
	for _, w := range weaknesses {
		by[w.name] = w
		for _, rule := range w.rules {
			by[rule] = w
		}
	}
	return by
}()
