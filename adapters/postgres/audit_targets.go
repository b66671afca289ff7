package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
)

// lists counts again what stands on accounts' lists of targets, and looks that
// no target holds its value beyond that.
func (a *Auditor) lists(ctx context.Context, tx pgx.Tx, i *domain.Invariant) error {
	removed := domain.TargetRemoved{}.Kind()
	err := a.odd(ctx, tx, i, "tally", `SELECT '', t.name, count(s.stream)::text, t.used::text
		FROM (SELECT name, used, substr(name, 9)::uuid AS account FROM tallies WHERE name ~ '^targets:[0-9a-f-]{36}$') t
		LEFT JOIN streams s ON s.owner = t.account AND NOT s.erased AND s.stream LIKE 'target-%'
			AND NOT EXISTS (SELECT FROM events e WHERE e.stream = s.stream AND e.type = $1)
		GROUP BY t.name, t.used HAVING t.used <> count(s.stream)`, removed)
	if err != nil {
		return err
	}
	return a.odd(ctx, tx, i, "claim of a target on a list", `SELECT c.stream, c.name, 'released by ' || e.type, 'held' FROM claims c
		JOIN events e ON e.stream = c.stream AND e.type = $1 WHERE c.name LIKE 'target:%'`, removed)
}
