package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/domain"
)

// readModels compares the tables with the log. What lacks events that the
// projection has gone by is wrong; what it has yet to take is only behind.
func (a *audit) readModels(ctx context.Context, i *domain.Invariant) error {
	models := models(tables(a.pool))
	behind, err := a.auditor.ReadModels(ctx, models, i)
	if err != nil || len(behind) == 0 {
		return err
	}
	if a.reader == nil {
		return fmt.Errorf("%d rows are behind the log, and whether they will catch up is not known: %w", len(behind), a.noKafka)
	}
	for family, g := range modelGroups {
		of := slices.DeleteFunc(slices.Clone(behind), func(b postgres.Behind) bool { return b.Stream.Family() != family })
		if len(of) == 0 {
			continue
		}
		if err := a.stillBehind(ctx, g, models, of, i); err != nil {
			return err
		}
	}
	return nil
}

// stillBehind names what a group that has gone by everything has not taken.
func (a *audit) stillBehind(ctx context.Context, g group, models []postgres.Model, behind []postgres.Behind, i *domain.Invariant) error {
	stands, err := a.catchUp(ctx, g)
	if err != nil {
		return err
	}
	if stands == catching || stands == nobody {
		i.Note("rows behind the log", len(behind))
		return nil
	}
	before := map[postgres.Behind]bool{}
	streams := map[domain.Stream]bool{}
	for _, b := range behind {
		before[postgres.Behind{Model: b.Model, Stream: b.Stream, Version: b.Version}] = true
		streams[b.Stream] = true
	}
	again, err := a.auditor.Again(ctx, models, slices.Sorted(maps.Keys(streams)), domain.NewInvariant(i.Name))
	for _, b := range again {
		if before[postgres.Behind{Model: b.Model, Stream: b.Stream, Version: b.Version}] {
			i.Violate(domain.Violation{Stream: b.Stream, Version: b.Version, What: b.Model + ": version", Expected: strconv.Itoa(b.Newest), Found: strconv.Itoa(b.Version)})
		}
	}
	return err
}
