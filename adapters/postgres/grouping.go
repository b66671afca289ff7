package postgres

import (
	"context"
	"maps"
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
	known   map[uuid.UUID]int64 // positions of events that are in the log already; 0 when they get there with this group
	answers []answer
	marks   marks

	wary                            bool     // everything is read before it is relied on
	streams, claimNames, tallyNames []string // what load locks and asks for
	events                          []domain.Stored
	hashes                          [][]byte
	claimSteps                      []claimStep
	secrets                         []commands.Secret
	forgotten                       []string
	erasures                        []erasure
}

type head struct {
	version int
	hash    []byte
	owner   uuid.UUID
	changed bool
	made    bool // by this group
}

// claimStep is what becomes of claims. Steps are taken in the order of their
// members: a name that is taken may be freed by the next. Those that do the same
// are one step.
type claimStep struct {
	sql     string
	names   []string
	streams []string
}

const (
	takeClaim = "INSERT INTO claims (name, stream) SELECT * FROM unnest($1::text[], $2::text[])"
	tryClaim  = takeClaim + " ON CONFLICT DO NOTHING"
	freeClaim = "DELETE FROM claims c USING unnest($1::text[], $2::text[]) AS f(name, stream) WHERE c.name = f.name AND c.stream = f.stream"
)

// step adds a claim to the last step, or to a new one.
func (g *grouping) step(sql, name string, stream domain.Stream) {
	if n := len(g.claimSteps); n == 0 || g.claimSteps[n-1].sql != sql {
		g.claimSteps = append(g.claimSteps, claimStep{sql: sql})
	}
	last := &g.claimSteps[len(g.claimSteps)-1]
	last.names, last.streams = append(last.names, name), append(last.streams, string(stream))
}

// newGrouping notes what a group is about. Where all its streams are new and
// nothing is asked for that can be refused, nothing is read: should somebody
// else have such a stream, their events collide with the group's, and it is run
// again, warily.
func newGrouping(group []*pending, wary bool) *grouping {
	g := &grouping{
		heads: map[domain.Stream]head{}, claims: map[string]domain.Stream{}, tallies: map[string]int{},
		known: map[uuid.UUID]int64{}, answers: make([]answer, len(group)), wary: wary,
	}
	for _, p := range group {
		for _, w := range p.writes {
			g.want(w)
		}
	}
	return g
}

func (g *grouping) want(w prepared) {
	_, twice := g.heads[w.Stream]
	g.heads[w.Stream] = head{}
	g.streams = append(g.streams, string(w.Stream))
	choosy := slices.ContainsFunc(w.Claims, func(c commands.Claim) bool { return !c.Optional })
	g.wary = g.wary || w.After > 0 || twice || choosy || len(w.Tallies) > 0 || w.Mark.Record != "" || w.Erase
	g.marks.want(w.Mark)
	for _, c := range w.Claims {
		g.claimNames = append(g.claimNames, c.Name)
	}
	for _, t := range w.Tallies {
		g.tallyNames = append(g.tallyNames, t.Name)
	}
}

// lockStreams takes turns on streams, in one order for everybody. These are no
// row locks, as the first of those would give the transaction its number: the
// relay goes by that number, and a transaction that then had to wait for
// another stream would stand before the one that it waited for.
const lockStreams = `SELECT pg_advisory_xact_lock(key) FROM (
	SELECT DISTINCT hashtextextended(stream, 0) AS key FROM unnest($1::text[]) AS stream ORDER BY key) AS keys`

