package main

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"

	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Bounds of what sites are asked when links are looked at again: those of one host so
// often, one question after the other, for a tenth of the time from one look to the next.
const (
	asksOfHost  = 30
	asksOneTime = 10
)

// askEach asks sites where they send those on who follow links, until ctx ends. It
// begins with any link, so that each has its turn where there are too many for one look.
// The number of the newest is known.
func (p *platform) askEach(ctx context.Context, newest int64) error {
	by := commands.Caller{Worker: workerName(), Request: newID().String()}
	asked := map[string]int{}
	begin := rand.Int64N(newest + 1)
	var faults []error
	for _, part := range []struct{ after, upTo int64 }{{begin, math.MaxInt64}, {0, begin}} {
		for number := part.after; number < part.upTo; {
			rows, err := p.reader.LinksAfter(ctx, number, judgedTogether)
			if ctx.Err() != nil {
				return errors.Join(faults...)
			}
			if err != nil || len(rows) == 0 {
				faults = append(faults, err)
				break
			}
			for _, row := range rows {
				if row.Number > part.upTo || !mayAsk(asked, row) {
					continue
				}
				if err := p.judgeOne(ctx, by, row, true); err != nil && ctx.Err() == nil {
					faults = []error{err}
				}
			}
			number = rows[len(rows)-1].Number
		}
	}
	return errors.Join(faults...)
}

// mayAsk says whether the sites that a link leads to may be asked, of which each has
// been asked so often, and counts them. A link that is off, or blocked for a destination
// itself, is left alone.
func mayAsk(asked map[string]int, row projections.LinkRow) bool {
	link := domain.Link{LinkDetails: row.Details, Blocked: row.Blocked}
	if !row.Enabled || row.Blocked != nil && !link.BlockedOnward() {
		return false
	}
	hosts := map[string]int{}
	for _, destination := range link.Destinations() {
		hosts[domain.HostOf(destination)]++
	}
	for host, times := range hosts {
		if asked[host]+times > asksOfHost {
			return false
		}
	}
	for host, times := range hosts {
		asked[host] += times
	}
	return true
}
