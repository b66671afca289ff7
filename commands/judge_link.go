package commands

import (
	"context"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/domain"
)

// JudgeLink looks again at where a link leads.
type JudgeLink struct {
	By   Caller
	Link uuid.UUID
}

// JudgeLink blocks a link of which a destination is not in order any more, and
// clears one whose destinations are. What cannot be found out about a destination
// changes nothing. It answers NotFound for a link that is unknown or deleted.
func (d Desk) JudgeLink(ctx context.Context, c JudgeLink) error {
	_, err := decide(ctx, d, c.By.act("judge_link"), linkStream(c.Link), newLink, func(l *domain.Link) (Write, []domain.Event, error) {
		found, unsure := d.judged(ctx, l.Destinations())
		if found == nil && unsure {
			return Write{}, nil, nil
		}
		events, err := l.Judge(found)
		return Write{Owner: l.Account}, events, err
	})
	return err
}

// LinkStands says whether JudgeLink would change nothing about a link as it was read:
// so that of very many links only those are judged about which there is something new.
func (d Desk) LinkStands(ctx context.Context, details domain.LinkDetails, blocked *domain.Blocking) bool {
	found, unsure := d.judged(ctx, details.Destinations())
	if found == nil && unsure {
		return true
	}
	events, err := (&domain.Link{State: domain.LinkOn, LinkDetails: details, Blocked: blocked}).Judge(found)
	return err == nil && len(events) == 0
}

// judged is the first destination that is to be blocked, nil where none is; unsure
// where not all could be judged.
func (d Desk) judged(ctx context.Context, destinations []string) (found *domain.LinkBlocked, unsure bool) {
	for _, destination := range destinations {
		reason, err := d.Destinations.Judge(ctx, destination, "")
		if reason != "" {
			return &domain.LinkBlocked{Destination: destination, Reason: reason}, false
		}
		unsure = unsure || err != nil
	}
	return nil, unsure
}
