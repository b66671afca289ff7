package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// regraded is what regrade prints of a scan with --json.
type regraded struct {
	Scan    uuid.UUID          `json:"scan"`
	Target  string             `json:"target"`
	Grader  int                `json:"grader"`  // the version of the rules that was asked for
	Changed bool               `json:"changed"` // whether it has other scores now, or would have
	From    projections.Graded `json:"from"`
	To      projections.Graded `json:"to"`
	Change  domain.Change      `json:"change"` // of the security score
	Before  domain.Scores      `json:"before"`
	After   domain.Scores      `json:"after"`
	Since   *domain.Earlier    `json:"since"` // null where the target had no scan before, or nothing changed
	DryRun  bool               `json:"dry_run"`
}

// regradedAll is what it prints with --all.
type regradedAll struct {
	Grader    int        `json:"grader"`
	DryRun    bool       `json:"dry_run"`
	Changed   int        `json:"changed"`
	Unchanged int        `json:"unchanged"`
	Ungraded  int        `json:"ungraded"` // scans that are not completed, and so have no grade
	Scans     []regraded `json:"scans"`    // that have changed
}

func regradeCommand() *cobra.Command {
	var scan uuid.UUID
	cmd := &cobra.Command{
		Use: "regrade SCAN | --all [--grader VERSION] [--dry-run]", Short: "Grade past scans by a version of the rules",
		Long:    "Grade completed scans anew, out of what they saw then, by any version of the rules\n(by default the newest). Where the scores become others, that is an event of the\nscan, scan.regraded, which says how much of the change came from the site and how\nmuch from the rules; where they stay the same nothing is written. With the scan before of the same target, since that one too.\n\nThe versions:\n" + gradersListed(),
		Example: "  scanledger regrade 0190a1b2-… --dry-run\n  scanledger regrade --all --grader 1 --json",
	}
	all := cmd.Flags().Bool("all", false, "all completed scans")
	grader := cmd.Flags().Int("grader", domain.GraderVersion, "the version of the rules")
	dry := cmd.Flags().Bool("dry-run", false, "say what would change, and change nothing")
	cmd.Args = func(_ *cobra.Command, args []string) (err error) {
		if len(args) == 1 == *all || len(args) > 1 {
			return usage("give the id of one scan, or --all")
		}
		if len(args) == 1 {
			if scan, err = uuid.Parse(args[0]); err != nil {
				return usage("%q is no scan's id", args[0])
			}
		}
		return nil
	}
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		if _, err := domain.GraderOf(*grader); err != nil {
			return err
		}
		if *all {
			return p.regradeAll(ctx, out, *grader, *dry)
		}
		r, err := p.regrade(ctx, scan, *grader, *dry)
		if err != nil {
			return err
		}
		return out.print(r, "%s", r)
	})
}

func gradersListed() string {
	var lines []string
	for _, g := range domain.Graders {
		lines = append(lines, fmt.Sprintf("  %d  %s", g.Version, g.Says))
	}
	return strings.Join(lines, "\n")
}

// regrade grades one scan.
func (p *platform) regrade(ctx context.Context, scan uuid.UUID, grader int, dry bool) (r regraded, err error) {
	row, err := p.reader.Row(ctx, scan)
	if err != nil {
		return r, err
	}
	if row.Scores == nil {
		return r, domain.Errorf(domain.Conflict, "scan %s is %s: only a completed scan has a grade", scan, row.State)
	}
	c := commands.RegradeScan{By: operator(), Scan: scan, Grader: grader}
	if c.Since, err = p.before(ctx, row); err != nil {
		return r, err
	}
	do := p.desk.RegradeScan
	if dry {
		do = p.desk.TryRegrade
	}
	e, err := do(ctx, c)
	if err != nil {
		return r, err
	}
	r = regraded{Scan: scan, Target: row.TargetValue, Grader: grader, DryRun: dry, Before: *row.Scores, After: *row.Scores}
	if e != nil {
		r.Changed, r.Before, r.After, r.Change, r.Since = true, e.Before, e.Scores, e.Change, e.Since
	} else if row.Scores.Security != nil {
		r.Change = domain.Change{Total: new(0), Site: new(0), Ruler: new(0)}
	}
	r.From, r.To = projections.GradedBy(r.Before), projections.GradedBy(r.After)
	return r, nil
}

// beforePage is how many scans of a target are looked at in one go.
const beforePage = 50

