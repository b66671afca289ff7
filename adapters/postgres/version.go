package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
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

// live is the version of a model that is live, and stays so until the
// transaction ends.
func live(ctx context.Context, tx pgx.Tx, model string) (version, error) {
	v := version{model: model}
	b := &pgx.Batch{} // the second statement sees what the first has waited for
	b.Queue("SELECT pg_advisory_xact_lock_shared($1, hashtext($2))", swapLock, model)
	b.Queue("SELECT live FROM models WHERE model = $1", model).QueryRow(func(row pgx.Row) error { return row.Scan(&v.n) })
	return v, tx.SendBatch(ctx, b).Close()
}
