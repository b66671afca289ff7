package domain

import "slices"

// Options are what can be set of a scan beside its profile. Those of its
// scanner are there and no others; the built-in profiles have none.
type Options struct {
	Nmap    *NmapOptions    `json:"nmap,omitempty"`
	SSLyze  *SSLyzeOptions  `json:"sslyze,omitempty"`
	ZAP     *ZAPOptions     `json:"zap,omitempty"`
	OpenVAS *OpenVASOptions `json:"openvas,omitempty"`
}

// NmapOptions say which ports are looked at, and how.
type NmapOptions struct {
	Ports      PortRange `json:"port_range"` // in normal form; empty for the profile's own
	Aggressive bool      `json:"aggressive"` // operating system, scripts and route too
}

// SSLyzeOptions say what of TLS is looked at: at least one of them.
type SSLyzeOptions struct {
	Certificate bool `json:"check_certificate"`
	Versions    bool `json:"check_tls_versions"`
	Suites      bool `json:"check_cipher_suites"`
}

// ZAPOptions say how ZAP finds the pages that it looks at.
type ZAPOptions struct {
	Spider bool `json:"spider_enabled"` // whether links are followed
}

// OpenVASOptions say which ports OpenVAS looks at.
type OpenVASOptions struct {
	PortList PortList `json:"port_list"`
}

// PortList names one of Greenbone's port lists.
type PortList string

// The port lists.
const (
	AllIANATCP      PortList = "all_iana_tcp" // what IANA has assigned
	AllIANATCPUDP   PortList = "all_iana_tcp_udp"
	AllTCP          PortList = "all_tcp"
	AllTCPTop100UDP PortList = "all_tcp_nmap_top_100_udp"
)

// PortLists lists all port lists.
var PortLists = []PortList{AllIANATCP, AllIANATCPUDP, AllTCP, AllTCPTop100UDP}

// mostQuickPorts is what a quick scan of ports may look at: it is free, as one
// of the thousand most frequent ports is.
const mostQuickPorts = 1000

// DefaultOptions are a profile's options where nothing is said.
func DefaultOptions(p Profile) Options {
	switch p.Scanner() {
	case Nmap:
		return Options{Nmap: &NmapOptions{}}
	case SSLyze:
		return Options{SSLyze: &SSLyzeOptions{Certificate: true, Versions: true, Suites: true}}
	case ZAP:
		return Options{ZAP: &ZAPOptions{Spider: true}}
	case OpenVAS:
		return Options{OpenVAS: &OpenVASOptions{PortList: AllIANATCP}}
	default:
		return Options{}
	}
}

// Check refuses options that a scan of a profile cannot have, with Invalid.
func (o Options) Check(p Profile) error {
	fits := DefaultOptions(p)
	switch {
	case (o.Nmap == nil) != (fits.Nmap == nil), (o.SSLyze == nil) != (fits.SSLyze == nil),
		(o.ZAP == nil) != (fits.ZAP == nil), (o.OpenVAS == nil) != (fits.OpenVAS == nil):
		return Errorf(Invalid, "the options are those of another scanner than %s", p.Scanner())
	case o.Nmap != nil:
		return o.Nmap.check(p)
	case o.SSLyze != nil && *o.SSLyze == SSLyzeOptions{}:
		return Errorf(Invalid, "at least one of check_certificate, check_tls_versions, check_cipher_suites must be true")
	case o.OpenVAS != nil && !slices.Contains(PortLists, o.OpenVAS.PortList):
		return Errorf(Invalid, "port_list must be one of %s", join(PortLists))
	default:
		return nil
	}
}

func (o NmapOptions) check(p Profile) error {
	if o.Ports == "" {
		return nil
	}
	normal, err := ParsePortRange(string(o.Ports))
	switch {
	case err != nil:
		return err
	case normal != o.Ports:
		return Errorf(Invalid, "port_range must be in its normal form, %s", normal)
	case p == NmapQuick && len(normal.Ports()) > mostQuickPorts:
		return Errorf(Invalid, "port_range of a quick scan may have at most %d ports; use scan_type full for more", mostQuickPorts)
	default:
		return nil
	}
}
