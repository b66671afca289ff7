package audit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/cmd/scanledger/groups"
	"github.com/scanledger/scanledger/cmd/scanledger/models"
	"github.com/scanledger/scanledger/domain"
)

// readModels compares the tables with the log. What lacks events that the
// projection has gone by is wrong; what it has yet to take is only behind.
func (a *audit) readModels(ctx context.Context, i *domain.Invariant) error {
	all := models.Of(models.Tables(a.Pool))
	behind, err := a.auditor.ReadModels(ctx, all, i)
	if err != nil || len(behind) == 0 {
		return err
	}
	if a.reader == nil {
		return fmt.Errorf("%d rows are behind the log, and whether they will catch up is not known: %w", len(behind), a.noKafka)
	}
	var faults []error
	for family, g := range models.ByFamily {
		of := slices.DeleteFunc(slices.Clone(behind), func(b postgres.Behind) bool { return b.Stream.Family() != family })
		if len(of) > 0 {
			faults = append(faults, a.stillBehind(ctx, g, all, of, i))
		}
	}
	return errors.Join(faults...)
}

// stillBehind names what a group has gone by and not taken. What it has not
// come to yet is behind, and whether it will be taken cannot be told while the
// group stands, as one does whose member was killed.
func (a *audit) stillBehind(ctx context.Context, g groups.Group, models []postgres.Model, behind []postgres.Behind, i *domain.Invariant) error {
	at, err := a.catchUp(ctx, g)
	if err != nil {
		return err
	}
	var missed, late []postgres.Behind
	for _, b := range behind {
		gone, err := at.by(g.Topic, b.Stream)
		if err != nil {
			return err
		}
		if gone {
			missed = append(missed, b)
		} else {
			late = append(late, b)
		}
	}
	i.Note("rows behind the log", len(late))
	if err := a.missed(ctx, models, missed, i); err != nil || at.stand != standing || len(late) == 0 {
		return err
	}
	events := 0
	for _, b := range late {
		events += b.Newest - b.Version
	}
	return fmt.Errorf("%d rows are behind by %d events, and %s has taken none for %s: it is about to be given to others, or it is stuck", len(late), events, g.Name, a.Patience)
}

// missed looks again at what a group has gone by, and names what is still not
// taken.
func (a *audit) missed(ctx context.Context, models []postgres.Model, behind []postgres.Behind, i *domain.Invariant) error {
	if len(behind) == 0 {
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
