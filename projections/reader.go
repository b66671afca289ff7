package projections

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// Reader answers from the read models. Whatever it returns is never older
// than what was acknowledged before it was asked: where a table is behind the
// log, the reader folds the missing events itself. Rows may be shared with other
// readers: they are not to be changed.
type Reader interface {
	// Scan returns an account's scan; NotFound when it is unknown or another's.
	Scan(ctx context.Context, account, scan uuid.UUID) (ScanRow, error)
	// Scans returns a page of an account's or a team's scans, newest first, and how many
	// there are in all.
	Scans(ctx context.Context, f ScanFilter) (page []ScanRow, total int, err error)
	// Ahead says that the request of a context is going to read a scan. How that
	// stands may then be asked with whatever else the request asks, and once.
	Ahead(ctx context.Context, scan uuid.UUID) context.Context
	// Row returns a scan, whoever asks: whose it is, is checked by the caller.
	// NotFound when it is unknown.
	Row(ctx context.Context, scan uuid.UUID) (ScanRow, error)
	// Report returns a scan's report, whoever asks: its key is checked by the
	// caller. NotFound when the scan is unknown.
	Report(ctx context.Context, scan uuid.UUID) (ReportRow, error)
	// ReportOf is Report for who has just read the scan: the report is as new as
	// that, and may be no newer.
	ReportOf(ctx context.Context, r ScanRow) (ReportRow, error)
	// History returns a scan's events after a version, oldest first; NotFound
	// when the scan is unknown or another's.
	History(ctx context.Context, account, scan uuid.UUID, after int) ([]domain.Envelope, error)
}

// Numbers finds scans by their integer ids. As Reader, it is never older than
// what was acknowledged before it was asked.
type Numbers interface {
	// Numbered returns an account's scan by its number; NotFound when it is
	// unknown or another's.
	Numbered(ctx context.Context, account uuid.UUID, number int64) (ScanRow, error)
}

// ScanFilter chooses scans.
type ScanFilter struct {
	Account  uuid.UUID
	Team     []uuid.UUID      // other accounts whose scans are chosen with them
	Target   string           // of this target alone, in normal form; "" for all
	State    domain.State     // in this state alone; "" for all
	Scan     uuid.UUID        // this one alone; nil UUID for all
	Profiles []domain.Profile // of these alone; none for all
	Offset   int
	Limit    int
}

// Accounts are those whose scans the filter chooses.
func (f ScanFilter) Accounts() []uuid.UUID { return append([]uuid.UUID{f.Account}, f.Team...) }

// Whole says whether the filter chooses all scans of its accounts.
func (f ScanFilter) Whole() bool {
	return f.Target == "" && f.State == "" && f.Scan == uuid.Nil && len(f.Profiles) == 0
}

// Matches says whether a row is one that the filter chooses.
func (f ScanFilter) Matches(r ScanRow) bool {
	return slices.Contains(f.Accounts(), r.Account) && (f.Target == "" || r.TargetValue == f.Target) && (f.State == "" || r.State == f.State) &&
		(f.Scan == uuid.Nil || r.Scan == f.Scan) && (len(f.Profiles) == 0 || slices.Contains(f.Profiles, r.Profile))
}
