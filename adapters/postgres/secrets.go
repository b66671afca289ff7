package postgres

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Secrets = (*Secrets)(nil)

// Secrets reads what stands beside the log and in no event.
type Secrets struct {
	pool  *pgxpool.Pool
	looks *together[commands.Look, commands.Seen]
}

// NewSecrets returns a reader over pool.
func NewSecrets(pool *pgxpool.Pool) *Secrets {
	return &Secrets{pool, &together[commands.Look, commands.Seen]{ask: func(ctx context.Context, at []commands.Look) (map[commands.Look]commands.Seen, error) {
		return look(ctx, pool, at)
	}}}
}

// look returns how many things stand at one moment.
func look(ctx context.Context, to sender, at []commands.Look) (map[commands.Look]commands.Seen, error) {
	secrets, claims, streams := make([]string, len(at)), make([]string, len(at)), make([]string, len(at))
	for i, l := range at {
		secrets[i], claims[i], streams[i] = l.Secret, l.Claim, string(l.Stream)
	}
	seen, b := make(map[commands.Look]commands.Seen, len(at)), asking()
	b.Queue(`SELECT n, k.name, k.owner, k.value, c.stream, s.version
		FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS l(secret, claim, stream, n)
		LEFT JOIN secrets k ON k.name = l.secret LEFT JOIN claims c ON c.name = l.claim LEFT JOIN streams s ON s.stream = l.stream`,
		secrets, claims, streams).Query(func(rows pgx.Rows) error {
		var n int
		var name, holder *string
		var owner *uuid.UUID
		var value []byte
		var version *int
		_, err := pgx.ForEachRow(rows, []any{&n, &name, &owner, &value, &holder, &version}, func() error {
			var one commands.Seen
			if name != nil {
				one.Secret = commands.Secret{Name: *name, Owner: *owner, Value: slices.Clone(value)}
			}
			if holder != nil {
				one.Holder = domain.Stream(*holder)
			}
			if version != nil {
				one.Version = *version
			}
			seen[at[n-1]] = one
			return nil
		})
		return err
	})
	return seen, to.SendBatch(ctx, b).Close()
}

// Look implements commands.Secrets.
func (s *Secrets) Look(ctx context.Context, at commands.Look) (commands.Seen, error) {
	seen, _, err := s.looks.get(ctx, at)
	return seen, away(err)
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
