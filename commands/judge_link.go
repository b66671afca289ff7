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
	Ask  bool // whether destinations are asked where they send their readers on to
}

// JudgeLink blocks a link of which a destination is not in order any more, or sends
// its readers where that is so, and clears one whose destinations are. What cannot be
// found out about a destination changes nothing. It answers NotFound for a link that is
// unknown or deleted.
func (d Desk) JudgeLink(ctx context.Context, c JudgeLink) error {
	_, err := decide(ctx, d, c.By.act("judge_link"), linkStream(c.Link), newLink, func(l *domain.Link) (Write, []domain.Event, error) {
		events, err := d.judge(ctx, l, c.Ask)
		return Write{Owner: l.Account}, events, err
	})
	return err
}

// LinkStands says whether JudgeLink would change nothing about a link as it was read:
// so that of very many links only those are judged about which there is something new.
func (d Desk) LinkStands(ctx context.Context, details domain.LinkDetails, blocked *domain.Blocking, ask bool) bool {
	events, err := d.judge(ctx, &domain.Link{State: domain.LinkOn, LinkDetails: details, Blocked: blocked}, ask)
	return err == nil && len(events) == 0
}

// judge is what is new about a link: the first destination that is to be blocked, or
// that none is. One that was blocked for its addresses stays so until they are known.
func (d Desk) judge(ctx context.Context, l *domain.Link, ask bool) ([]domain.Event, error) {
	for _, destination := range l.Destinations() {
		reason, err := d.Destinations.Judge(ctx, destination, "")
		if reason != "" {
			return l.Judge(&domain.LinkBlocked{Destination: destination, Reason: reason})
		}
		if b := l.Blocked; err != nil && b != nil && b.Reason == domain.BlockedForbidden && b.Destination == destination {
			return nil, nil
		}
	}
	if ask {
		return d.judgeOnward(ctx, l)
	}
	if l.BlockedOnward() {
		if reason, err := d.Destinations.Judge(ctx, l.Blocked.Destination, ""); reason != "" || err != nil {
			return nil, nil // until somebody asks whether readers are still sent there
		}
	}
	return l.Judge(nil)
}

// judgeOnward is what is new about a link whose destinations are in order themselves, by
// where they send their readers. One that was blocked for that stays so until they say.
func (d Desk) judgeOnward(ctx context.Context, l *domain.Link) ([]domain.Event, error) {
	silent := false
	for _, destination := range l.Destinations() {
		place, reason, err := d.Destinations.Onward(ctx, destination, "")
		if reason != "" {
			return l.Judge(&domain.LinkBlocked{Destination: place, Reason: reason})
		}
		silent = silent || err != nil
	}
	if silent && l.BlockedOnward() {
		return nil, nil
	}
	return l.Judge(nil)
}
