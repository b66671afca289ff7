// Package scannerapi serves the Scanner contract: submit a scan of a host,
// watch it, list scans, retest, cancel.
package scannerapi

import "github.com/scanledger/scanledger/projections"

// The wire types are the document's, word for word: camelCase, but created_at
// in the list.

// submission is the body of POST /api/v1/scan.
type submission struct {
	Target string `json:"target"`
	Domain string `json:"domain"`
}

// accepted answers submit and retest.
type accepted struct {
	ID        string `json:"id"`
	Status    string `json:"status"`
	ReportURL string `json:"reportUrl"`
}

// scanAnswer is the status of one scan.
type scanAnswer struct {
	ID          string   `json:"id"`
	Target      string   `json:"target"`
	Domain      string   `json:"domain"`
	Status      string   `json:"status"`
	Grade       *string  `json:"grade"`
	GradeScore  *int     `json:"gradeScore"`
	ReportURL   *string  `json:"reportUrl"` // null until the scan is complete
	CreatedAt   string   `json:"createdAt"`
	StartedAt   *string  `json:"startedAt"`
	CompletedAt *string  `json:"completedAt"`
	Error       *string  `json:"error"`
	Summary     *summary `json:"summary"`
	Progress    int      `json:"progress"`
	Profile     string   `json:"profile"`
	Version     int      `json:"version"` // the newest event that this answer is folded from
}

// detailed is one scan alone, with what its report says.
type detailed struct {
	scanAnswer
	projections.Facts
}

// summary is what a complete scan found, in short.
type summary struct {
	Findings  map[string]int `json:"findings"` // by severity
	Total     int            `json:"total"`
	OpenPorts int            `json:"openPorts"`
	NotTested []notTested    `json:"notTested"`
	RiskLevel *string        `json:"riskLevel"` // null without a grade
	SEOScore  *int           `json:"seoScore"`
	Traffic   *int           `json:"trafficScore"`
	Overall   *int           `json:"overallScore"`
}

type notTested struct {
	Probe  string `json:"probe"`
	Reason string `json:"reason"`
}

// listed is a scan in the list.
type listed struct {
	ID        string  `json:"id"`
	Target    string  `json:"target"`
	Domain    string  `json:"domain"`
	Status    string  `json:"status"`
	Grade     *string `json:"grade"`
	CreatedAt string  `json:"created_at"`
	Progress  int     `json:"progress"`
}

// page answers GET /api/v1/scans.
type page struct {
	Scans  []listed `json:"scans"`
	Total  int      `json:"total"`
	Limit  int      `json:"limit"`
	Offset int      `json:"offset"`
}

// cancelled answers a cancel.
type cancelled struct {
	ID     string `json:"id"`
	Status string `json:"status"`
}
