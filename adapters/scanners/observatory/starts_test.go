package observatory

import (
	"net/url"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

func TestStarts(t *testing.T) {
	show := func(u *url.URL) string {
		if u == nil {
			return "-"
		}
		return u.String()
	}
	for name, c := range map[string]struct {
		target domain.Target
		http   string
		https  string
	}{
		"host": {domain.Target{Kind: domain.HostTarget, Host: "example.com", Domain: "example.com"}, "http://example.com/", "https://example.com/"},
		"host by another name": {domain.Target{Kind: domain.HostTarget, Host: "192.0.2.1", Domain: "example.com"},
			"http://example.com/", "https://example.com/"},
		"address":    {domain.Target{Kind: domain.IPTarget, Host: "192.0.2.1", Domain: "192.0.2.1"}, "http://192.0.2.1/", "https://192.0.2.1/"},
		"address, 6": {domain.Target{Kind: domain.IPTarget, Host: "2001:db8::1", Domain: "2001:db8::1"}, "http://[2001:db8::1]/", "https://[2001:db8::1]/"},
		"url":        {domain.Target{Kind: domain.URLTarget, Domain: "example.com", Scheme: "https", Port: 443, Path: "/a?b=c"}, "http://example.com/a?b=c", "https://example.com/a?b=c"},
		"url, http":  {domain.Target{Kind: domain.URLTarget, Domain: "example.com", Scheme: "http", Port: 80, Path: "/"}, "http://example.com/", "https://example.com/"},
		"http port":  {domain.Target{Kind: domain.URLTarget, Domain: "example.com", Scheme: "http", Port: 8080, Path: "/a"}, "http://example.com:8080/a", "-"},
		"https port": {domain.Target{Kind: domain.URLTarget, Domain: "2001:db8::1", Scheme: "https", Port: 8443, Path: "/"}, "-", "https://[2001:db8::1]:8443/"},
		"http, 443":  {domain.Target{Kind: domain.URLTarget, Domain: "example.com", Scheme: "http", Port: 443, Path: "/"}, "http://example.com:443/", "-"},
	} {
		overHTTP, overHTTPS, err := starts(c.target)
		if err != nil || show(overHTTP) != c.http || show(overHTTPS) != c.https {
			t.Errorf("%s: %s %s %v", name, show(overHTTP), show(overHTTPS), err)
		}
	}
}
