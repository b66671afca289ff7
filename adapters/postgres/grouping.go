package postgres

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// grouping is what a group's transaction has read, and what it will write.
type grouping struct {
	heads   map[domain.Stream]head
	claims  map[string]domain.Stream
	tallies map[string]int
	known   map[uuid.UUID]int64 // positions of events that are in the log already
	answers []answer

	ids, streams, claimNames, tallyNames []string // what load asks for
	events                               []domain.Stored
	hashes                               [][]byte
	taken, optional                      []claimRow
	freed                                []claimRow
	secrets                              []commands.Secret
	forgotten                            []string
}

type head struct {
	version int
	hash    []byte
	owner   uuid.UUID
	changed bool
}

type claimRow struct {
	name   string
	stream domain.Stream
}

func newGrouping(group []*pending) *grouping {
	g := &grouping{
		heads: map[domain.Stream]head{}, claims: map[string]domain.Stream{}, tallies: map[string]int{},
		known: map[uuid.UUID]int64{}, answers: make([]answer, len(group)),
	}
	for _, p := range group {
		for _, w := range p.writes {
			g.streams = append(g.streams, string(w.Stream))
			if len(w.stored) > 0 {
				g.ids = append(g.ids, w.stored[0].ID.String())
			}
			for _, c := range w.Claims {
				g.claimNames = append(g.claimNames, c.Name)
			}
			for _, t := range w.Tallies {
				g.tallyNames = append(g.tallyNames, t.Name)
			}
		}
	}
	return g
}

// load locks the streams and tallies, in one order for everybody, and reads
// what the decision needs. All statements go out together.
func (g *grouping) load(ctx context.Context, tx pgx.Tx) error {
	b := &pgx.Batch{}
	b.Queue("SELECT stream, version, head, owner FROM streams WHERE stream = ANY($1) ORDER BY stream FOR UPDATE", g.streams).Query(func(rows pgx.Rows) error {
		var s domain.Stream
		var h head
		_, err := pgx.ForEachRow(rows, []any{&s, &h.version, &h.hash, &h.owner}, func() error {
			g.heads[s] = head{version: h.version, hash: slices.Clone(h.hash), owner: h.owner}
			return nil
		})
		return err
	})
	b.Queue("SELECT id, position FROM events WHERE id = ANY($1::uuid[])", g.ids).Query(func(rows pgx.Rows) error {
		var id uuid.UUID
		var position int64
		_, err := pgx.ForEachRow(rows, []any{&id, &position}, func() error { g.known[id] = position; return nil })
		return err
	})
	if len(g.claimNames) > 0 {
		b.Queue("SELECT name, stream FROM claims WHERE name = ANY($1)", g.claimNames).Query(func(rows pgx.Rows) error {
			var c claimRow
			_, err := pgx.ForEachRow(rows, []any{&c.name, &c.stream}, func() error { g.claims[c.name] = c.stream; return nil })
			return err
		})
	}
	if len(g.tallyNames) > 0 {
		slices.Sort(g.tallyNames)
		b.Queue("INSERT INTO tallies (name) SELECT DISTINCT unnest($1::text[]) ORDER BY 1 ON CONFLICT DO NOTHING", g.tallyNames)
		b.Queue("SELECT name, used FROM tallies WHERE name = ANY($1) ORDER BY name FOR UPDATE", g.tallyNames).Query(func(rows pgx.Rows) error {
			var name string
			var used int
			_, err := pgx.ForEachRow(rows, []any{&name, &used}, func() error { g.tallies[name] = used; return nil })
			return err
		})
	}
	return tx.SendBatch(ctx, b).Close()
}

// decide answers each member in turn, as if those before it had committed.
func (g *grouping) decide(group []*pending) {
	for i, p := range group {
		if g.answers[i].err = g.refusal(p.writes); g.answers[i].err != nil {
			continue
		}
		if g.appendedBefore(p.writes) {
			g.answers[i].events = g.repeat(p.writes)
			continue
		}
		for _, w := range p.writes {
			g.answers[i].events = append(g.answers[i].events, g.accept(w)...)
		}
	}
}

// appendedBefore says whether an earlier run of the same transaction has
// committed these writes.
func (g *grouping) appendedBefore(writes []prepared) bool {
	return slices.ContainsFunc(writes, func(w prepared) bool {
		return len(w.stored) > 0 && g.known[w.stored[0].ID] > 0
	})
}

// repeat is the answer to writes that are in the log. Positions within one
// write follow each other.
func (g *grouping) repeat(writes []prepared) []domain.Envelope {
	var out []domain.Envelope
	for _, w := range writes {
		for i, s := range w.stored {
			s.Position = g.known[w.stored[0].ID] + int64(i)
			out = append(out, s.Envelope)
		}
	}
	return out
}

// refusal is why the writes cannot be appended, nil if they can.
func (g *grouping) refusal(writes []prepared) error {
	if g.appendedBefore(writes) {
		return nil
	}
	for _, w := range writes {
		if h := g.heads[w.Stream]; h.version != w.After {
			return domain.Errorf(domain.Stale, "stream %s is at version %d, not %d", w.Stream, h.version, w.After)
		}
		for _, c := range w.Claims {
			if holder, taken := g.claims[c.Name]; taken && holder != w.Stream && !c.Optional {
				return &domain.Error{Code: domain.Conflict, Message: "taken by " + string(holder), Existing: holder}
			}
		}
		for _, t := range w.Tallies {
			if t.Max > 0 && t.Add > 0 && g.tallies[t.Name]+t.Add > t.Max {
				return domain.Errorf(domain.Quota, "%s", t.Full)
			}
		}
	}
	return nil
}

// accept notes what a write brings.
func (g *grouping) accept(w prepared) []domain.Envelope {
	h := g.heads[w.Stream]
	h.owner = w.Owner
	var out []domain.Envelope
	for _, s := range w.stored {
		h.version, h.changed = s.Version, true
		h.hash = s.ChainHash(h.hash)
		g.events, g.hashes = append(g.events, s), append(g.hashes, h.hash)
		out = append(out, s.Envelope)
	}
	g.heads[w.Stream] = h
	for _, name := range w.Release {
		if g.claims[name] == w.Stream {
			delete(g.claims, name)
		}
		g.freed = append(g.freed, claimRow{name, w.Stream})
	}
	for _, c := range w.Claims {
		if _, taken := g.claims[c.Name]; taken {
			continue
		}
		g.claims[c.Name] = w.Stream
		if c.Optional {
			g.optional = append(g.optional, claimRow{c.Name, w.Stream})
		} else {
			g.taken = append(g.taken, claimRow{c.Name, w.Stream})
		}
	}
	for _, t := range w.Tallies {
		g.tallies[t.Name] = max(g.tallies[t.Name]+t.Add, 0)
	}
	g.secrets, g.forgotten = append(g.secrets, w.Secrets...), append(g.forgotten, w.Forget...)
	return out
}
