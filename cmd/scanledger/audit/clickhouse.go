package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/adapters/kafka"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/cmd/scanledger/deadletters"
	"github.com/scanledger/scanledger/cmd/scanledger/models"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// countedBatch is how many messages are compared with a view at one time.
const countedBatch = 20_000

// onClickHouse compares the views with the topics that they are counted from:
// each event that the group has come by is one row, and each row is an event
// and says of it what its message says.
func (a *audit) onClickHouse(ctx context.Context, i *domain.Invariant) error {
	if a.noCount != nil {
		return a.noCount
	}
	if a.reader == nil {
		return a.noKafka
	}
	for _, m := range models.AllCounted {
		if err := a.compareCounted(ctx, m, i); err != nil {
			return err
		}
	}
	return a.compareDays(ctx, i)
}

func (a *audit) compareCounted(ctx context.Context, m models.Counted, i *domain.Invariant) error {
	extent, err := a.counted.Extent(ctx, m.Rows.Name, m.Group.Topic)
	if err != nil {
		return err
	}
	i.Look("rows of "+m.Rows.Name, int(extent.Rows))
	if extent.Rows != extent.Events {
		i.Violate(domain.Violation{ID: m.Rows.Name, What: "rows for each event", Expected: strconv.FormatUint(extent.Events, 10), Found: strconv.FormatUint(extent.Rows, 10)})
	}
	spans, err := a.spans(m.Group.Topic)
	if err != nil {
		return err
	}
	at, err := a.reader.Group(m.Group.Name, m.Group.Topic)
	if err != nil && len(spans) > 0 {
		return err
	}
	for p, next := range extent.Next {
		if next > spans[p].End {
			i.Violate(domain.Violation{ID: fmt.Sprintf("%s/%d/%d", m.Group.Topic, p, next-1), What: m.Rows.Name + ": row", Expected: "of a message", Found: "beyond the topic's end at " + strconv.FormatInt(spans[p].End, 10)})
		}
	}
	for _, p := range slices.Sorted(maps.Keys(spans)) {
		s := spans[p]
		taken := kafka.Span{Oldest: s.Oldest, End: min(s.End, max(at.Next[p], s.Oldest))}
		i.Note("messages not counted yet", int(s.End-taken.End))
		err := a.reader.Read(ctx, m.Group.Topic, p, taken, countedBatch, func(batch []kafka.Record) error { return a.compareRows(ctx, m, batch, i) })
		if err != nil {
			return err
		}
	}
	return nil
}

// compareRows compares a partition's next messages with the rows of their
// offsets. An event that came again may have its row at another offset, and one
// of a deleted account has none.
func (a *audit) compareRows(ctx context.Context, m models.Counted, batch []kafka.Record, i *domain.Invariant) error {
	first, last := batch[0], batch[len(batch)-1]
	rows, err := a.counted.Counted(ctx, m.Rows.Name, m.Rows.Columns, first.Topic(), first.Partition(), first.Offset(), last.Offset()+1)
	if err != nil {
		return err
	}
	i.Look("messages", len(batch))
	at := make(map[int64]domain.Envelope, len(batch))
	events, records := a.readable(batch)
	for n, e := range events {
		if e.Event.Kind() == m.Rows.Kind {
			at[records[n].Offset()] = e
		}
	}
	counted := make(map[uuid.UUID]bool, len(rows))
	for _, row := range rows {
		where := row.Event.String() + " at " + deadletters.Place{Topic: first.Topic(), Partition: first.Partition(), Offset: row.Offset}.String()
		if e, ok := at[row.Offset]; !ok || e.ID != row.Event {
			i.Violate(domain.Violation{ID: where, What: m.Rows.Name + ": row", Expected: "of the message there", Found: "of another event"})
		} else if column, want, found := differs(m.Rows, e, row); column != "" {
			i.Violate(domain.Violation{ID: where, What: m.Rows.Name + ": " + column, Expected: want, Found: found})
		}
		counted[row.Event] = true
	}
	missing := map[uuid.UUID]int64{}
	absent := []domain.Envelope{}
	for offset, e := range at {
		if !counted[e.ID] {
			missing[e.ID], absent = offset, append(absent, e)
		}
	}
	if err := a.leaveForgotten(ctx, m.Rows, absent, missing, i); err != nil {
		return err
	}
	elsewhere := map[uuid.UUID]bool{}
	for ids := range slices.Chunk(slices.Collect(maps.Keys(missing)), 1000) {
		found, err := a.counted.Has(ctx, m.Rows.Name, ids)
		if err != nil {
			return err
		}
		maps.Copy(elsewhere, found)
	}
	i.Note("messages that came again", len(elsewhere))
	for id, offset := range missing {
		if !elsewhere[id] {
			i.Violate(domain.Violation{ID: id.String() + " at " + deadletters.Place{Topic: first.Topic(), Partition: first.Partition(), Offset: offset}.String(), What: m.Rows.Name + ": row", Expected: "1", Found: "none"})
		}
	}
	return nil
}

// differs names the first column in which a row says something else than its
// event does; "" where there is none.
func differs(r projections.Rows, e domain.Envelope, row clickhouse.Counted) (column, want, found string) {
	for n, value := range r.Values(e) {
		if at, ok := value.(time.Time); ok {
			value = at.UTC().Truncate(clickhouse.Precision)
		}
		if want, found = fmt.Sprint(value), fmt.Sprint(row.Values[n]); want != found {
			return r.Columns[n], want, found
		}
	}
	return "", "", ""
}

// leaveForgotten takes what deleted accounts have done from what is missing.
func (a *audit) leaveForgotten(ctx context.Context, r projections.Rows, absent []domain.Envelope, missing map[uuid.UUID]int64, i *domain.Invariant) error {
	deleted, err := postgres.NewErasures(a.Pool).Deleted(ctx, models.Accounts(r, absent))
	if err != nil {
		return err
	}
	before := len(missing)
	for _, e := range absent {
		if slices.Contains(deleted, r.Account(e)) {
			delete(missing, e.ID)
		}
	}
	i.Note("messages of deleted accounts", before-len(missing))
	return nil
}
