// Package issafesite serves the IsSafeSite contract: scan a site, list scans,
// list reports and fetch them as PDF.
package issafesite

import (
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// The wire types are the document's, word for word.

// submission is the body of POST /api/v1/scan.
type submission struct {
	URL   string `json:"url"`
	Depth string `json:"depth"` // QUICK, STANDARD (default), DEEP
}

// accepted answers POST /api/v1/scan.
type accepted struct {
	ID        string `json:"id"`
	URL       string `json:"url"`
	Domain    string `json:"domain"`
	Depth     string `json:"depth"`
	Status    string `json:"status"`
	StatusURL string `json:"statusUrl"`
	CreatedAt string `json:"createdAt"`
}

// scanAnswer is one scan, in the list and alone. Scores and grade are null
// until the scan is completed, and where they could not be measured.
type scanAnswer struct {
	ID            string  `json:"id"`
	TargetURL     string  `json:"targetUrl"`
	TargetDomain  string  `json:"targetDomain"`
	Depth         string  `json:"depth"`
	Status        string  `json:"status"`
	OverallScore  *int    `json:"overallScore"`
	Grade         *string `json:"grade"`
	SecurityScore *int    `json:"securityScore"`
	SEOScore      *int    `json:"seoScore"`
	TrafficScore  *int    `json:"trafficScore"`
	FindingsCount int     `json:"findingsCount"`
	CreatedAt     string  `json:"createdAt"`
	StartedAt     *string `json:"startedAt"`
	CompletedAt   *string `json:"completedAt"`
	Progress      int     `json:"progress"`
	Error         *string `json:"error"` // why it failed
	Version       int     `json:"version"`
}

// detailed is one scan alone, with what its report says.
type detailed struct {
	scanAnswer
	projections.Facts
	Report projections.Document `json:"report"`
}

// pagination closes a list.
type pagination struct {
	Page  int `json:"page"`
	Limit int `json:"limit"`
	Total int `json:"total"`
	Pages int `json:"pages"`
}

// scanPage answers GET /api/v1/scan.
type scanPage struct {
	Data       []scanAnswer `json:"data"`
	Pagination pagination   `json:"pagination"`
}

// reportAnswer is one report in the list.
type reportAnswer struct {
	ID          string     `json:"id"`
	Title       string     `json:"title"`
	Version     int        `json:"version"`
	PDFSize     int        `json:"pdfSize"` // bytes
	Format      string     `json:"format"`
	CreatedAt   string     `json:"createdAt"`
	Scan        reportScan `json:"scan"`
	DownloadURL string     `json:"downloadUrl"`
}

type reportScan struct {
	TargetURL    string  `json:"targetUrl"`
	TargetDomain string  `json:"targetDomain"`
	OverallScore *int    `json:"overallScore"`
	Grade        *string `json:"grade"`
}

// reportPage answers GET /api/v1/report.
type reportPage struct {
	Data       []reportAnswer `json:"data"`
	Pagination pagination     `json:"pagination"`
}

// depths are the contract's words for profiles.
var depths = map[string]domain.Profile{"QUICK": domain.Quick, "STANDARD": domain.Standard, "DEEP": domain.Deep}