// sender is a connection or a transaction.
type sender interface {
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

// load begins, locks the streams and tallies and reads what the decision needs.
// All statements go out together; where nothing is read, they are left to go
// out with what is written.
func (g *grouping) load(ctx context.Context, to sender, group []*pending) (first *pgx.Batch, err error) {
	b := &pgx.Batch{}
	b.Queue("BEGIN")
	if !g.wary {
		return b, nil
	}
	b.Queue(lockStreams, g.streams)
	g.loadHeads(b)
	if len(g.claimNames) > 0 {
		b.Queue("SELECT name, stream FROM claims WHERE name = ANY($1)", g.claimNames).Query(func(rows pgx.Rows) error {
			var name string
			var stream domain.Stream
			_, err := pgx.ForEachRow(rows, []any{&name, &stream}, func() error { g.claims[name] = stream; return nil })
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
	g.marks.load(b)
	if err := to.SendBatch(ctx, b).Close(); err != nil {
		return nil, err
	}
	return &pgx.Batch{}, g.loadKnown(ctx, to, group)
}

func (g *grouping) loadHeads(b *pgx.Batch) {
	clear(g.heads)
	b.Queue("SELECT stream, version, head, owner FROM streams WHERE stream = ANY($1)", g.streams).Query(func(rows pgx.Rows) error {
		var s domain.Stream
		var h head
		_, err := pgx.ForEachRow(rows, []any{&s, &h.version, &h.hash, &h.owner}, func() error {
			g.heads[s] = head{version: h.version, hash: slices.Clone(h.hash), owner: h.owner}
			return nil
		})
		return err
	})
}

// loadKnown asks which events of writes that come too late are in the log: an
// earlier run of the same transaction may have brought them there. Events of
// writes that come in time cannot be.
func (g *grouping) loadKnown(ctx context.Context, to sender, group []*pending) error {
	var ids []uuid.UUID
	for _, p := range group {
		for _, w := range p.writes {
			if w.After < g.heads[w.Stream].version {
				for _, s := range w.stored {
					ids = append(ids, s.ID)
				}
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	b := &pgx.Batch{}
	b.Queue("SELECT id, position FROM events WHERE id = ANY($1)", ids).Query(func(rows pgx.Rows) error {
		var id uuid.UUID
		var position int64
		_, err := pgx.ForEachRow(rows, []any{&id, &position}, func() error { g.known[id] = position; return nil })
		return err
	})
	return to.SendBatch(ctx, b).Close()
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

// appendedBefore says whether an earlier run of the same transaction, or a
// member before this one, has these writes.
func (g *grouping) appendedBefore(writes []prepared) bool {
	for _, w := range writes {
		for _, s := range w.stored {
			if _, known := g.known[s.ID]; known {
				return true
			}
		}
	}
	return false
}

// repeat is the answer to writes that are in the log. Those that get there
// with this group have their positions from insert.
func (g *grouping) repeat(writes []prepared) []domain.Envelope {
	var out []domain.Envelope
	for _, w := range writes {
		for _, s := range w.stored {
			s.Position = g.known[s.ID]
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
	fits := commands.Fits{Holders: g.claims, Counts: g.tallies}
	for _, w := range writes {
		if err := g.marks.refusal(w.Mark); err != nil {
			return err
		}
		if err := fits.Refusal(w.Write, g.heads[w.Stream].version); err != nil {
			return err
		}
	}
	return nil
}

// accept notes what a write brings.
func (g *grouping) accept(w prepared) []domain.Envelope {
	h := g.heads[w.Stream]
	h.owner, h.made = w.Owner, h.made || h.version == 0
	var out []domain.Envelope
	for _, s := range w.stored {
		g.known[s.ID] = 0
		h.version, h.changed = s.Version, true
		h.hash = s.ChainHash(h.hash)
		g.events, g.hashes = append(g.events, s), append(g.hashes, h.hash)
		out = append(out, s.Envelope)
		g.marks.note(w.Mark, s.ID, w.Owner)
	}
	g.heads[w.Stream] = h
	if w.Erase {
		g.erasures = append(g.erasures, erasure{w.Stream, w.Owner, w.After, h.version})
		maps.DeleteFunc(g.claims, func(_ string, holder domain.Stream) bool { return holder == w.Stream })
	}
	for _, name := range w.Release {
		if g.claims[name] == w.Stream {
			delete(g.claims, name)
		}
		g.step(freeClaim, name, w.Stream)
	}
	for _, c := range w.Claims {
		if _, taken := g.claims[c.Name]; taken {
			continue
		}
		g.claims[c.Name] = w.Stream
		sql := takeClaim
		if c.Optional {
			sql = tryClaim
		}
		g.step(sql, c.Name, w.Stream)
	}
	for _, t := range w.Tallies {
		g.tallies[t.Name] = max(g.tallies[t.Name]+t.Add, 0)
	}
	g.secrets, g.forgotten = append(g.secrets, w.Secrets...), append(g.forgotten, w.Forget...)
	return out
}
