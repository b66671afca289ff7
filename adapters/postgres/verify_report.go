package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// reportColumns are a report's row without its document.
type reportColumns struct {
	Stream, Scan, Account    string
	RequestedAt, CompletedAt time.Time
}

// reportPlace is how far the table of reports has come with a scan: 0 where it
// has nothing. Row and the projection's own place are always the same, but for
// a scan that is erased, which has no row.
func (p *Proofs) reportPlace(ctx context.Context, s domain.Stream) (row, place int, erased bool, err error) {
	err = p.q.QueryRow(ctx, `SELECT coalesce((SELECT version FROM reports WHERE row_key = $1), 0),
		coalesce((SELECT version FROM projected WHERE projection = 'reports' AND stream = $1), 0),
		coalesce((SELECT erased FROM streams WHERE stream = $1), false)`, s).Scan(&row, &place, &erased)
	return row, place, erased, away(err)
}

// compareErased compares what is kept of a stream with what its events say of
// its erasure.
func compareErased(s domain.Stream, c *domain.Chain, row int, noted bool, v *domain.Verdict) {
	if c.Erased() != noted {
		v.Fault(domain.Fault{Stream: s, Version: c.Version(), What: "note that the stream is erased", Expected: strconv.FormatBool(c.Erased()), Found: strconv.FormatBool(noted)})
	}
	if c.Erased() && row > 0 {
		v.Fault(domain.Fault{Stream: s, Version: row, What: "report of what is erased", Expected: "none", Found: "version " + strconv.Itoa(row)})
	}
}

// compareReport compares a scan's row in the table of reports with what the
// log tells, to the byte of its document.
func (p *Proofs) compareReport(ctx context.Context, s domain.Stream, want projections.ReportRow, document []byte, v *domain.Verdict) error {
	var same bool
	var text string
	var found reportColumns
	var completed *time.Time
	err := p.q.QueryRow(ctx, `SELECT document::jsonb = $2::jsonb, document::text, stream, scan::text, account::text, requested_at, completed_at
		FROM reports WHERE row_key = $1`, s, string(document)).
		Scan(&same, &text, &found.Stream, &found.Scan, &found.Account, &found.RequestedAt, &completed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	if err != nil {
		return away(err)
	}
	expected := reportColumns{Stream: string(s), Scan: want.Scan.String(), Account: want.Account.String(), RequestedAt: want.RequestedAt}
	if want.CompletedAt != nil {
		expected.CompletedAt = *want.CompletedAt
	}
	if completed != nil {
		found.CompletedAt = *completed
	}
	if expected != found {
		v.Fault(domain.Fault{Stream: s, Version: want.Version, What: "report", Expected: fmt.Sprintf("%+v", expected), Found: fmt.Sprintf("%+v", found)})
	}
	if !same {
		place, expected, found := domain.JSONDifference(document, []byte(text))
		v.Fault(domain.Fault{Stream: s, Version: want.Version, What: "report document: " + place, Expected: expected, Found: found})
	}
	return nil
}
