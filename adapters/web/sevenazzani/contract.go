// Package sevenazzani serves the 7AZZANI contract: quick scans of sites, their
// progress, reports and statistics, short links, and how the contract refuses.
package sevenazzani

import (
	"encoding/json"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// The wire types of scans are the document's, word for word, in snake_case.
// Beside its words they have what a client needs who follows a scan.

// quickScan is the body of POST /api/scans/quick_scan/.
type quickScan struct {
	URL      string `json:"url"`
	ScanType string `json:"scan_type"` // quick (default), standard, deep
}

// started answers POST /api/scans/quick_scan/.
type started struct {
	ScanID    string `json:"scan_id"`
	URL       string `json:"url"`
	Status    string `json:"status"`
	StatusURL string `json:"status_url"`
	ReportURL string `json:"report_url"`
	ScanType  string `json:"scan_type"`
	CreatedAt string `json:"created_at"`
}

// scanAnswer is one scan: its status, and an item of the list. Score and grade
// are null until it is completed, and where too little could be seen for them.
type scanAnswer struct {
	ScanID        string  `json:"scan_id"`
	URL           string  `json:"url"`
	ScanType      string  `json:"scan_type"` // the nearest of the three, where another contract asked for the scan
	Status        string  `json:"status"`
	Progress      int     `json:"progress"` // percent
	Found         int     `json:"vulnerabilities_found"`
	Critical      int     `json:"critical_issues"`
	SecurityScore *int    `json:"security_score"`
	Grade         *string `json:"grade"`
	RiskLevel     *string `json:"risk_level"`
	CreatedAt     string  `json:"created_at"`
	StartedAt     *string `json:"started_at"`
	CompletedAt   *string `json:"completed_at"`
	FailureReason *string `json:"failure_reason"` // null unless it failed
	StatusURL     string  `json:"status_url"`
	ReportURL     string  `json:"report_url"`
	Version       int     `json:"version"` // the newest event that this answer is folded from
}

// report answers GET /api/scans/{id}/report/: the scan in the contract's
// words, and all that the report's JSON export has beside them. While the scan
// goes on it is what was seen so far.
type report struct {
	scanAnswer
	projections.Facts
	Severities      map[domain.Severity]int `json:"vulnerabilities_by_severity"`
	Vulnerabilities []vulnerability         `json:"vulnerabilities"` // the worst first

	export json.RawMessage // an object
}

// vulnerability is a finding in the contract's words.
type vulnerability struct {
	ID             string          `json:"id"`
	Title          string          `json:"title"`
	Severity       domain.Severity `json:"severity"`
	Location       string          `json:"location"` // "" for the target as a whole
	Description    string          `json:"description"`
	Evidence       string          `json:"evidence"` // what was seen
	Recommendation string          `json:"recommendation"`
	CWE            int             `json:"cwe"`
	CVE            []string        `json:"cve"`
	References     []string        `json:"references"`
}

// statistics answer GET /api/scans/statistics/.
type statistics struct {
	Total     int `json:"total_scans"`
	Completed int `json:"completed_scans"`
	Found     int `json:"vulnerabilities_found"` // of all severities, in all scans
	Critical  int `json:"critical_issues"`       // the critical ones among them
}
