package issafesite

import (
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Contract is how this API refuses.
var Contract = web.Contract{
	Name: domain.IsSafeSite, Status: statusOf, Body: body, Windows: web.Windows{Stranger: strangers(), Plan: perPlan, Span: web.Minute}, Headers: web.SecondsLeft,
}

// perPlan is a plan's limit, for all keys of an account together.
func perPlan(p domain.Plan) []web.Window {
	return []web.Window{{By: web.ByAccount, Span: web.Minute, Limit: p.RequestsPerMin}}
}

// strangers have the free plan's limit, by address.
func strangers() []web.Window {
	free, _ := domain.PlanOf(domain.IsSafeSite, domain.FreePlan)
	return []web.Window{{By: web.ByAddress, Span: web.Minute, Limit: free.RequestsPerMin}}
}

// statusOf are the status codes that the contract has for itself.
var statusOf = map[domain.Code]int{domain.BadKey: fiber.StatusForbidden}

func body(e *domain.Error, _ int) fiber.Map { return fiber.Map{"error": e.Message} }

// words are the contract's words for the states of a scan.
var words = map[domain.State]string{
	domain.Requested: "PENDING",
	domain.Started:   "RUNNING",
	domain.Completed: "COMPLETED",
	domain.ScanFail:  "FAILED",
	domain.Cancelled: "CANCELLED",
}

// status is a scan in the contract's shape.
func status(r projections.ScanRow) scanAnswer {
	a := scanAnswer{
		ID: r.Scan.String(), TargetURL: web.TargetURL(r.Target), TargetDomain: r.Target.Domain,
		Depth: strings.ToUpper(string(r.Profile.Depth())), Status: words[r.State], FindingsCount: count(r.Findings),
		CreatedAt: stamp(r.RequestedAt), StartedAt: stampOf(r.StartedAt), CompletedAt: stampOf(r.FinishedAt),
		Progress: r.Progress, Version: r.Version,
	}
	if r.State == domain.ScanFail {
		a.Error = &r.Reason
	}
	if s := r.Scores; s != nil {
		a.SecurityScore, a.SEOScore, a.TrafficScore = s.Security, s.SEO, s.Traffic
		a.OverallScore, a.Grade = overall(s)
	}
	return a
}

// overall is the overall score with its letter; null for both where the SEO
// or the traffic score could not be measured.
func overall(s *domain.Scores) (*int, *string) {
	if s == nil || s.Overall == nil {
		return nil, nil
	}
	return s.Overall, &s.OverallGrade
}

// report is a completed scan's report in the contract's shape. Each time that
// the scan is graded anew there is a new version of it.
func report(r projections.ScanRow, d projections.Document, pdfSize int) reportAnswer {
	created := *r.FinishedAt
	if n := len(d.Regrades); n > 0 {
		created = d.Regrades[n-1].At
	}
	a := reportAnswer{
		ID: reportPrefix + r.Scan.String(), Title: "Security Report — " + r.Target.Domain, Version: 1 + len(d.Regrades),
		PDFSize: pdfSize, Format: "PDF", CreatedAt: stamp(created),
		Scan: reportScan{TargetURL: web.TargetURL(r.Target), TargetDomain: r.Target.Domain},
	}
	a.Scan.OverallScore, a.Scan.Grade = overall(r.Scores)
	a.DownloadURL = "/api/report/" + a.ID + "/pdf"
	return a
}

// reportPrefix begins a report's id; the scan's follows.
const reportPrefix = "rpt_"

func count(findings map[domain.Severity]int) int {
	n := 0
	for _, c := range findings {
		n += c
	}
	return n
}

// stamp writes a time as the document does: UTC, whole seconds.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func stampOf(t *time.Time) *string { return web.OrNull(t, stamp) }
