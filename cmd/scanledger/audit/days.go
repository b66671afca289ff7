package audit

import (
	"context"
	"fmt"
	"time"

	"github.com/scanledger/scanledger/adapters/clickhouse"
	"github.com/scanledger/scanledger/domain"
)

// compareDays compares what links have come to with the rows of clicks.
func (a *audit) compareDays(ctx context.Context, i *domain.Invariant) error {
	from := time.Time{}
	if a.Since > 0 {
		from = a.Now().Add(-a.Since).Truncate(24 * time.Hour)
	}
	var wrong []clickhouse.LinkDay
	for deadline := a.Now().Add(a.Patience); ; {
		var err error
		if wrong, err = a.counted.WrongDays(ctx, from); err != nil {
			return err
		}
		if len(wrong) == 0 || a.Now().After(deadline) {
			break
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	for _, d := range wrong {
		i.Violate(domain.Violation{ID: fmt.Sprintf("%s on %s", d.Link, d.Day.Format(time.DateOnly)), What: "clicks: visits of the day", Expected: "as many as there are rows", Found: "another number"})
	}
	return nil
}
