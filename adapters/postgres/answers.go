package postgres

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Answers = (*Answers)(nil)

// Answers keeps what was answered to requests that carry an Idempotency-Key.
// All clocks are the server's.
//
// Its transactions do not wait for the disk. One that a crash of the server
// takes back takes nothing along that was acknowledged: a record that is gone
// had no events, as their transaction has it on disk too, and an answer that
// is gone is made again from the events of its record.
type Answers struct{ pool *pgxpool.Pool }

// NewAnswers returns a store over pool.
func NewAnswers(pool *pgxpool.Pool) *Answers { return &Answers{pool} }

// hasty begins a transaction that does not wait for the disk.
func hasty() *pgx.Batch {
	b := &pgx.Batch{}
	b.Queue("SELECT set_config('synchronous_commit', 'off', true)")
	return b
}

// kept is a record as it stands after an attempt has asked for it.
type kept struct {
	commands.Attempt
	steps  []string
	events []uuid.UUID
	answer []byte
}

// Begin implements commands.Answers. The second statement locks the record
// also where it takes nothing over, so that the third sees it as it stands.
func (a *Answers) Begin(ctx context.Context, asked commands.Attempt, lease, keep time.Duration) (*commands.Once, error) {
	var k kept
	b := hasty()
	b.Queue("DELETE FROM answers WHERE record = $1 AND keep_until <= now()", asked.Record)
	b.Queue(`INSERT INTO answers AS a (record, attempt, owner, fingerprint, salt, leased_until, keep_until)
		VALUES ($1, $2, $3, $4, $5, now() + $6::interval, now() + $7::interval)
		ON CONFLICT (record) DO UPDATE SET attempt = excluded.attempt, leased_until = excluded.leased_until, keep_until = excluded.keep_until
		WHERE a.answer IS NULL AND a.leased_until <= now() AND a.fingerprint = excluded.fingerprint`,
		asked.Record, asked.ID, asked.Owner, asked.Fingerprint, asked.Salt, lease, keep)
	b.Queue("SELECT record, attempt, owner, fingerprint, salt, steps, events, answer FROM answers WHERE record = $1", asked.Record).
		QueryRow(func(row pgx.Row) error {
			return row.Scan(&k.Record, &k.ID, &k.Owner, &k.Fingerprint, &k.Salt, &k.steps, &k.events, &k.answer)
		})
	if err := a.pool.SendBatch(ctx, b).Close(); err != nil {
		return nil, away(err)
	}
	switch {
	case !bytes.Equal(k.Fingerprint, asked.Fingerprint):
		return nil, commands.OfAnother()
	case k.answer == nil && k.ID != asked.ID:
		return nil, commands.Busy()
	}
	done, err := a.done(ctx, k)
	return &commands.Once{Attempt: k.Attempt, Done: done, Answer: k.answer}, err
}

// done reads what earlier attempts have appended, where there is no answer yet.
func (a *Answers) done(ctx context.Context, k kept) (map[string][]domain.Envelope, error) {
	if k.answer != nil || len(k.events) == 0 {
		return nil, nil
	}
	rows, err := a.pool.Query(ctx, "SELECT "+eventColumns+" FROM events WHERE id = ANY($1) ORDER BY position", k.events)
	if err != nil {
		return nil, away(err)
	}
	stored, err := pgx.CollectRows(rows, scanStored)
	if err != nil {
		return nil, away(err)
	}
	events, err := decodeAll(stored)
	if err != nil {
		return nil, err
	}
	stepOf := make(map[uuid.UUID]string, len(k.events))
	for i, id := range k.events {
		stepOf[id] = k.steps[i]
	}
	done := map[string][]domain.Envelope{}
	for _, e := range events {
		step := stepOf[e.ID]
		done[step] = append(done[step], e)
	}
	return done, nil
}

// Keep implements commands.Answers.
func (a *Answers) Keep(ctx context.Context, at commands.Attempt, sealed []byte) error {
	var kept int64
	b := hasty()
	b.Queue("UPDATE answers SET answer = $3, salt = '' WHERE record = $1 AND attempt = $2 AND answer IS NULL", at.Record, at.ID, sealed).
		Exec(func(tag pgconn.CommandTag) error { kept = tag.RowsAffected(); return nil })
	if err := a.pool.SendBatch(ctx, b).Close(); err != nil {
		return away(err)
	}
	if kept == 0 {
		return domain.Errorf(domain.Lost, "another attempt has the record")
	}
	return nil
}

// Release implements commands.Answers. It waits for an append that is being
// committed, and sees what it has done.
func (a *Answers) Release(ctx context.Context, at commands.Attempt) error {
	b := hasty()
	b.Queue("DELETE FROM answers WHERE record = $1 AND attempt = $2 AND answer IS NULL AND events = '{}'", at.Record, at.ID)
	b.Queue("UPDATE answers SET leased_until = now() WHERE record = $1 AND attempt = $2 AND answer IS NULL", at.Record, at.ID)
	return away(a.pool.SendBatch(ctx, b).Close())
}

// Sweep implements commands.Answers.
func (a *Answers) Sweep(ctx context.Context, most int) (int, error) {
	tag, err := a.pool.Exec(ctx, `DELETE FROM answers WHERE record IN (
		SELECT record FROM answers WHERE keep_until <= now() ORDER BY keep_until LIMIT $1 FOR UPDATE SKIP LOCKED)`, most)
	return int(tag.RowsAffected()), away(err)
}
