package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Secrets = (*Secrets)(nil)

// Secrets reads what stands beside the log and in no event.
type Secrets struct {
	pool  *pgxpool.Pool
	looks *together[question, sight]
}

// NewSecrets returns a reader over pool.
func NewSecrets(pool *pgxpool.Pool) *Secrets {
	return &Secrets{pool, &together[question, sight]{ask: func(ctx context.Context, all []question) (map[question]sight, error) {
		return look(ctx, pool, all)
	}}}
}

// Look implements commands.Secrets. Where the request is going to read a scan,
// how that stands is asked with it.
func (s *Secrets) Look(ctx context.Context, at commands.Look) (commands.Seen, error) {
	next := aheadOf(ctx)
	seen, _, err := s.looks.get(ctx, question{at, next.stream})
	if err == nil {
		next.tell(seen.stand, seen.stands)
	}
	return seen.Seen, away(err)
}

// Secret implements commands.Secrets.
func (s *Secrets) Secret(ctx context.Context, name string) (commands.Secret, error) {
	seen, err := s.Look(ctx, commands.Look{Secret: name})
	if err == nil && seen.Secret.Name == "" {
		err = domain.Errorf(domain.NotFound, "there is no such secret")
	}
	if err != nil {
		return commands.Secret{Name: name}, err
	}
	return seen.Secret, nil
}

// Claimed implements commands.Secrets.
func (s *Secrets) Claimed(ctx context.Context, name string) (domain.Stream, error) {
	seen, err := s.Look(ctx, commands.Look{Claim: name})
	if err == nil && seen.Holder == "" {
		err = domain.Errorf(domain.NotFound, "nobody holds this claim")
	}
	return seen.Holder, err
}

// Tallied implements commands.Secrets.
func (s *Secrets) Tallied(ctx context.Context, name string) (used int, err error) {
	err = s.pool.QueryRow(ctx, "SELECT coalesce(max(used), 0) FROM tallies WHERE name = $1", name).Scan(&used)
	return used, away(err)
}

// SweepTallies removes at most so many of the tallies of hours before that of a
// moment, and returns how many.
func (s *Secrets) SweepTallies(ctx context.Context, before time.Time, most int) (int, error) {
	tag, err := s.pool.Exec(ctx, `DELETE FROM tallies WHERE name IN (
		SELECT name FROM tallies WHERE name >= 'hour:' AND name < $1 AND name LIKE 'hour:%' LIMIT $2 FOR UPDATE SKIP LOCKED)`, commands.HourTallies(before), most)
	return int(tag.RowsAffected()), away(err)
}

// Replace implements commands.Secrets.
func (s *Secrets) Replace(ctx context.Context, old commands.Secret, value []byte) error {
	done, err := s.pool.Exec(ctx, "UPDATE secrets SET value = $3 WHERE name = $1 AND value = $2", old.Name, old.Value, value)
	if err == nil && done.RowsAffected() == 0 {
		return domain.Errorf(domain.Stale, "the secret is another by now")
	}
	return away(err)
}

// Installation returns the installation's own secret of a name: drawn by
// random when it is first asked for, and the same for every process after that.
func (s *Secrets) Installation(ctx context.Context, name string, random func([]byte)) ([]byte, error) {
	fresh := make([]byte, 32)
	random(fresh)
	var value []byte
	err := s.pool.QueryRow(ctx, `INSERT INTO secrets (name, owner, value) VALUES ($1, $2, $3)
		ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING value`,
		"installation:"+name, "00000000-0000-0000-0000-000000000000", fresh).Scan(&value)
	return value, away(err)
}

// dayName names the installation's secret of a day (UTC).
func dayName(day time.Time) string { return "day:" + day.UTC().Format(time.DateOnly) }

// OfDay returns the installation's secret of a day (UTC), as Installation does.
func (s *Secrets) OfDay(ctx context.Context, day time.Time, random func([]byte)) ([]byte, error) {
	return s.Installation(ctx, dayName(day), random)
}

// ForgetDays destroys the installation's secrets of the days before one.
func (s *Secrets) ForgetDays(ctx context.Context, day time.Time) error {
	_, err := s.pool.Exec(ctx, "DELETE FROM secrets WHERE name LIKE 'installation:day:%' AND name < $1", "installation:"+dayName(day))
	return away(err)
}
