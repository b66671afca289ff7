package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// tries is how often a decision is made anew when others write to the same
// stream at the same time. Each round at least one of the writers gets on.
const tries = 64

// state is what a stream folds to.
type state interface{ Apply(domain.Envelope) }

// decide loads a stream into a fresh state, lets choose decide what follows,
// and appends it; again from the start when the stream has moved on meanwhile.
// It returns what was appended: nothing when choose has nothing to add. What an
// earlier attempt of the same request has appended it returns as it is.
func decide[S state](ctx context.Context, d Desk, by act, stream domain.Stream, fresh func() S,
	choose func(S) (Write, []domain.Event, error),
) ([]domain.Envelope, error) {
	nothing := func(S, []domain.Event) ([]Write, error) { return nil, nil }
	return decideWith(ctx, d, by, stream, fresh, choose, nothing)
}

// decideWith is decide for what adds to other streams too: also says what, and
// it is appended together with the rest or not at all.
func decideWith[S state](ctx context.Context, d Desk, by act, stream domain.Stream, fresh func() S,
	choose func(S) (Write, []domain.Event, error), also func(S, []domain.Event) ([]Write, error),
) ([]domain.Envelope, error) {
	if len(by.done) > 0 {
		return by.done, nil
	}
	for try := range tries {
		var history []domain.Envelope
		if try > 0 || !by.opens {
			var err error
			if history, err = d.Log.Read(ctx, stream, 0); err != nil {
				return nil, err
			}
		}
		s := domain.Fold(fresh(), history)
		w, events, err := choose(s)
		if err != nil || len(events) == 0 {
			return nil, err
		}
		others, err := also(s, events)
		if err != nil {
			return nil, err
		}
		w.Stream, w.After, w.Mark = stream, len(history), by.mark
		w.Events = d.envelopes(w, by.Caller, events)
		appended, err := d.Log.Append(ctx, append([]Write{w}, others...)...)
		if domain.CodeOf(err) != domain.Stale {
			return appended, err
		}
	}
	return nil, domain.Errorf(domain.Unavailable, "too many others write to %s; try again", stream)
}

// envelopes says of new events what is known about them before they are appended.
func (d Desk) envelopes(w Write, by Caller, events []domain.Event) []domain.Envelope {
	out := make([]domain.Envelope, len(events))
	for i, e := range events {
		out[i] = domain.Envelope{
			ID: d.NewID(), Stream: w.Stream, Version: w.After + i + 1, Owner: w.Owner,
			At: d.Now(), Actor: by.Actor(), Cause: by.Request, Trace: by.Trace, Event: e,
		}
	}
	return out
}

func newScan() *domain.Scan       { return new(domain.Scan) }
func newAccount() *domain.Account { return new(domain.Account) }

func scanStream(id uuid.UUID) domain.Stream    { return domain.NewStream(domain.ScanFamily, id) }
func accountStream(id uuid.UUID) domain.Stream { return domain.NewStream(domain.AccountFamily, id) }
