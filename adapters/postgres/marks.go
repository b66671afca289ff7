package postgres

import (
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/commands"
)

// marks are the records of requests that a group's members append for: the
// newest attempt of each, and what is to be noted with it.
type marks struct {
	records []string // what load asks for
	newest  map[string]uuid.UUID

	noted, steps   []string // per event
	events, owners []uuid.UUID
}

func (m *marks) want(k commands.Mark) {
	if k.Record != "" {
		m.records = append(m.records, k.Record)
	}
}

// load locks the records, after the streams and the tallies: from here on no
// other attempt can begin until the transaction ends.
func (m *marks) load(b *pgx.Batch) {
	if len(m.records) == 0 {
		return
	}
	m.newest = map[string]uuid.UUID{}
	b.Queue("SELECT record, attempt FROM answers WHERE record = ANY($1) ORDER BY record FOR UPDATE", m.records).Query(func(rows pgx.Rows) error {
		var record string
		var attempt uuid.UUID
		_, err := pgx.ForEachRow(rows, []any{&record, &attempt}, func() error { m.newest[record] = attempt; return nil })
		return err
	})
}

// refusal is why an attempt may not append: there is a newer one, or its
// record is gone.
func (m *marks) refusal(k commands.Mark) error {
	if k.Record == "" || m.newest[k.Record] == k.Attempt {
		return nil
	}
	return commands.Busy()
}

func (m *marks) note(k commands.Mark, event, owner uuid.UUID) {
	if k.Record != "" {
		m.noted, m.steps = append(m.noted, k.Record), append(m.steps, k.Step)
		m.events, m.owners = append(m.events, event), append(m.owners, owner)
	}
}

// insert notes the events with their records. A record of somebody without an
// account, who has just got one, goes with that account.
func (m *marks) insert(b *pgx.Batch) {
	if len(m.noted) == 0 {
		return
	}
	b.Queue(`UPDATE answers a SET steps = a.steps || n.steps, events = a.events || n.events, owner = CASE WHEN a.owner = $5 THEN n.owner ELSE a.owner END
		FROM (SELECT record, array_agg(step ORDER BY i) AS steps, array_agg(event ORDER BY i) AS events, (array_agg(owner ORDER BY i))[1] AS owner
			FROM unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[]) WITH ORDINALITY AS t(record, step, event, owner, i) GROUP BY record) AS n
		WHERE a.record = n.record`, m.noted, m.steps, m.events, m.owners, uuid.Nil)
}
