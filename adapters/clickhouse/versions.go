package clickhouse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// versions are the tables NAME_vN of a read model: the one behind the view, and
// the one that is made beside it, 0 where none is. The engine's own catalogue
// says so, and so changes together with the tables.
type versions struct{ live, building int }

// versions reads which tables a model has.
func (db *DB) versions(ctx context.Context, model string) (v versions, older []int, err error) {
	rows, err := db.conn.Query(ctx, `SELECT if(engine = 'View', extract(as_select, concat(?, '_v([0-9]+)')), extract(name, '_v([0-9]+)$')) AS n, engine = 'View'
		FROM system.tables WHERE database = currentDatabase() AND (name = ? OR match(name, concat('^', ?, '_v[0-9]+$'))) ORDER BY 2 DESC, toUInt32OrZero(n)`,
		model, model, model)
	if err != nil {
		return v, nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var digits string
		var view uint8
		var n int
		if err := rows.Scan(&digits, &view); err != nil {
			return v, nil, err
		}
		if _, err := fmt.Sscan(digits, &n); err != nil {
			return v, nil, fmt.Errorf("%s has a version %q: %w", model, digits, err)
		}
		switch {
		case view == 1:
			v.live = n
		case n < v.live:
			older = append(older, n)
		case n > v.live:
			v.building = n
		}
	}
	if v.live == 0 && rows.Err() == nil {
		return v, nil, fmt.Errorf("there is no view %s", model)
	}
	return v, older, rows.Err()
}

// table is the name of a version of a model.
func table(model string, n int) string { return fmt.Sprintf("%s_v%d", model, n) }

// Store stores a batch in a read model as Insert does in a table: in the version
// that is live, and before it in the one that is made beside it. When it
// returns nil, whichever of them is live from then on has the rows.
func (db *DB) Store(ctx context.Context, model string, columns []string, token string, rows []Row) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	into, _, err := db.versions(ctx, model)
	for err == nil {
		for _, n := range []int{into.building, into.live} {
			if n > 0 && err == nil {
				err = db.Insert(ctx, table(model, n), columns, token, rows)
			}
		}
		now, _, asked := db.versions(ctx, model)
		switch {
		case asked != nil:
			return errors.Join(err, asked)
		case now == into:
			return err
		}
		into, err = now, nil // what it was stored in, or could not be, is the past
	}
	return err
}

// note is what a rebuild keeps, as its table's comment, to go on from.
type note struct {
	Table   string          `json:"table"`   // of which it is: a table is made with the comment of the one before
	Offsets map[int32]int64 `json:"offsets"` // of the topic: the next
	Events  int64           `json:"events"`
}

func (db *DB) readNote(ctx context.Context, table string) (n note, err error) {
	var comment string
	err = db.conn.QueryRow(ctx, "SELECT comment FROM system.tables WHERE database = currentDatabase() AND name = ?", table).Scan(&comment)
	if err == nil && comment != "" {
		err = json.Unmarshal([]byte(comment), &n)
	}
	if n.Table != table {
		n = note{Table: table, Offsets: map[int32]int64{}}
	}
	return n, err
}

func (db *DB) writeNote(ctx context.Context, n note) error {
	text, err := json.Marshal(n)
	if err != nil {
		return err
	}
	return db.conn.Exec(ctx, "ALTER TABLE "+n.Table+" MODIFY COMMENT '"+strings.ReplaceAll(string(text), "'", "")+"'")
}

// plainly leaves out what would take rows for a repetition by their content.
var plainly = clickhouse.Settings{"insert_deduplicate": 0, "async_insert": 0}
