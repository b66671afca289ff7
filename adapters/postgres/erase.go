package postgres

import (
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// erasure is the end of a stream: the versions that the write adds to it.
type erasure struct {
	stream domain.Stream
	owner  uuid.UUID
	after  int // the last version that is erased
	last   int // the version that the stream then has
}

// readModel is a table whose rows go with their stream.
type readModel interface {
	Model
	forget(b *pgx.Batch, table, places string, s domain.Stream, last int)
}

// readModels are the tables with rows of streams of a family.
var readModels = map[string][]readModel{
	domain.ScanFamily:   {NewTable(nil, projections.Scans), NewTable(nil, projections.Findings), NewTable(nil, projections.Reports), NewTable(nil, projections.Sightings)},
	domain.TargetFamily: {NewTable(nil, projections.Targets)},
	domain.LinkFamily:   {NewTable(nil, projections.Links)},
}

// insertErasures queues what goes with the end of streams. Places in read models
// are locked before the stream's row, as those that fill them do it. A version
// that is being made learns it from the log, or has it before it goes live.
func (g *grouping) insertErasures(b *pgx.Batch) {
	for _, e := range g.erasures {
		for _, t := range readModels[e.stream.Family()] {
			stay(b, t.Name())
		}
		for _, t := range readModels[e.stream.Family()] {
			t.forget(b, t.Name(), "projected", e.stream, e.last)
		}
		b.Queue("SELECT FROM streams WHERE stream = $1 FOR UPDATE", e.stream) // waits for evidence that is being kept
		b.Queue("UPDATE streams SET erased = true, listed = $2 WHERE stream = $1", e.stream, e.last)
		b.Queue("DELETE FROM claims WHERE stream = $1", e.stream)
		switch e.stream.Family() {
		case domain.ScanFamily, domain.TargetFamily, domain.LinkFamily:
			b.Queue("UPDATE events SET payload = NULL WHERE stream = $1 AND version <= $2 AND payload IS NOT NULL", e.stream, e.after)
			b.Queue("DELETE FROM evidence WHERE scan = $1", e.stream.ID())
			b.Queue("DELETE FROM tallies WHERE name = $1", domain.LinkTally(e.stream.ID()))
		case domain.AccountFamily:
			types, schemas := inClear(e.stream)
			b.Queue(`UPDATE events SET payload = NULL WHERE stream = $1 AND version <= $2 AND payload IS NOT NULL
				AND (type, schema_version) IN (SELECT * FROM unnest($3::text[], $4::smallint[]))`, e.stream, e.after, types, schemas)
			forgetAccount(b, e.owner)
		}
	}
}

// forgetAccount queues what an account leaves beside the log. The installation's
// secrets belong to nobody.
func forgetAccount(b *pgx.Batch, owner uuid.UUID) {
	b.Queue("DELETE FROM secrets WHERE owner = $1 AND name NOT LIKE 'installation:%'", owner)
	b.Queue("DELETE FROM answers WHERE owner = $1", owner)
	b.Queue("DELETE FROM sessions WHERE account = $1", owner)
	b.Queue("DELETE FROM key_uses WHERE account = $1", owner)
	b.Queue("DELETE FROM months WHERE name LIKE '%:' || $1::text", owner)
	b.Queue("INSERT INTO forgetting (account) VALUES ($1) ON CONFLICT DO NOTHING", owner)
}

// inClear are the events of a stream whose payloads are erased.
func inClear(s domain.Stream) (types []string, schemas []int) {
	for _, e := range domain.Catalog {
		if domain.Erasable(s, e.Kind, e.Version) {
			types, schemas = append(types, e.Kind), append(schemas, e.Version)
		}
	}
	return types, schemas
}
