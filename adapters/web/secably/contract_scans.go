package secably

import (
	"encoding/json"
	"time"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// creation is the body of POST /api/v1/scans/create/ and POST
// /api/v1/{scanner}/scan/. website_id means target_id.
type creation struct {
	Target  json.RawMessage `json:"target_id"`
	Website json.RawMessage `json:"website_id"`
	Scanner string          `json:"scanner_type"`
	Config  json.RawMessage `json:"scan_config"`
}

// exporting is the body of POST /api/v1/scans/{id}/export/.
type exporting struct {
	Format string `json:"format"`
}

// started answers whatever starts a scan, with the fields of both of the
// document's shapes.
type started struct {
	ScanID      int64         `json:"scan_id"`
	Status      string        `json:"status"`
	Message     string        `json:"message"`
	ScanType    string        `json:"scan_type"`
	ScannerType string        `json:"scanner_type"`
	Profile     string        `json:"scan_profile"` // of the scanner; "" where it has one alone
	Engines     []domain.Tool `json:"engines"`      // that run it
	Used        int           `json:"credits_used"`
	Remaining   int           `json:"credits_remaining"`
	CreatedAt   time.Time     `json:"created_at"`
	Estimated   string        `json:"estimated_duration,omitempty"` // of ZAP alone
}

// listedScan is a scan as lists have it. What a scan that is not completed has
// found is what it has found so far.
type listedScan struct {
	ID          int64          `json:"id"`
	Name        string         `json:"website_name"`
	URL         string         `json:"website_url"`
	ScannerType string         `json:"scanner_type"`
	ScanType    string         `json:"scan_type"`
	Profile     string         `json:"scan_profile"`
	Status      string         `json:"status"`
	Progress    int            `json:"progress"`   // 0 to 100
	RiskLevel   *string        `json:"risk_level"` // null until it is completed
	Found       int            `json:"vulnerabilities_found"`
	Score       *int           `json:"security_score"` // null until it is completed
	ByRisk      map[string]int `json:"vulnerabilities_by_risk"`
	CreatedAt   time.Time      `json:"created_at"`
	StartedAt   *time.Time     `json:"started_at"`
	CompletedAt *time.Time     `json:"completed_at"` // when it ended, in whatever way
	Duration    *float64       `json:"duration"`     // seconds; null until it has ended
	Error       *string        `json:"error"`        // why it failed
}

// scanDetails answers GET /api/v1/scans/{id}/.
type scanDetails struct {
	listedScan
	projections.Facts
	Target    string          `json:"target"`
	Config    map[string]any  `json:"scan_config"`
	Engines   []domain.Tool   `json:"engines"`
	List      []vulnerability `json:"vulnerabilities_list"`
	NotTested []notTested     `json:"not_tested"`
	Version   int             `json:"version"` // the newest event that this answer is folded from
}

// vulnerability is a finding, in the document's words.
type vulnerability struct {
	Name        string          `json:"name"`
	Risk        string          `json:"risk"` // Critical, High, Medium, Low, Informational
	Description string          `json:"description"`
	Solution    string          `json:"solution"`
	ID          string          `json:"id"` // of the rule, the same in every scan
	Where       string          `json:"where"`
	Detail      string          `json:"detail"`
	CWE         *int            `json:"cwe"`
	CVE         []string        `json:"cve"`
	CVSS        []domain.Rating `json:"cvss"`
	References  []string        `json:"references"`
	Engine      domain.Tool     `json:"engine"`
}

// notTested is something that nobody looked at, with the reason.
type notTested struct {
	Engine domain.Tool `json:"engine"`
	What   string      `json:"what"`
	How    string      `json:"outcome"` // "skipped", "timed_out", "refused", "failed", "not_finished"
	Reason string      `json:"reason"`
}

// scannerScan answers GET /api/v1/{scanner}/scan/{id}/.
type scannerScan struct {
	ID          int64          `json:"id"`
	Status      string         `json:"status"`
	Target      string         `json:"target"`
	ScanType    string         `json:"scan_type"`
	ScannerType string         `json:"scanner_type"`
	Profile     string         `json:"scan_profile"`
	Config      map[string]any `json:"scan_config"`
	Engines     []domain.Tool  `json:"engines"`
	Progress    int            `json:"progress"`
	CreatedAt   time.Time      `json:"created_at"`
	StartedAt   *time.Time     `json:"started_at"`
	CompletedAt *time.Time     `json:"completed_at"`
	Duration    *float64       `json:"duration"`
	Score       *int           `json:"security_score"`
	Found       int            `json:"vulnerabilities_found"`
	Error       *string        `json:"error"`
	NotTested   []notTested    `json:"not_tested"`
	Result      any            `json:"scan_result"` // what it has seen so far
	projections.Facts
}

// portResult is what a scan of ports has seen.
type portResult struct {
	Ports           []projections.ReportedPort `json:"open_ports"`
	Host            hostInfo                   `json:"host_info"`
	Vulnerabilities []vulnerability            `json:"vulnerabilities"`
}

// hostInfo is whether a host answers, and how fast.
type hostInfo struct {
	Status  string  `json:"status"`  // "up", "down", or "unknown" until it is seen
	Latency *string `json:"latency"` // "0.025s"; null where it was not measured
	Address *string `json:"address"`
}

// tlsResult is what a scan of TLS has seen.
type tlsResult struct {
	Certificate     *certificateInfo    `json:"certificate_info"` // null where none was looked at
	Versions        map[string]bool     `json:"tls_versions"`     // "tls_1_3": offered or not; absent means not tested
	Suites          map[string][]string `json:"cipher_suites"`    // by version, as far as they were looked at
	Grade           *string             `json:"grade"`            // SSL Labs' letters; null where not everything was looked at
	Vulnerabilities []vulnerability     `json:"vulnerabilities"`
}

// certificateInfo is what a server has shown of itself.
type certificateInfo struct {
	Valid    bool      `json:"valid"`  // trusted, in time and for the name
	Issuer   string    `json:"issuer"` // the organisation, else the name
	Expires  time.Time `json:"expires"`
	Begins   time.Time `json:"not_before"`
	Subject  string    `json:"subject"`
	IssuerDN string    `json:"issuer_dn"`
	Names    []string  `json:"names"`
	Key      string    `json:"key"`
	SHA256   string    `json:"sha256"`
	Error    *string   `json:"error"` // why it is not trusted
}

// findingResult is what any other scan has seen.
type findingResult struct {
	Findings []vulnerability `json:"findings"`
}

// cancelledScan answers a cancel.
type cancelledScan struct {
	ID      int64  `json:"id"`
	ScanID  int64  `json:"scan_id"`
	Status  string `json:"status"`
	Message string `json:"message"`
}
