package account

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Findings are the commands about what scans have found, through whatever
// contract they were asked for.
type Findings interface {
	JudgeFinding(ctx context.Context, c commands.JudgeFinding) error
	Judgements(ctx context.Context, account uuid.UUID) ([]domain.Judgement, func(domain.Sealed) (string, error), error)
}

// ListFindings answers GET /api/v1/findings: those of all the account's targets.
func (a *API) ListFindings(c *fiber.Ctx, by commands.Caller) error {
	p, err := web.PageOf(c)
	if err != nil {
		return err
	}
	f, err := findingFilter(c)
	if err != nil {
		return err
	}
	found, open, err := a.findings(c, by, f.Target)
	if err != nil {
		return err
	}
	now := a.Now()
	chosen := f.Choose(found, now)
	shown := []lastingFinding{}
	for _, l := range web.Of(p, chosen) {
		one, err := a.findingOf(l, now, open)
		if err != nil {
			return err
		}
		shown = append(shown, one)
	}
	return c.JSON(web.Paged(c, a.PublicURL, p, len(chosen), shown))
}

// findingFilter reads what is chosen, and in which order.
func findingFilter(c *fiber.Ctx) (f projections.FindingFilter, err error) {
	f = projections.FindingFilter{
		State: projections.FindingState(c.Query("state")), Severity: domain.Severity(c.Query("severity")), Tool: domain.Tool(c.Query("scanner")),
		CVE: c.Query("cve"), Text: c.Query("search"), Sort: c.Query("sort"),
	}
	if _, known := projections.FindingOrders[strings.TrimPrefix(f.Sort, "-")]; f.Sort != "" && !known {
		return f, domain.Errorf(domain.Invalid, "sort must be one of severity, score, first_seen, last_seen, title, target, with a hyphen before it for the other way round")
	}
	if f.State != "" && !slices.Contains(projections.FindingStates, f.State) {
		return f, domain.Errorf(domain.Invalid, "state must be one of %s", web.Listing(projections.FindingStates))
	}
	if f.Severity != "" && !slices.Contains(domain.Severities, f.Severity) {
		return f, domain.Errorf(domain.Invalid, "severity must be one of %s", web.Listing(domain.Severities))
	}
	if raw := c.Query("min_score"); raw != "" {
		if f.Score, err = strconv.ParseFloat(raw, 64); err != nil || !(f.Score >= 0 && f.Score <= 10) {
			return f, domain.Errorf(domain.Invalid, "min_score must be a number from 0 to 10")
		}
	}
	if raw := c.Query("target"); raw != "" {
		t, err := domain.ParseTarget(raw)
		if err != nil {
			return f, err
		}
		f.Target = t.Value
	}
	return f, nil
}

// findings are an account's, or those of one target, with what it has said of
// them, and what opens its reasons.
func (a *API) findings(c *fiber.Ctx, by commands.Caller, target string) ([]*projections.Lasting, func(domain.Sealed) (string, error), error) {
	rows, err := a.Sightings.Sightings(c.UserContext(), by.Account, target)
	if err != nil {
		return nil, nil, err
	}
	said, open, err := a.Findings.Judgements(c.UserContext(), by.Account)
	if err != nil {
		return nil, nil, err
	}
	found := projections.LastingOf(rows)
	projections.Judge(found, said, domain.FingerprintOf)
	return found, open, nil
}

// Finding answers GET /api/v1/findings/{id}.
func (a *API) Finding(c *fiber.Ctx, by commands.Caller) error {
	id, err := web.PathID(c, "Finding not found")
	if err != nil {
		return err
	}
	found, open, err := a.findings(c, by, "")
	if err != nil {
		return err
	}
	l := projections.FindingOf(found, id)
	if l == nil {
		return domain.Errorf(domain.NotFound, "Finding not found")
	}
	story, err := a.storyOf(l, a.Now(), open)
	if err != nil {
		return err
	}
	return c.JSON(story)
}

// rule answers what the account says of a finding, with the finding as it then
// stands.
func (a *API) rule(r domain.Ruling) web.Handler {
	return func(c *fiber.Ctx, by commands.Caller) error {
		id, err := web.PathID(c, "Finding not found")
		if err != nil {
			return err
		}
		var said ruling
		if err := web.ReadJSON(c, &said); err != nil {
			return err
		}
		judge := commands.JudgeFinding{By: by, Finding: id, Ruling: r, Reason: said.Reason}
		if said.Until != nil && r != domain.NoRuling {
			at, err := time.Parse(time.RFC3339, *said.Until)
			if err != nil {
				return domain.Errorf(domain.Invalid, "until must be a time such as 2027-01-31T12:00:00Z")
			}
			at = at.UTC().Truncate(time.Microsecond)
			judge.Until = &at
		}
		if err := a.Findings.JudgeFinding(c.UserContext(), judge); err != nil {
			return err
		}
		return a.Finding(c, by)
	}
}
