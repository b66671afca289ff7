package domain

import (
	"testing"
	"time"
)

// TestRetests lets a probe look again at what was seen before. Each line begins
// with how it ended: "+443/tcp" was tested, "-443/tcp" was not.
func TestRetests(t *testing.T) {
	target, err := ParseURL("https://shop.example/")
	if err != nil {
		t.Fatal(err)
	}
	redis, environment, library := Spot{"ports/redis/no-password", "6379/tcp"}, Spot{"content/exposed/environment", "/.env"}, Spot{"content/library/jquery@1.8.3", "/js/app.js"}
	tls10, csp, cookie := Spot{"tls/protocol/tlsv1.0", "443/tcp"}, Spot{"headers/csp/missing", ""}, Spot{"cookies/secure/missing", "sid"}
	for _, c := range []struct {
		what        string
		tool        Tool
		seen        Spot
		outcome     Outcome
		before, now Profile
		lines       []string
		want        bool
	}{
		{"the port was asked", Ports, redis, Tested, Deep, Quick, []string{"+22,6000-7000/tcp"}, true},
		{"another profile did not ask the port", Ports, redis, Tested, Deep, Quick, []string{"+1-1000/tcp"}, false},
		{"the port did not answer", Ports, redis, Tested, Quick, Quick, []string{"+1-1000/tcp", "-6379/tcp"}, false},
		{"the same number of another protocol", Ports, Spot{"x/y", "53/udp"}, Tested, Quick, Quick, []string{"+53/tcp"}, false},
		{"the service was not asked who it is", Ports, redis, Tested, Quick, Quick, []string{"+1-65535/tcp", "-service on 80,6379/tcp"}, false},
		{"no service was asked who it is", Ports, redis, Tested, Quick, Quick, []string{"+1-65535/tcp", "-service detection"}, false},
		{"another service was not", Ports, redis, Tested, Quick, Quick, []string{"+1-65535/tcp", "-service on 80/tcp"}, true},
		{"the rest of the ports was not asked", Ports, redis, TimedOut, Quick, Quick, []string{"+1-7000/tcp", "-7001-65535/tcp"}, true},

		{"the file was asked for", Content, environment, Tested, Deep, Quick, []string{"+https://shop.example/.env"}, true},
		{"the file did not come", Content, environment, Tested, Quick, Quick, []string{"+forms", "-https://shop.example/.env"}, false},
		{"the profile does not look for it", Content, environment, Tested, Standard, Quick, []string{"+forms", "-exposed-files: env"}, false},
		{"the profile goes as far", Content, library, Tested, Quick, Quick, []string{"+vulnerable-libraries"}, true},
		{"the profile goes further", Content, library, Tested, Quick, Deep, []string{"+vulnerable-libraries"}, true},
		{"the profile stops earlier", Content, library, Tested, Deep, Standard, []string{"+vulnerable-libraries"}, false},
		{"the rule was not tried", Content, library, Tested, Quick, Quick, []string{"+forms", "-vulnerable-libraries"}, false},
		{"the rule was not told to its end", Content, library, Tested, Quick, Quick, []string{"+forms", "-content/library/jquery@1.8.3"}, false},
		{"another tool's profile", Tool(ZAP), library, Tested, Deep, ZAPFull, []string{"+x"}, false},

		{"the protocol was offered", TLS, tls10, Tested, Deep, Quick, []string{"+protocol TLSv1.0"}, true},
		{"the protocol could not be offered", TLS, tls10, Tested, Quick, Quick, []string{"+certificate", "-protocol TLSv1.0"}, false},
		{"protocols were not asked for", TLS, tls10, Tested, SSLyzeOnly, SSLyzeOnly, []string{"+certificate", "-protocols"}, false},
		{"another part was not asked for", TLS, tls10, Tested, SSLyzeOnly, SSLyzeOnly, []string{"+protocol TLSv1.0", "-cipher suites"}, true},
		{"a version whose suites are not known", TLS, Spot{"tls/cipher/rc4", "443/tcp"}, Tested, Quick, Quick, []string{"+certificate", "-protocol TLSv1.0"}, false},
		{"a version whose primes are not known", TLS, Spot{"tls/key-exchange/weak-dh", "443/tcp"}, Tested, Quick, Quick, []string{"+certificate", "-cipher suites of TLSv1.2"}, false},
		{"all suites", TLS, Spot{"tls/cipher/rc4", "443/tcp"}, Tested, Quick, Quick, []string{"+protocol TLSv1.0", "-ROBOT"}, true},
		{"its own line", TLS, Spot{"tls/certificate/expired", "443/tcp"}, Tested, Quick, Quick, []string{"+protocol TLSv1.0", "-certificate"}, false},
		{"an attack that was not tried", TLS, Spot{"tls/attack/robot", "443/tcp"}, Tested, Quick, Quick, []string{"+certificate", "-ROBOT"}, false},

		{"the header's test", Headers, csp, Tested, Deep, Quick, []string{"+content-security-policy"}, true},
		{"the header's test was not made", Headers, csp, Tested, Quick, Quick, []string{"+redirection", "-content-security-policy"}, false},
		{"more cookies than are looked at", Cookies, cookie, Tested, Quick, Quick, []string{"+cookies", "-further cookies"}, false},
		{"a server that was not asked", DNS, Spot{"dns/axfr/open", "ns1.example"}, Tested, Quick, Quick, []string{"+zone transfer", "-zone transfer from ns1.example"}, false},
		{"another server that was not", DNS, Spot{"dns/axfr/open", "ns1.example"}, Tested, Quick, Quick, []string{"+zone transfer", "-zone transfer from ns2.example"}, true},

		{"a secret, with a page unread", Content, Spot{"content/leaked-secret", "/js/app.js"}, Tested, Quick, Quick, []string{"+forms", "-leaked-secrets"}, false},
		{"a parameter, of a target that is no longer verified", Crawl, Spot{"crawl/sql-error", "/item?id"}, Tested, Deep, Deep, []string{"+pages", "-active: sql-error"}, false},
		{"a vital that was not measured", Vitals, Spot{"vitals/layout-shift", ""}, Tested, Deep, Deep, []string{"+fcp", "-cls"}, false},

		{"a probe that failed", Headers, csp, Failed, Quick, Quick, nil, false},
		{"a probe that was skipped", Headers, csp, Skipped, Quick, Quick, []string{"+x"}, false},
		{"a probe that does not say what it tested", Headers, csp, Tested, Quick, Quick, nil, false},
	} {
		e := ProbeFinished{Tool: c.tool, Outcome: c.outcome}
		for _, line := range c.lines {
			outcome := map[byte]Outcome{'+': Tested, '-': Skipped}[line[0]]
			e.Coverage = append(e.Coverage, Coverage{What: line[1:], Outcome: outcome})
		}
		if got := LookOf(e, time.Time{}).Retests(target, c.seen, c.before, c.now); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
}
