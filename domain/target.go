package domain

// Target is what a scan looks at, parsed and normalised. It is data only:
// whether its addresses may be reached is for the guard to say.
type Target struct {
	Kind   TargetKind `json:"kind"`
	Value  string     `json:"value"`            // the normal form, as shown and compared
	Host   string     `json:"host"`             // host name (ASCII, lower case) or IP address: where to connect
	Domain string     `json:"domain"`           // the name to ask for in SNI and Host; Host unless given otherwise
	Scheme string     `json:"scheme,omitempty"` // "http" or "https"; empty unless Kind is URLTarget
	Port   int        `json:"port,omitempty"`   // of a URL, also where it is the scheme's default; else 0
	Path   string     `json:"path,omitempty"`   // of a URL, with its query, at least "/"
}

// TargetKind says what kind of thing a target is.
type TargetKind string

// The kinds of target.
const (
	URLTarget   TargetKind = "url"
	HostTarget  TargetKind = "hostname"
	IPTarget    TargetKind = "ip"
	RangeTarget TargetKind = "range"
)
