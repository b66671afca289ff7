package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/scanledger/scanledger/domain"
)

// version is one version of a read model: a table of rows, and one of how far
// each stream is in them.
type version struct {
	model string
	n     int
}

func (v version) table() string  { return fmt.Sprintf("%s_v%d", v.model, v.n) }
func (v version) places() string { return v.table() + "_places" }

// The first halves of advisory locks; the second is the model.
const (
	swapLock    = 0x5ca11ed1 // shared: the live version stays; exclusive: it is changed
	rebuildLock = 0x5ca11ed2 // of the one process that rebuilds
)

// live are the versions of models that are live, and stay so until the
// transaction ends.
func live(ctx context.Context, tx pgx.Tx, models ...Model) ([]version, error) {
	versions := make([]version, len(models))
	b := &pgx.Batch{} // what is selected sees what the locks have waited for
	for _, m := range models {
		stay(b, m.Name())
	}
	for i, m := range models {
		v := &versions[i]
		v.model = m.Name()
		b.Queue("SELECT live FROM models WHERE model = $1", v.model).QueryRow(func(row pgx.Row) error { return row.Scan(&v.n) })
	}
	return versions, tx.SendBatch(ctx, b).Close()
}

// stay queues that the live version of a model stays until the transaction ends.
func stay(b *pgx.Batch, model string) {
	b.Queue("SELECT pg_advisory_xact_lock_shared($1, hashtext($2))", swapLock, model)
}

// standStill begins a snapshot of read models, before it is taken: no other
// version of theirs goes live before it ends.
func standStill(ctx context.Context, tx pgx.Tx, models ...Model) error {
	tables := "projected"
	for _, m := range models {
		tables += ", " + m.Name()
	}
	_, err := tx.Exec(ctx, "LOCK TABLE "+tables+" IN ACCESS SHARE MODE")
	return err
}

// Alone makes this process the only one that rebuilds a read model, wherever
// that is kept, until it unlocks or its connection is lost; a Conflict when
// another is. One that was killed is so for a moment more.
func Alone(ctx context.Context, pool *pgxpool.Pool, model string) (unlock func(), err error) {
	const tries, pause = 5, 200 * time.Millisecond
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return nil, away(err)
	}
	c := conn.Hijack() // closing it frees the lock, whatever state it is in
	unlock = func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, _ = c.Exec(ctx, "SELECT pg_advisory_unlock_all()") // at once, not when the server notices
		_ = c.Close(ctx)
	}
	var alone bool
	for try := 0; err == nil && !alone && try < tries; try++ {
		if try > 0 {
			rest(ctx, pause, nil)
		}
		err = away(c.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, hashtext($2))", rebuildLock, model).Scan(&alone))
	}
	if err == nil && !alone {
		err = domain.Errorf(domain.Conflict, "%s is being rebuilt by another process", model)
	}
	if err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}
