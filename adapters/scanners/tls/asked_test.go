package tls

import (
	"crypto/tls"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// TestWhatIsAsked looks at a server in each way that SSLyze's options allow:
// what was not asked for is neither in the endpoint nor among the weaknesses,
// and the report says so.
func TestWhatIsAsked(t *testing.T) {
	weak := &tls.Config{Certificates: []tls.Certificate{leaf(t, ecKey(t), true, nil)}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS12}
	port := serve(t, weak)
	for name, asked := range map[string]domain.SSLyzeOptions{
		"everything":  {Certificate: true, Versions: true, Suites: true},
		"certificate": {Certificate: true},
		"versions":    {Versions: true},
		"suites":      {Suites: true},
		"all but one": {Certificate: true, Versions: true},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := scan(t, port, "site.test", asked)
			found := all[domain.TLSEndpoint](r)
			if err != nil || len(found) != 1 {
				t.Fatalf("%d endpoints, %v", len(found), err)
			}
			e, whole := found[0], asked.Certificate && asked.Versions && asked.Suites
			if (e.Certificate != nil) != asked.Certificate || (len(e.Protocols) > 0) != asked.Versions || (len(e.Ciphers) > 0) != asked.Suites {
				t.Errorf("seen: %+v", e)
			}
			if _, tested := e.Features["compression"]; tested != asked.Suites || (len(e.Groups) > 0) != asked.Suites || (e.Grade != "") != whole {
				t.Errorf("features %v, groups %v, grade %q", e.Features, e.Groups, e.Grade)
			}
			r.holds(t, asked)
			skipped := map[string]bool{}
			for _, c := range all[domain.Coverage](r) {
				skipped[c.What] = c.Outcome == domain.Skipped
			}
			for what, want := range map[string]bool{
				"certificate": !asked.Certificate, "protocols": !asked.Versions, "cipher suites": !asked.Suites,
				"key exchange groups": !asked.Suites, "strict-transport-security": !whole,
			} {
				if skipped[what] != want {
					t.Errorf("%s is skipped: %v, of %v", what, skipped[what], slices.Sorted(maps.Keys(skipped)))
				}
			}
			steps := all[domain.Advance](r)
			if n := len(steps); n < 2 || steps[n-1].Percent != 100 || steps[n-2].Percent != 99 {
				t.Errorf("progress %v", steps)
			}
		})
	}
}

// holds expects weaknesses of what was asked for alone.
func (r *record) holds(t *testing.T, asked domain.SSLyzeOptions) {
	t.Helper()
	has := func(prefix string) bool {
		return slices.ContainsFunc(r.rules(), func(id string) bool { return strings.HasPrefix(id, prefix) })
	}
	if has("certificate/") != asked.Certificate || has("protocol/tlsv1.0") != asked.Versions || has("protocol/") != asked.Versions {
		t.Errorf("weaknesses %v", r.rules())
	}
	if !asked.Suites && (has("cipher/") || has("key-exchange/") || has("compression")) {
		t.Errorf("weaknesses %v of suites that nobody looked at", r.rules())
	}
}
