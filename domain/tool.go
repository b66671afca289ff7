package domain

import "slices"

// Tool names a scanner. The same word is its folder under adapters/scanners,
// its name on the command line and the value of "tool" in every event.
type Tool string

// The built-in scanners, in the order in which they are listed and reported.
const (
	Ports   Tool = "ports"
	TLS     Tool = "tls"
	Headers Tool = "headers"
	Cookies Tool = "cookies"
	Content Tool = "content"
	DNS     Tool = "dns"
	SEO     Tool = "seo"
	Traffic Tool = "traffic"
	Vitals  Tool = "vitals" // in a browser, where there is one
	Crawl   Tool = "crawl"
)

// The tools outside of this program, each by the name of its Scanner.
const (
	NmapTool    Tool = "nmap"
	SSLyzeTool  Tool = "sslyze"
	NucleiTool  Tool = "nuclei"
	ZAPTool     Tool = "zap"
	OpenVASTool Tool = "openvas"
)

// Profile says how thorough a scan is.
type Profile string

// The profiles of the built-in scanners, from the fastest to the most thorough.
const (
	Quick    Profile = "quick"
	Standard Profile = "standard"
	Deep     Profile = "deep"
)

// Takes says whether a scan of this profile has something to look at in a
// target. All scanners but OpenVAS look at one host, in the name and at the address
// that the guard has checked.
func (p Profile) Takes(t Target) bool {
	return t.Kind != RangeTarget || p.Scanner() == OpenVAS
}

// Tools returns the probes that a scan of this profile runs. Every profile
// runs every built-in scanner that the scores need; what differs is how far each
// one goes (see the doc comment of each scanner). The crawl, which reads the
// pages beyond the target's own, is for Deep. A profile of another scanner runs
// that one alone. An unknown profile has none.
func (p Profile) Tools() []Tool {
	switch s := p.Scanner(); s {
	case "":
		return nil
	case Builtin:
		all := []Tool{Ports, TLS, Headers, Cookies, Content, DNS, SEO, Traffic, Vitals}
		if p == Deep {
			all = append(all, Crawl)
		}
		return all
	default:
		return []Tool{Tool(s)}
	}
}

// Active says whether a scan of this profile sends a target that is proven to
// be the account's more than a visitor would.
func (p Profile) Active() bool {
	return p == ZAPFull || p.Scanner() == Nuclei || slices.Contains(p.Tools(), Crawl)
}

// standIns are the built-in scanners that cover what another tool does.
var standIns = map[Scanner]Tool{Nmap: Ports, SSLyze: TLS}

// StandIn is the built-in scanner that runs this scanner's profiles where its
// own tool is not there; "" where none can.
func (s Scanner) StandIn() Tool { return standIns[s] }
