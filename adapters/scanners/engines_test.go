package scanners

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/scanledger/scanledger/domain"
)

// asking is a scanner of a name.
type asking struct {
	Scanner
	tool domain.Tool
}

// TestEngines says what runs each profile, with and without its tool.
func TestEngines(t *testing.T) {
	t.Setenv("PATH", "")
	there := filepath.Join(t.TempDir(), "tool")
	if err := os.WriteFile(there, []byte("#!/bin/sh\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(filepath.Dir(there), "nuclei-templates"), 0o700); err != nil {
		t.Fatal(err)
	}
	bare := Engines{}
	found := Engines{Settings: ToolSettings{Nmap: there, SSLyze: there, Nuclei: there, ZAP: "http://127.0.0.1:1", GMP: "/run/gvmd.sock", GMPUser: "user", GMPPassword: "password"}}
	half := Engines{Settings: ToolSettings{GMP: "/run/gvmd.sock", GMPUser: "user"}}
	whole := Engines{Settings: found.Settings, Scanners: map[domain.Tool]Scanner{}}
	for _, x := range Externals {
		whole.Scanners[x.Tool] = asking{tool: x.Tool}
	}
	for _, c := range []struct {
		engines Engines
		profile domain.Profile
		tools   []domain.Tool
		refused []string // words of the refusal
	}{
		{bare, domain.Quick, domain.Quick.Tools(), nil},
		{bare, domain.NmapQuick, []domain.Tool{domain.Ports}, nil},
		{bare, domain.NmapFull, []domain.Tool{domain.Ports}, nil},
		{bare, domain.SSLyzeOnly, []domain.Tool{domain.TLS}, nil},
		{bare, domain.NucleiFull, nil, []string{"not installed", "SCANLEDGER_NUCLEI"}},
		{bare, domain.ZAPBaseline, nil, []string{"not configured", "SCANLEDGER_ZAP_URL", "SCANLEDGER_ZAP_KEY"}},
		{bare, domain.OpenVASDeep, nil, []string{"not configured", "SCANLEDGER_GMP_ADDR", "SCANLEDGER_GMP_PASSWORD"}},
		{half, domain.OpenVASDeep, nil, []string{"not configured", "SCANLEDGER_GMP_PASSWORD"}},
		{found, domain.NmapFull, []domain.Tool{domain.Ports}, nil},
		{found, domain.NucleiQuick, nil, []string{"cannot run it"}},
		{whole, domain.NmapFull, []domain.Tool{"nmap"}, nil},
		{whole, domain.SSLyzeOnly, []domain.Tool{"sslyze"}, nil},
		{whole, domain.NucleiQuick, []domain.Tool{"nuclei"}, nil},
		{whole, domain.ZAPFull, []domain.Tool{"zap"}, nil},
		{whole, domain.OpenVASDiscovery, []domain.Tool{"openvas"}, nil},
	} {
		tools, err := c.engines.Tools(context.Background(), c.profile)
		if !slices.Equal(tools, c.tools) || (err != nil) != (c.tools == nil) {
			t.Errorf("%s is run by %q, %v", c.profile, tools, err)
		}
		if c.tools == nil && domain.CodeOf(err) != domain.Unavailable {
			t.Errorf("%s: %v", c.profile, err)
		}
		if err != nil && strings.Contains(err.Error(), there) {
			t.Errorf("the path is told: %v", err)
		}
		for _, word := range c.refused {
			if err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("%s is refused with %v, want %q in it", c.profile, err, word)
			}
		}
	}
}

// TestExternals have one entry for each scanner that is not built in.
func TestExternals(t *testing.T) {
	for _, p := range []domain.Profile{domain.NmapQuick, domain.SSLyzeOnly, domain.NucleiQuick, domain.ZAPFull, domain.OpenVASDeep} {
		if !slices.ContainsFunc(Externals, func(x External) bool { return x.Tool == p.Tools()[0] && x.Needs != "" && x.Name != "" }) {
			t.Errorf("nobody says what %s needs", p)
		}
	}
}
