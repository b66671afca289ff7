package audit

import (
	"context"
	"fmt"

	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/cmd/scanledger/groups"
	"github.com/scanledger/scanledger/domain"
)

// unfinished looks for scans that nothing brings to an end. Without a worker
// they wait, and those that were only asked for wait for Kafka too.
func (a *audit) unfinished(ctx context.Context, i *domain.Invariant) error {
	first, working, err := a.auditor.Unfinished(ctx, i)
	if err != nil || len(first) == 0 {
		return err
	}
	caught, members := catching, 0
	if a.reader != nil {
		come, err := a.catchUp(ctx, groups.Probes)
		if err != nil {
			return err
		}
		caught, members = come.stand, come.at.Members
	} else if !working {
		return fmt.Errorf("%d scans wait, and whether a worker runs is not known: %w", len(first), a.noKafka)
	}
	if !working && members == 0 {
		i.Note("scans that wait for a worker", len(first))
		return nil
	}
	stuck, err := a.stillStuck(ctx, first)
	for _, s := range stuck {
		if s.Asked && (caught == catching || caught == nobody) {
			i.Note("scans that wait for Kafka", 1)
			continue
		}
		i.Violate(domain.Violation{Stream: s.Stream, Version: s.Version, What: s.Why, Expected: "by now", Found: "none since " + s.Since})
	}
	return err
}

// stillStuck looks again, for as long as patience lasts, and returns what has
// not gone on at all.
func (a *audit) stillStuck(ctx context.Context, stuck []postgres.Stuck) ([]postgres.Stuck, error) {
	for deadline := a.Now().Add(a.Patience); len(stuck) > 0 && a.Now().Before(deadline); {
		if err := pause(ctx); err != nil {
			return nil, err
		}
		again, _, err := a.auditor.Unfinished(ctx, domain.NewInvariant(domain.UnfinishedInvariant))
		if err != nil {
			return nil, err
		}
		at := map[postgres.Stuck]bool{}
		for _, s := range again {
			at[s] = true
		}
		kept := stuck[:0]
		for _, s := range stuck {
			if at[s] {
				kept = append(kept, s)
			}
		}
		stuck = kept
	}
	return stuck, nil
}
