package postgres

import (
	"context"
	"strings"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
)

// pageAccounts is how many accounts are named at one time.
const pageAccounts = 200

// Credits looks whether each account's balance is the sum of its ledger and was
// never negative, whether each scan is charged once, and whether a charge is
// closed exactly when its scan is. With After it looks at the accounts that
// have changed since.
func (a *Auditor) Credits(ctx context.Context, i *domain.Invariant) error {
	for last := domain.Stream(""); ; {
		rows, err := a.pool.Query(ctx, `SELECT stream FROM streams s WHERE stream LIKE 'account-%' AND stream > $1
			AND ($2 = 0 OR EXISTS (SELECT FROM events e WHERE e.stream = s.stream AND e.position > $2)) ORDER BY stream LIMIT $3`, last, a.After, pageAccounts)
		if err != nil {
			return away(err)
		}
		accounts, err := pgx.CollectRows(rows, pgx.RowTo[domain.Stream])
		if err != nil {
			return away(err)
		}
		for _, account := range accounts {
			if a.Broken[account] {
				continue
			}
			err := a.snapshot(ctx, func(tx pgx.Tx) error { return a.ledger(ctx, tx, account, i) })
			if err != nil {
				return err
			}
		}
		if len(accounts) < pageAccounts {
			return nil
		}
		last = accounts[len(accounts)-1]
	}
}

// ledger looks at one account.
func (a *Auditor) ledger(ctx context.Context, tx pgx.Tx, account domain.Stream, i *domain.Invariant) error {
	history, err := readStream(ctx, tx, account, 0)
	if err != nil {
		return err
	}
	l := domain.Fold(new(domain.Ledger), history)
	i.Look("accounts", 1)
	i.Look("ledger entries", len(l.Entries))
	i.Look("charges", len(l.Charges))
	for _, fault := range l.Faults {
		i.Violate(domain.Violation{Stream: account, What: "ledger", Expected: "a sum that explains the balance, and one charge for a scan", Found: fault})
	}
	return a.charges(ctx, tx, account, l, i)
}

// charges compares an account's charges with the scans that they name.
func (a *Auditor) charges(ctx context.Context, tx pgx.Tx, account domain.Stream, l *domain.Ledger, i *domain.Invariant) error {
	scans := make([]string, 0, len(l.Charges))
	for scan := range l.Charges {
		scans = append(scans, string(domain.NewStream(domain.ScanFamily, scan)))
	}
	over := map[uuid.UUID]bool{}
	rows, err := tx.Query(ctx, "SELECT stream, bool_or(type = ANY($2)) FROM events WHERE stream = ANY($1) GROUP BY stream", scans, closers)
	if err != nil {
		return err
	}
	var stream string
	var ended bool
	_, err = pgx.ForEachRow(rows, []any{&stream, &ended}, func() error {
		over[uuid.MustParse(strings.TrimPrefix(stream, domain.ScanFamily+"-"))] = ended
		return nil
	})
	for scan, charge := range l.Charges {
		v := domain.Violation{Stream: account, ID: scan.String(), What: "charge of a scan"}
		ended, known := over[scan]
		switch {
		case a.Broken[domain.NewStream(domain.ScanFamily, scan)]:
			continue
		case !known:
			v.Expected, v.Found = "a scan", "none of this id"
		case ended && charge.Open():
			v.Expected, v.Found = "settled or given back", "held though the scan is over"
		case !ended && !charge.Open():
			v.Expected, v.Found = "held", "closed though the scan is not over"
		default:
			continue
		}
		i.Violate(v)
	}
	return err
}
