package postgres

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// ahead is a stream that a request is going to read. It belongs to the request's
// context, and so to one goroutine.
type ahead struct {
	stream domain.Stream
	told   bool
	at     stand
	stands bool
}

type aheadKey struct{}

// aheadOf is what a context says; nothing where it says nothing.
func aheadOf(ctx context.Context) *ahead {
	if a, ok := ctx.Value(aheadKey{}).(*ahead); ok {
		return a
	}
	return new(ahead)
}

// tell notes how the stream stands.
func (a *ahead) tell(at stand, stands bool) { a.at, a.stands, a.told = at, stands, true }

// question is what is asked at one moment: what a command looks at, and the
// stream that is read after it.
type question struct {
	commands.Look
	ahead domain.Stream
}

type sight struct {
	commands.Seen
	stand  stand
	stands bool
}

// look returns how many things stand at one moment.
func look(ctx context.Context, to sender, all []question) (map[question]sight, error) {
	secrets, claims, streams, next := make([]string, len(all)), make([]string, len(all)), make([]string, len(all)), make([]string, len(all))
	for i, q := range all {
		secrets[i], claims[i], streams[i], next[i] = q.Secret, q.Claim, string(q.Stream), string(q.ahead)
	}
	seen, b := make(map[question]sight, len(all)), asking()
	b.Queue(`SELECT n, k.name, k.owner, k.value, c.stream, o.version, `+standColumns+`
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS l(secret, claim, stream, next, n)
		LEFT JOIN secrets k ON k.name = l.secret LEFT JOIN claims c ON c.name = l.claim
		LEFT JOIN streams o ON o.stream = l.stream LEFT JOIN streams s ON s.stream = l.next AND NOT s.erased`,
		secrets, claims, streams, next).Query(func(rows pgx.Rows) error {
		var n int
		var secret, holder, live *string
		var owner, whose *uuid.UUID
		var value []byte
		var version, newest *int
		_, err := pgx.ForEachRow(rows, []any{&n, &secret, &owner, &value, &holder, &version, &whose, &newest, &live}, func() error {
			var one sight
			if secret != nil {
				one.Secret = commands.Secret{Name: *secret, Owner: *owner, Value: slices.Clone(value)}
			}
			if holder != nil {
				one.Holder = domain.Stream(*holder)
			}
			if version != nil {
				one.Version = *version
			}
			if newest != nil {
				one.stand, one.stands = stand{*whose, *newest, *live}, true
			}
			seen[all[n-1]] = one
			return nil
		})
		return err
	})
	return seen, to.SendBatch(ctx, b).Close()
}
