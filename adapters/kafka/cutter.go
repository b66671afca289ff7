package kafka

import (
	"cmp"
	"context"
	"time"

	"github.com/IBM/sarama"
)

// cutter cuts one partition's records into batches.
type cutter struct {
	from  <-chan *sarama.ConsumerMessage
	size  int
	wait  time.Duration
	timer *time.Timer
}

func newCutter(from <-chan *sarama.ConsumerMessage, g Group) *cutter {
	timer := time.NewTimer(time.Hour)
	timer.Stop()
	return &cutter{from: from, size: g.maxBatch(), wait: cmp.Or(g.MaxWait, 20*time.Millisecond), timer: timer}
}

func (c *cutter) stop() { c.timer.Stop() }

// next returns the next batch: what is there already, and what comes within
// the wait, up to the size. It is empty when ctx or the partition has ended.
func (c *cutter) next(ctx context.Context) []Record {
	var batch []Record
	select {
	case <-ctx.Done():
		return nil
	case r, open := <-c.from:
		if !open {
			return nil
		}
		batch = append(make([]Record, 0, min(c.size, len(c.from)+1)), Record{r})
	}
	waiting := false
	for len(batch) < c.size {
		select {
		case r, open := <-c.from:
			if !open {
				return batch
			}
			batch = append(batch, Record{r})
			continue
		default:
		}
		if c.wait < 0 {
			return batch
		}
		if !waiting {
			c.timer.Reset(c.wait)
			waiting = true
		}
		select {
		case r, open := <-c.from:
			if !open {
				return batch
			}
			batch = append(batch, Record{r})
		case <-c.timer.C:
			return batch
		case <-ctx.Done():
			return nil
		}
	}
	return batch
}
