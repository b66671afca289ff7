package postgres

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
)

// insert writes everything down after what is in the batch, and ends with a last
// statement: COMMIT. All statements go out together.
func (g *grouping) insert(ctx context.Context, to sender, b *pgx.Batch, last string) error {
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
	ids, streams, versions, owners := make([]uuid.UUID, n), make([]string, n), make([]int32, n), make([]uuid.UUID, n)
	types, schemas, ats := make([]string, n), make([]int16, n), make([]time.Time, n)
	actors, causes, traces := make([]string, n), make([]string, n), make([]string, n)
	payloads, digests := make([]string, n), make([][]byte, n)
	for i, s := range g.events {
		ids[i], streams[i], versions[i], owners[i] = s.ID, string(s.Stream), int32(s.Version), s.Owner
		types[i], schemas[i], ats[i] = s.Type, int16(s.Schema), s.At
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

// insertHeads moves the streams' heads. A stream that another transaction has
// made or moved meanwhile has events that collide with ours: it does not come
// to this.
func (g *grouping) insertHeads(b *pgx.Batch) {
	var made, moved columnsOfHeads
	for _, s := range slices.Sorted(maps.Keys(g.heads)) {
		switch h := g.heads[s]; {
		case !h.changed:
		case h.made:
			made.add(s, h)
		default:
			moved.add(s, h)
		}
	}
	if len(made.streams) > 0 {
		b.Queue(`INSERT INTO streams (stream, owner, version, head)
			SELECT * FROM unnest($1::text[], $2::uuid[], $3::int[], $4::bytea[])`, made.streams, made.owners, made.versions, made.hashes)
	}
	if len(moved.streams) > 0 {
		b.Queue(`UPDATE streams s SET version = n.version, head = n.head
			FROM unnest($1::text[], $2::int[], $3::bytea[]) AS n(stream, version, head)
			WHERE s.stream = n.stream`, moved.streams, moved.versions, moved.hashes)
	}
}

type columnsOfHeads struct {
	streams  []string
	owners   []uuid.UUID
	versions []int32
	hashes   [][]byte
}

func (c *columnsOfHeads) add(s domain.Stream, h head) {
	c.streams, c.owners = append(c.streams, string(s)), append(c.owners, h.owner)
	c.versions, c.hashes = append(c.versions, int32(h.version)), append(c.hashes, h.hash)
}

func (g *grouping) insertClaims(b *pgx.Batch) {
	for _, c := range g.claimSteps {
		b.Queue(c.sql, c.names, c.streams)
	}
}