// before is the completed scan before of the same target by the same profile;
// nil UUID where there is none.
func (p *platform) before(ctx context.Context, row projections.ScanRow) (uuid.UUID, error) {
	f := projections.ScanFilter{
		Account: row.Account, Target: row.TargetValue, State: domain.Completed, Profiles: []domain.Profile{row.Profile}, Limit: beforePage,
	}
	for {
		page, _, err := p.reader.Scans(ctx, f)
		if err != nil {
			return uuid.Nil, err
		}
		for _, r := range page {
			if r.Number < row.Number {
				return r.Scan, nil
			}
		}
		if len(page) < beforePage {
			return uuid.Nil, nil
		}
		f.Offset += beforePage
	}
}

// regradeAll goes through all scans.
func (p *platform) regradeAll(ctx context.Context, out printer, grader int, dry bool) error {
	sum := regradedAll{Grader: grader, DryRun: dry, Scans: []regraded{}}
	proofs := postgres.NewProofs(p.pool)
	for after := domain.Stream(""); ; {
		names, err := proofs.Streams(ctx, after, beforePage)
		if err != nil {
			return err
		}
		for _, s := range names {
			after = s
			if s.Family() != domain.ScanFamily {
				continue
			}
			if err := p.regradeNext(ctx, out, s.ID(), &sum); err != nil {
				return err
			}
		}
		if len(names) < beforePage {
			break
		}
	}
	return out.print(sum, "%d scans have other scores by grader %d, %d have the same; %d are not completed", sum.Changed, grader, sum.Unchanged, sum.Ungraded)
}

// regradeNext grades one of all scans, and counts it.
func (p *platform) regradeNext(ctx context.Context, out printer, scan uuid.UUID, sum *regradedAll) error {
	r, err := p.regrade(ctx, scan, sum.Grader, sum.DryRun)
	switch code := domain.CodeOf(err); {
	case code == domain.Conflict, code == domain.NotFound: // or erased meanwhile
		sum.Ungraded++
		return nil
	case err != nil:
		return err
	case !r.Changed:
		sum.Unchanged++
		return nil
	}
	sum.Changed++
	if sum.Scans = append(sum.Scans, r); out.json {
		return nil
	}
	return out.print(nil, "%s", r)
}

// String is the change in words.
func (r regraded) String() string {
	grade := func(g projections.Graded) string {
		if g.Score == nil {
			return fmt.Sprintf("no grade by grader %d", g.Grader)
		}
		return fmt.Sprintf("%s (%d) by grader %d", g.Grade, *g.Score, g.Grader)
	}
	text := fmt.Sprintf("scan %s of %s: ", r.Scan, r.Target)
	if !r.Changed {
		return fmt.Sprintf("%s%s, and all scores the same by grader %d", text, grade(r.To), r.Grader)
	}
	text += fmt.Sprintf("%s, was %s%s%s", grade(r.To), grade(r.From), split(r.Change), others(r.Before, r.After))
	if e := r.Since; e != nil {
		text += fmt.Sprintf("\n  since scan %s, %s%s", e.Scan, grade(projections.Graded{Grader: e.Grader, Score: e.Score, Grade: gradeOf(e.Score)}), split(e.Change))
	}
	return text
}

// others says which scores beside the security score are others now; "" where
// none is.
func others(before, after domain.Scores) (text string) {
	word := func(score *int) string {
		if score == nil {
			return "none"
		}
		return strconv.Itoa(*score)
	}
	for _, s := range []struct {
		name     string
		was, now *int
	}{
		{"search engines", before.SEO, after.SEO}, {"traffic", before.Traffic, after.Traffic},
		{"overall", before.Overall, after.Overall}, {"Observatory", before.ObservatoryScore, after.ObservatoryScore},
	} {
		if word(s.was) != word(s.now) {
			text += fmt.Sprintf("; %s %s, was %s", s.name, word(s.now), word(s.was))
		}
	}
	if before.Risk != after.Risk {
		text += fmt.Sprintf("; risk %s, was %s", cmp.Or(after.Risk, "unknown"), cmp.Or(before.Risk, "unknown"))
	}
	return text
}

func gradeOf(score *int) string {
	if score == nil {
		return ""
	}
	return domain.GradeOf(*score)
}

// split says where a change comes from; "" where it cannot be told.
func split(c domain.Change) string {
	if c.Total == nil {
		return ""
	}
	return fmt.Sprintf(": %+d points, %+d from the site and %+d from the rules", *c.Total, *c.Site, *c.Ruler)
}
