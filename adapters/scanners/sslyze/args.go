package sslyze

import (
	"fmt"
	"net/netip"

	"github.com/scanledger/scanledger/adapters/scanners"
	"github.com/scanledger/scanledger/domain"
)

// always are the arguments of every run. Without the third a server that is not
// as Mozilla wants it would be an error.
var always = []string{"--quiet", "--mozilla_config", "disable", "--json_out", scanners.ReportFile}

// The commands, by what is asked for. What a version offers is found out by its suites.
var (
	ofVersions    = []string{"--sslv2", "--sslv3", "--tlsv1", "--tlsv1_1", "--tlsv1_2", "--tlsv1_3"}
	ofDowngrades  = []string{"--fallback"}
	ofCertificate = []string{"--certinfo"}
	ofSuites      = []string{"--elliptic_curves", "--compression", "--reneg", "--resum", "--ems", "--early_data", "--heartbleed", "--openssl_ccs", "--robot"}
	ofAll         = []string{"--http_headers"}
)

// args are SSLyze's arguments. The target is its name, which was parsed as one and
// comes where no option may stand any more, its port, and the address that the guard has
// checked, at which SSLyze then looks whatever the name stands for.
func args(asked domain.SSLyzeOptions, name string, addr netip.Addr, port int) []string {
	list := append([]string{}, always...)
	if asked.Versions || asked.Suites {
		list = append(list, ofVersions...)
	}
	if asked.Versions {
		list = append(list, ofDowngrades...)
	}
	if asked.Certificate {
		list = append(list, ofCertificate...)
	}
	if asked.Suites {
		list = append(list, ofSuites...)
	}
	if asked.Versions && asked.Certificate && asked.Suites {
		list = append(list, ofAll...)
	}
	if ip, err := netip.ParseAddr(name); err == nil && ip.Is6() {
		name = "[" + name + "]"
	}
	return append(list, "--", fmt.Sprintf("%s:%d{%s}", name, port, addr.WithZone("")))
}
