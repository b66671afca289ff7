package domain

import "time"

// Observation is what a scanner may say it saw. The set is closed: a scanner
// reports observations, and only the domain turns them into events, so that
// no scanner can write history of its own.
type Observation interface{ observation() }

// Severity orders findings.
type Severity string

// The severities, from the worst down.
const (
	Critical      Severity = "critical"
	High          Severity = "high"
	Medium        Severity = "medium"
	Low           Severity = "low"
	Informational Severity = "informational"
)

// Severities lists all severities from the worst down.
var Severities = []Severity{Critical, High, Medium, Low, Informational}

// Port is an open port. Ports that are closed or filtered are no observation:
// what was looked at is said by Coverage.
type Port struct {
	Port     int    `json:"port"`
	Protocol string `json:"protocol"` // "tcp" or "udp"
}

// Host is an address of the target that answered.
type Host struct {
	Address string  `json:"address"`
	Latency float64 `json:"latency"` // of a round trip, in seconds; 0 where it was not measured
}

// Service is what speaks on an open port.
type Service struct {
	Port     int    `json:"port"`
	Protocol string `json:"protocol"`          // "tcp" or "udp"
	Name     string `json:"service"`           // IANA's service name: "http", "https", "ssh"
	Product  string `json:"product,omitempty"` // "nginx", "OpenSSH"
	Version  string `json:"version,omitempty"` // "1.22.1"
	TLS      bool   `json:"tls,omitempty"`     // whether it speaks inside TLS
	// Method is "probed" when the service said what it is, "table" when the
	// name is only what usually stands behind this port number.
	Method   string `json:"method"`
	Evidence Hash   `json:"evidence,omitempty"`
}

// Advisory is what is known of a weakness, the same for every target. Each
// scanner keeps its advisories in one table.
type Advisory struct {
	// ID is stable for ever and names the rule, not the wording:
	// "headers/missing/strict-transport-security".
	ID          string   `json:"id"`
	Title       string   `json:"title"`
	Severity    Severity `json:"severity"`
	CWE         int      `json:"cwe,omitempty"` // 0 where there is none
	CVE         []string `json:"cve,omitempty"`
	CVSS        []Rating `json:"cvss,omitempty"`       // at most one of each version, the newest first; empty where none makes sense
	Description string   `json:"description"`          // what is wrong and what it can lead to
	Remedy      string   `json:"remedy"`               // what to do, concretely
	References  []string `json:"references,omitempty"` // URLs of primary sources
}

// Weakness is a rule that the target breaks, and how this was seen.
type Weakness struct {
	Advisory Advisory
	// Where locates it within the target, in a normal form that a re-scan
	// reproduces: "443/tcp", a cookie's name, a URL path. Empty means the
	// target as a whole.
	Where string
	// Detail is one sentence on what was seen here, without secrets.
	Detail   string
	Evidence Hash
}

// Coverage says what was looked at and what was not. What has no coverage
// entry with the outcome Tested has not been tested, and no report may call
// it healthy.
type Coverage struct {
	What    string  `json:"what"` // "1-1000/tcp", "https://example.com/", a rule's name
	Outcome Outcome `json:"outcome"`
	Reason  string  `json:"reason,omitempty"` // why not; empty when tested
}

// Outcome is how looking at something ended.
type Outcome string

// The outcomes.
const (
	Tested   Outcome = "tested"
	Skipped  Outcome = "skipped"   // not looked at: does not apply, or nothing is there to look at
	TimedOut Outcome = "timed_out" // started, and not finished in time
	Refused  Outcome = "refused"   // the guard or the target did not let us look
	Failed   Outcome = "failed"    // the scanner itself broke
)

// ObservatoryTest is the result of one test of the HTTP Observatory.
type ObservatoryTest struct {
	Name     string `json:"name"`     // "content-security-policy"
	Result   string `json:"result"`   // the Observatory's own word: "csp-not-implemented"
	Modifier int    `json:"modifier"` // added to the score
	Pass     bool   `json:"pass"`
	Detail   string `json:"detail,omitempty"`
}

// SEOAudit is the result of one of Lighthouse's SEO audits.
type SEOAudit struct {
	ID      string `json:"id"`      // Lighthouse's id: "document-title"
	Outcome string `json:"outcome"` // "pass", "fail" or "not_applicable"
	Detail  string `json:"detail,omitempty"`
}

// TrafficPart is one measured part of the fitness to take traffic.
type TrafficPart struct {
	Name   string  `json:"name"`  // a key of TrafficWeights
	Score  int     `json:"score"` // 0 to 100
	Value  float64 `json:"value"` // what was measured
	Unit   string  `json:"unit"`  // of Value: "ms", "bytes", "ratio", "count"; "" for a yes (1) or no (0)
	Detail string  `json:"detail,omitempty"`
}

