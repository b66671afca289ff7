package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
)

// plannedRuns is what became of runs, with the time for which the events before it had
// planned the next one: "" for none, as after a pause.
const plannedRuns = `SELECT e.stream, e.version, e.type, e.payload->>'due' AS due, e.payload->>'scan' AS scan, coalesce(p.payload->>'next', '') AS planned
	FROM events e LEFT JOIN LATERAL (SELECT payload FROM events p WHERE p.stream = e.stream AND p.version < e.version
		AND p.type = ANY($2) ORDER BY p.version DESC LIMIT 1) p ON true
	WHERE e.position > $1 AND e.type = ANY($3) AND e.payload IS NOT NULL`

// runs looks that each time at which a schedule was due is a scan that was asked for or
// a miss that is told, in the order in which they were planned.
func (a *Auditor) runs(ctx context.Context, tx pgx.Tx, i *domain.Invariant) error {
	started := domain.RunStarted{}.Kind()
	told := []string{started, domain.RunMissed{}.Kind()}
	says := append([]string{
		domain.ScheduleSet{}.Kind(), domain.SchedulePaused{}.Kind(), domain.ScheduleResumed{}.Kind(), domain.ScheduleRemoved{}.Kind(), domain.TargetRemoved{}.Kind(),
	}, told...)
	err := a.odd(ctx, tx, i, "run of a schedule", "SELECT stream, version::text, planned, due FROM ("+plannedRuns+") r WHERE due <> planned", a.After, says, told)
	if err != nil {
		return err
	}
	return a.odd(ctx, tx, i, "scan of a run", `SELECT r.stream, r.version::text, 'scan-' || r.scan, 'no such scan' FROM (`+plannedRuns+`) r
		WHERE r.type = $4 AND NOT EXISTS (SELECT FROM streams s WHERE s.stream = 'scan-' || r.scan)`, a.After, says, told, started)
}
