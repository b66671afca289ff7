package postgres

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// insert writes everything down, and ends with a last statement: COMMIT. All statements go out together.
func (g *grouping) insert(ctx context.Context, to sender, last string) error {
	b := &pgx.Batch{}
	positions := make(map[uuid.UUID]int64, len(g.events))
	g.insertErasures(b)
	g.insertEvents(b, positions)
	g.insertHeads(b)
	g.insertClaims(b)
	if len(g.tallyNames) > 0 {
		names := slices.Sorted(maps.Keys(g.tallies))
		used := make([]int, len(names))
		for i, n := range names {
			used[i] = g.tallies[n]
		}
		b.Queue("UPDATE tallies t SET used = n.used FROM unnest($1::text[], $2::int[]) AS n(name, used) WHERE t.name = n.name", names, used)
	}
	for _, s := range g.secrets {
		b.Queue("INSERT INTO secrets (name, owner, value) VALUES ($1, $2, $3) ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, value = excluded.value", s.Name, s.Owner, s.Value)
	}
	if len(g.forgotten) > 0 {
		b.Queue("DELETE FROM secrets WHERE name = ANY($1)", g.forgotten)
	}
	g.marks.insert(b)
	b.Queue(last)
	if err := to.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	for i := range g.answers {
		for j := range g.answers[i].events {
			if position, fresh := positions[g.answers[i].events[j].ID]; fresh {
				g.answers[i].events[j].Position = position
			}
		}
	}
	return nil
}

func (g *grouping) insertEvents(b *pgx.Batch, positions map[uuid.UUID]int64) {
	n := len(g.events)
	ids, streams, versions, owners := make([]uuid.UUID, n), make([]string, n), make([]int, n), make([]uuid.UUID, n)
	types, schemas, ats := make([]string, n), make([]int, n), make([]time.Time, n)
	actors, causes, traces := make([]string, n), make([]string, n), make([]string, n)
	payloads, digests := make([]string, n), make([][]byte, n)
	for i, s := range g.events {
		ids[i], streams[i], versions[i], owners[i] = s.ID, string(s.Stream), s.Version, s.Owner
		types[i], schemas[i], ats[i] = s.Type, s.Schema, s.At
		actors[i], causes[i], traces[i] = s.Actor, s.Cause, s.Trace
		payloads[i], digests[i] = string(s.Payload), s.Digest()
	}
	b.Queue(`INSERT INTO events (id, stream, version, owner, type, schema_version, at, actor, cause, trace, payload, digest, hash)
		SELECT * FROM unnest($1::uuid[], $2::text[], $3::int[], $4::uuid[], $5::text[], $6::smallint[], $7::timestamptz[],
			$8::text[], $9::text[], $10::text[], $11::json[], $12::bytea[], $13::bytea[])
		RETURNING id, position`,
		ids, streams, versions, owners, types, schemas, ats, actors, causes, traces, payloads, digests, g.hashes,
	).Query(func(rows pgx.Rows) error {
		var id uuid.UUID
		var position int64
		_, err := pgx.ForEachRow(rows, []any{&id, &position}, func() error { positions[id] = position; return nil })
		return err
	})
}

func (g *grouping) insertHeads(b *pgx.Batch) {
	var names []string
	var owners []uuid.UUID
	var versions []int
	var hashes [][]byte
	for _, s := range slices.Sorted(maps.Keys(g.heads)) {
		if h := g.heads[s]; h.changed {
			names, owners = append(names, string(s)), append(owners, h.owner)
			versions, hashes = append(versions, h.version), append(hashes, h.hash)
		}
	}
	b.Queue(`INSERT INTO streams (stream, owner, version, head)
		SELECT * FROM unnest($1::text[], $2::uuid[], $3::int[], $4::bytea[])
		ON CONFLICT (stream) DO UPDATE SET version = excluded.version, head = excluded.head`, names, owners, versions, hashes)
}

func (g *grouping) insertClaims(b *pgx.Batch) {
	for _, c := range g.claimSteps {
		b.Queue(c.sql, c.name, c.stream)
	}
}
