package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
)

// judgeLinks looks again at where all links lead, until ctx ends. Of several processes
// one does it.
func (p *platform) judgeLinks(ctx context.Context) error {
	every, err := p.config.linkCheck()
	if err != nil || every == 0 {
		return err
	}
	return p.every(ctx, every, "links are not looked at again", func(ctx context.Context) error {
		return postgres.LeadLinks(ctx, p.pool, p.judgeEach)
	})
}

// judgedTogether is how many links are read at one time, and judgedAtOnce how many
// are looked at.
const judgedTogether, judgedAtOnce = 500, 16

// judgeEach looks at all links once, and reads the history of those alone about which
// something is new. One that cannot be judged keeps none of the others back, and is the
// error.
func (p *platform) judgeEach(ctx context.Context) error {
	by := worker()
	var faults []error
	for number := int64(0); ; {
		rows, err := p.reader.LinksAfter(ctx, number, judgedTogether)
		if err != nil || len(rows) == 0 {
			return errors.Join(append(faults, err)...)
		}
		var mu sync.Mutex
		var judging errgroup.Group
		judging.SetLimit(judgedAtOnce)
		for _, row := range rows {
			judging.Go(func() error {
				if p.desk.LinkStands(ctx, row.Details, row.Blocked) {
					return ctx.Err()
				}
				if err := p.desk.JudgeLink(ctx, commands.JudgeLink{By: by, Link: row.ID}); err != nil && domain.CodeOf(err) != domain.NotFound {
					mu.Lock()
					faults = []error{fmt.Errorf("link %s: %w", row.ID, err)}
					mu.Unlock()
				}
				return ctx.Err()
			})
		}
		if err := judging.Wait(); err != nil {
			return err
		}
		number = rows[len(rows)-1].Number
	}
}
