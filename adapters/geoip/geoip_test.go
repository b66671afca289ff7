package geoip_test

import (
	"bytes"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"go.uber.org/goleak"

	"github.com/scanledger/scanledger/adapters/geoip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// made is a MaxMind file with some networks.
func made(t *testing.T, networks map[string]mmdbtype.Map) string {
	t.Helper()
	tree, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "GeoLite2-Country", IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for cidr, data := range networks {
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Insert(network, data); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if _, err := tree.WriteTo(&out); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "country.mmdb")
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func in(code string) mmdbtype.Map { return mmdbtype.Map{"iso_code": mmdbtype.String(code)} }

func TestCountry(t *testing.T) {
	m, err := geoip.Open(made(t, map[string]mmdbtype.Map{
		"192.0.2.0/25":    {"country": in("DE"), "registered_country": in("US")},
		"192.0.2.128/25":  {"registered_country": in("FR")},
		"198.51.100.0/24": {"continent": in("EU")},
		"203.0.113.0/24":  {"country": in("no country")},
		"2001:db8::/32":   {"country": in("AT")},
	}), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"192.0.2.1": "DE", "192.0.2.200": "FR", "198.51.100.1": "", "203.0.113.1": "", "2001:db8::1": "AT", "10.0.0.1": "", "::ffff:192.0.2.1": "DE", "2001:db9::1": "",
	} {
		if got := m.Country(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s is in %q, want %q", address, got, want)
		}
	}
	if got := m.Country(netip.Addr{}); got != "" {
		t.Errorf("no address is in %q", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.mmdb")
	if _, err := geoip.Open(path, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a file that is not there is opened")
	}
	if err := os.WriteFile(path, []byte("no map"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := geoip.Open(path, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a file that is none is opened")
	}
}
