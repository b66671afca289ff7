package scannerapi

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Contract is how this API refuses.
var Contract = web.Contract{
	Name: domain.ScannerAPI, Body: body, Windows: web.Windows{Address: perAddress, Span: web.Minute}, Headers: web.SecondsLeft, Team: true,
}

// perAddress is the contract's limit, whatever the plan.
func perAddress(g *web.Gate) []web.Window {
	return []web.Window{{By: web.ByAddress, Span: web.Minute, Limit: g.IPPerMinute}}
}

// body is the contract's error: a sentence, and on a conflict the scan that is
// in the way.
func body(e *domain.Error, _ int) fiber.Map {
	if e.Code == domain.Conflict && e.Existing != "" {
		return fiber.Map{"error": "Scan already in progress for this target", "existingId": e.Existing.ID().String()}
	}
	return fiber.Map{"error": e.Message}
}

// words are the contract's words for the states of a scan.
var words = map[domain.State]string{
	domain.Requested: "queued",
	domain.Started:   "running",
	domain.Completed: "complete",
	domain.ScanFail:  "failed",
	domain.Cancelled: "cancelled",
}

// status is a scan in the contract's shape.
func status(r projections.ScanRow, report string) scanAnswer {
	a := scanAnswer{
		ID: r.Scan.String(), Target: r.Target.Value, Domain: r.Target.Domain, Status: words[r.State],
		Progress: r.Progress, Profile: string(r.Profile), Version: r.Version,
		CreatedAt: stamp(r.RequestedAt), StartedAt: stampOf(r.StartedAt),
	}
	switch r.State {
	case domain.Completed:
		a.Grade, a.GradeScore, a.ReportURL = gradeOf(r.Scores), r.Scores.Security, &report
		a.Summary = summarise(r)
		a.CompletedAt = stampOf(r.FinishedAt)
	case domain.ScanFail:
		a.Error, a.CompletedAt = &r.Reason, stampOf(r.FinishedAt)
	case domain.Cancelled:
		a.CompletedAt = stampOf(r.FinishedAt)
	}
	return a
}

func summarise(r projections.ScanRow) *summary {
	s := &summary{
		Findings: map[string]int{}, OpenPorts: r.OpenPorts, NotTested: []notTested{},
		SEOScore: r.Scores.SEO, Traffic: r.Scores.Traffic, Overall: r.Scores.Overall,
	}
	if r.Scores.Risk != "" {
		s.RiskLevel = &r.Scores.Risk
	}
	for _, severity := range domain.Severities {
		s.Findings[string(severity)] = r.Findings[severity]
		s.Total += r.Findings[severity]
	}
	for _, tool := range slices.Sorted(maps.Keys(r.Probes)) {
		if p := r.Probes[tool]; p.Outcome != domain.Tested {
			s.NotTested = append(s.NotTested, notTested{Probe: string(tool), Reason: p.Reason})
		}
	}
	return s.outside(r)
}

// outside adds the built-in tests that are no part of a scan by another
// scanner: its grade does not speak for them.
func (s *summary) outside(r projections.ScanRow) *summary {
	for _, tool := range domain.Standard.Tools() {
		if _, ours := r.Probes[tool]; !ours && r.Profile.Scanner() != domain.Builtin {
			s.NotTested = append(s.NotTested, notTested{Probe: string(tool), Reason: fmt.Sprintf("it is no part of a scan by %s", r.Profile.Scanner())})
		}
	}
	return s
}

func row(r projections.ScanRow) listed {
	l := listed{
		ID: r.Scan.String(), Target: r.Target.Value, Domain: r.Target.Domain, Status: words[r.State],
		CreatedAt: stamp(r.RequestedAt), Progress: r.Progress,
	}
	l.Grade = gradeOf(r.Scores)
	return l
}

// gradeOf is the security grade; null until there is one, and where too little
// could be seen for one.
func gradeOf(s *domain.Scores) *string {
	if s == nil || s.Security == nil {
		return nil
	}
	return &s.Grade
}

// stamp writes a time as the document does: UTC, milliseconds.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func stampOf(t *time.Time) *string { return web.OrNull(t, stamp) }