// TLSEndpoint is what one TLS port offers.
type TLSEndpoint struct {
	Port        int                 `json:"port"`
	Protocols   map[string]bool     `json:"protocols"`          // "SSLv2", "SSLv3", "TLSv1.0" … "TLSv1.3": offered or not; absent means not tested
	Ciphers     map[string][]string `json:"ciphers"`            // by protocol, IANA names, in the server's order where it has one
	Groups      []string            `json:"groups,omitempty"`   // key exchange groups of the best protocol, IANA names, in the order in which they were found
	DHBits      int                 `json:"dh_bits,omitempty"`  // the smallest prime of a Diffie-Hellman exchange without curves; 0 where there is none
	Features    map[string]bool     `json:"features,omitempty"` // what it has ("secure_renegotiation", "ocsp_stapling", "session_tickets", "alpn_h2" …) and which attacks it is open to ("heartbleed", "robot", "lucky13" …); absent means not tested
	Certificate *Certificate        `json:"certificate,omitempty"`
	Grade       string              `json:"grade,omitempty"` // SSL Labs' letters; empty when it could not be graded
	GradeWhy    []string            `json:"grade_why,omitempty"`
	HSTS        int64               `json:"hsts,omitempty"` // max-age in seconds, 0 without the header
	Evidence    Hash                `json:"evidence,omitempty"`
}

// Certificate is the leaf that a TLS endpoint presents, and whether its chain
// is trusted.
type Certificate struct {
	Subject   string    `json:"subject"`
	Issuer    string    `json:"issuer"`
	Names     []string  `json:"names"` // subject alternative names
	NotBefore time.Time `json:"not_before"`
	NotAfter  time.Time `json:"not_after"`
	SHA256    string    `json:"sha256"` // of the DER, lower-case hex
	Serial    string    `json:"serial"` // lower-case hex
	Key       string    `json:"key"`    // "RSA", "ECDSA", "Ed25519"
	Bits      int       `json:"bits"`
	Signature string    `json:"signature"`       // "SHA256-RSA"
	Trusted   bool      `json:"trusted"`         // chain and dates verify against the system's roots
	NameMatch bool      `json:"name_match"`      // it is for the name that was asked for
	Error     string    `json:"error,omitempty"` // why it is not trusted

	SelfSigned       bool     `json:"self_signed,omitempty"`
	Incomplete       bool     `json:"incomplete,omitempty"`        // the server leaves out a certificate between the leaf and its root
	ChainLength      int      `json:"chain_length,omitempty"`      // certificates sent, the leaf included
	IssuerSignatures []string `json:"issuer_signatures,omitempty"` // of the certificates above the leaf that are not self-signed
}

// DNSZone is what the DNS says of a domain.
type DNSZone struct {
	Domain   string              `json:"domain"`
	Records  map[string][]string `json:"records"` // by type: "A", "MX", "TXT" …; in presentation form
	DNSSEC   string              `json:"dnssec"`  // "secure", "insecure", "bogus" or "unknown"
	Evidence Hash                `json:"evidence,omitempty"`
}

// Visit is one answer that a web server gave.
type Visit struct {
	URL      string `json:"url"`
	Status   int    `json:"status"`
	Protocol string `json:"protocol"`           // "HTTP/1.1", "HTTP/2.0"
	Server   string `json:"server,omitempty"`   // its Server header
	Location string `json:"location,omitempty"` // where it redirects to
	Title    string `json:"title,omitempty"`
	Evidence Hash   `json:"evidence,omitempty"` // of the raw answer: status line, headers, body as read
}

// PageVitals is how soon a page of the target stands before a visitor, as a
// browser measures it on this machine's line: nothing is slowed down. What the
// page never came to, as one that paints nothing, is null, and no 0.
type PageVitals struct {
	URL      string   `json:"url"`               // of the page in the end
	LCP      *float64 `json:"lcp"`               // largest contentful paint, in milliseconds
	CLS      *float64 `json:"cls"`               // cumulative layout shift, a score without a unit
	FCP      *float64 `json:"fcp"`               // first contentful paint, in milliseconds
	TTFB     *float64 `json:"ttfb"`              // time to first byte, in milliseconds
	TBT      *float64 `json:"tbt"`               // total blocking time, in milliseconds
	Browser  string   `json:"browser,omitempty"` // that measured
	Evidence Hash     `json:"evidence,omitempty"`
}

// Advance is how far a probe has come.
type Advance struct {
	Percent int `json:"percent"` // 0 to 100, never falling
}

// Hash names a piece of raw evidence: SHA-256 in lower-case hex.
type Hash string

func (Port) observation()            {}
func (Host) observation()            {}
func (Service) observation()         {}
func (Weakness) observation()        {}
func (Coverage) observation()        {}
func (ObservatoryTest) observation() {}
func (SEOAudit) observation()        {}
func (TrafficPart) observation()     {}
func (TLSEndpoint) observation()     {}
func (DNSZone) observation()         {}
func (Visit) observation()           {}
func (PageVitals) observation()      {}
func (Advance) observation()         {}
