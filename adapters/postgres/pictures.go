package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Pictures = (*Pictures)(nil)

// Pictures keeps pictures for a while. After a crash of the server there are none.
type Pictures struct{ pool *pgxpool.Pool }

// NewPictures returns the pictures over pool.
func NewPictures(pool *pgxpool.Pool) *Pictures { return &Pictures{pool} }

// Keep implements commands.Pictures.
func (p *Pictures) Keep(ctx context.Context, record string, sealed []byte, until time.Time) error {
	_, err := p.pool.Exec(ctx, `INSERT INTO pictures (record, sealed, until) VALUES ($1, $2, $3)
		ON CONFLICT (record) DO UPDATE SET sealed = excluded.sealed, until = excluded.until`, record, sealed, until)
	return away(err)
}

// Picture implements commands.Pictures.
func (p *Pictures) Picture(ctx context.Context, record string, now time.Time) (sealed []byte, err error) {
	err = p.pool.QueryRow(ctx, "SELECT sealed FROM pictures WHERE record = $1 AND until > $2", record, now).Scan(&sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, domain.Errorf(domain.NotFound, "there is no picture by this name")
	}
	return sealed, away(err)
}

// Sweep implements commands.Pictures.
func (p *Pictures) Sweep(ctx context.Context, now time.Time, most int) (int, error) {
	tag, err := p.pool.Exec(ctx, `DELETE FROM pictures WHERE record IN (
		SELECT record FROM pictures WHERE until <= $1 ORDER BY until LIMIT $2 FOR UPDATE SKIP LOCKED)`, now, most)
	return int(tag.RowsAffected()), away(err)
}
