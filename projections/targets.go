package projections

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// TargetRow is a target on an account's list, as its owner sees it. One that
// was removed keeps its row, which no reader shows.
type TargetRow struct {
	ID          uuid.UUID        `db:"id"`
	Number      int64            `db:"number"` // position of its first event: an integer id, unique and rising
	Version     int              `db:"version"`
	Account     uuid.UUID        `db:"account"`
	TargetValue string           `db:"target_value"`
	Target      domain.Target    `db:"target"`
	Name        domain.Sealed    `db:"name"`
	Description domain.Sealed    `db:"description"`
	Frequency   domain.Frequency `db:"frequency"`
	Active      bool             `db:"active"`
	Proof       *domain.Proof    `db:"proof"` // nil unless ownership is proven
	Schedule    *domain.Planned  `db:"schedule"`
	NextRun     *time.Time       `db:"next_run"` // when its schedule is due; nil where nothing is
	AddedAt     time.Time        `db:"added_at"`
	ChangedAt   time.Time        `db:"changed_at"`
	RemovedAt   *time.Time       `db:"removed_at"` // nil while it is on the list
}

// Targets is the read model of all targets, one row each.
var Targets = Fold[TargetRow]{Name: "targets", Family: domain.TargetFamily, Key: ofTarget, Next: nextTarget}

func ofTarget(e domain.Envelope) (string, bool) {
	return string(e.Stream), e.Stream.Family() == domain.TargetFamily
}

func nextTarget(r TargetRow, e domain.Envelope) TargetRow {
	before := domain.Asset{Account: r.Account, Number: r.Number, Details: r.details(), Proof: r.Proof, Schedule: r.Schedule}
	before.Apply(e)
	r.Account, r.Number, r.Proof = before.Account, before.Number, before.Proof
	r.Target, r.TargetValue, r.Name, r.Description = before.Target, before.Target.Value, before.Name, before.Description
	r.Frequency, r.Active, r.Version = before.Frequency, before.Active, e.Version
	r.Schedule, r.NextRun = before.Schedule, nil
	if s := r.Schedule; s != nil && !s.Next.IsZero() {
		next := s.Next
		r.NextRun = &next
	}
	switch e.Event.(type) {
	case domain.TargetAdded:
		r.ID, r.AddedAt, r.ChangedAt = e.Stream.ID(), e.At, e.At
	case domain.TargetChanged:
		r.ChangedAt = e.At
	case domain.TargetRemoved:
		r.RemovedAt = &e.At
	}
	return r
}

func (r TargetRow) details() domain.Details {
	return domain.Details{Target: r.Target, Name: r.Name, Description: r.Description, Frequency: r.Frequency, Active: r.Active}
}

// TargetOf is the row of a target's history; false where it has none.
func TargetOf(history []domain.Envelope) (TargetRow, bool) {
	for _, row := range Targets.Rows(map[string]TargetRow{}, history) {
		return row, true
	}
	return TargetRow{}, false
}

// TargetReader answers from the read models of targets and scans. As Reader, it
// is never older than what was acknowledged before it was asked.
type TargetReader interface {
	// Target returns a target on an account's list by its number; NotFound when
	// it is unknown, another's or removed.
	Target(ctx context.Context, account uuid.UUID, number int64) (TargetRow, error)
	// Targets returns a page of those on the list, newest first, and how many
	// there are in all.
	Targets(ctx context.Context, f TargetFilter) (page []TargetRow, total int, err error)
	// ScansOf returns what an account's scans of targets, in normal form, have
	// come to, whatever contract they came through. A target that was never
	// scanned has no entry.
	ScansOf(ctx context.Context, account uuid.UUID, values []string) (map[string]TargetScans, error)
}

// TargetScans are the scans of one target.
type TargetScans struct {
	Newest    ScanRow
	Completed map[domain.Scanner]ScanRow // the newest of each scanner that is completed
}

// TargetFilter chooses targets that are on a list.
type TargetFilter struct {
	Account uuid.UUID
	Active  bool     // those alone that may be scanned
	Planned bool     // those alone with a schedule
	Values  []string // those alone, in normal form; none for all
	Proven  []string // those alone with a proof of one of these domains; none for all
	Since   time.Time
	Offset  int
	Limit   int
}

// Matches says whether a row is one that the filter chooses.
func (f TargetFilter) Matches(r TargetRow) bool {
	return r.Account == f.Account && r.RemovedAt == nil && (!f.Active || r.Active) && (!f.Planned || r.Schedule != nil) &&
		(len(f.Values) == 0 || slices.Contains(f.Values, r.TargetValue)) &&
		(len(f.Proven) == 0 || r.Proof != nil && slices.Contains(f.Proven, r.Proof.Domain) && r.Proof.At.After(f.Since))
}

// NewestScans sorts an account's scans by their targets.
func NewestScans(rows []ScanRow) map[string]TargetScans {
	all := map[string]TargetScans{}
	for _, r := range rows {
		s, met := all[r.TargetValue]
		if !met {
			s.Completed = map[domain.Scanner]ScanRow{}
		}
		if !met || r.Number > s.Newest.Number {
			s.Newest = r
		}
		if by := r.Profile.Scanner(); r.State == domain.Completed && r.Number > s.Completed[by].Number {
			s.Completed[by] = r
		}
		all[r.TargetValue] = s
	}
	return all
}
