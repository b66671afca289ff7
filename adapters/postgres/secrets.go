package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Secrets = (*Secrets)(nil)

// Secrets reads what stands beside the log and in no event.
type Secrets struct {
	pool   *pgxpool.Pool
	byName *together[string, commands.Secret]
}

// NewSecrets returns a reader over pool.
func NewSecrets(pool *pgxpool.Pool) *Secrets {
	return &Secrets{pool, &together[string, commands.Secret]{ask: func(ctx context.Context, names []string) (map[string]commands.Secret, error) {
		rows, err := pool.Query(ctx, "SELECT name, owner, value FROM secrets WHERE name = ANY($1)", names)
		if err != nil {
			return nil, err
		}
		found := make(map[string]commands.Secret, len(names))
		var s commands.Secret
		_, err = pgx.ForEachRow(rows, []any{&s.Name, &s.Owner, &s.Value}, func() error {
			found[s.Name] = commands.Secret{Name: s.Name, Owner: s.Owner, Value: slices.Clone(s.Value)}
			return nil
		})
		return found, err
	}}}
}

// Secret implements commands.Secrets.
func (s *Secrets) Secret(ctx context.Context, name string) (commands.Secret, error) {
	found, known, err := s.byName.get(ctx, name)
	if err == nil && !known {
		err = domain.Errorf(domain.NotFound, "there is no such secret")
	}
	if err != nil {
		return commands.Secret{Name: name}, away(err)
	}
	return found, nil
}

// Claimed implements commands.Secrets.
func (s *Secrets) Claimed(ctx context.Context, name string) (stream domain.Stream, err error) {
	err = s.pool.QueryRow(ctx, "SELECT stream FROM claims WHERE name = $1", name).Scan(&stream)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", domain.Errorf(domain.NotFound, "nobody holds this claim")
	}
	return stream, away(err)
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
