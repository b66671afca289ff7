package postgres

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

var _ commands.Sessions = (*Sessions)(nil)

// Sessions keeps sessions and their refresh tokens.
type Sessions struct {
	pool *pgxpool.Pool
	byID *together[uuid.UUID, commands.Session]
}

// NewSessions returns the sessions over pool.
func NewSessions(pool *pgxpool.Pool) *Sessions {
	return &Sessions{pool, &together[uuid.UUID, commands.Session]{ask: func(ctx context.Context, ids []uuid.UUID) (map[uuid.UUID]commands.Session, error) {
		found, b := make(map[uuid.UUID]commands.Session, len(ids)), asking()
		b.Queue("SELECT id, account, epoch, ends FROM sessions WHERE id = ANY($1)", ids).Query(func(rows pgx.Rows) error {
			var s commands.Session
			_, err := pgx.ForEachRow(rows, []any{&s.ID, &s.Account, &s.Epoch, &s.Ends}, func() error { found[s.ID] = s; return nil })
			return err
		})
		return found, pool.SendBatch(ctx, b).Close()
	}}}
}

// Open implements commands.Sessions.
func (s *Sessions) Open(ctx context.Context, session commands.Session, token []byte, now time.Time) error {
	return away(pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue("DELETE FROM sessions WHERE account = $1 AND ends <= $2", session.Account, now)
		b.Queue("INSERT INTO sessions (id, account, epoch, ends) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING", session.ID, session.Account, session.Epoch, session.Ends)
		b.Queue("INSERT INTO refresh_tokens (hash, session) VALUES ($1, $2) ON CONFLICT DO NOTHING", token, session.ID)
		return tx.SendBatch(ctx, b).Close()
	}))
}

// Session implements commands.Sessions.
func (s *Sessions) Session(ctx context.Context, id uuid.UUID) (commands.Session, error) {
	found, known, err := s.byID.get(ctx, id)
	if err != nil {
		return found, away(err)
	}
	if !known {
		return found, noSession()
	}
	return found, nil
}

// spent is what became of a refresh token.
type spent struct {
	at        *time.Time // nil until it is spent
	salt      []byte
	successor bool // whether that one is spent
}

// Rotate implements commands.Sessions. Those who rotate one session take turns
// on its row.
func (s *Sessions) Rotate(ctx context.Context, r commands.Rotation) (session commands.Session, salt []byte, err error) {
	copied := false
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		var t spent
		if session, t, err = lockSession(ctx, tx, r); err != nil {
			return err
		}
		salt = t.salt
		switch {
		case t.at == nil:
			salt = r.Salt
			return spend(ctx, tx, session.ID, r)
		case !bytes.Equal(t.salt, r.Salt), t.successor:
			copied = true
			_, err := tx.Exec(ctx, "DELETE FROM sessions WHERE id = $1", session.ID)
			return err
		default:
			return nil
		}
	})
	switch {
	case err == nil && copied, domain.CodeOf(err) == domain.NotFound:
		return commands.Session{}, nil, noSession()
	case err != nil:
		return commands.Session{}, nil, away(err)
	default:
		return session, salt, nil
	}
}

// lockSession reads a token whose session it holds until the transaction ends.
func lockSession(ctx context.Context, tx pgx.Tx, r commands.Rotation) (session commands.Session, t spent, err error) {
	err = tx.QueryRow(ctx, `SELECT s.id, s.account, s.epoch, s.ends FROM sessions s
		WHERE s.id = (SELECT session FROM refresh_tokens WHERE hash = $1) AND s.ends > $2 FOR UPDATE`, r.Token, r.At).
		Scan(&session.ID, &session.Account, &session.Epoch, &session.Ends)
	if err == nil {
		err = tx.QueryRow(ctx, `SELECT t.spent_at, t.salt, n.spent_at IS NOT NULL FROM refresh_tokens t
			LEFT JOIN refresh_tokens n ON n.hash = t.successor WHERE t.hash = $1`, r.Token).Scan(&t.at, &t.salt, &t.successor)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		err = noSession()
	}
	return session, t, err
}

// spend puts the successor in a token's place. The salts of those before it
// have done their service: from then on nobody can make this one of an older one.
func spend(ctx context.Context, tx pgx.Tx, session uuid.UUID, r commands.Rotation) error {
	b := &pgx.Batch{}
	b.Queue("UPDATE refresh_tokens SET salt = NULL WHERE session = $1 AND salt IS NOT NULL", session)
	b.Queue("UPDATE refresh_tokens SET spent_at = $2, salt = $3, successor = $4 WHERE hash = $1", r.Token, r.At, r.Salt, r.Successor)
	b.Queue("INSERT INTO refresh_tokens (hash, session) VALUES ($1, $2)", r.Successor, session)
	return tx.SendBatch(ctx, b).Close()
}

func noSession() error { return domain.Errorf(domain.NotFound, "the session is over") }
