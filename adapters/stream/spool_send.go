package stream

import (
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/scanledger/scanledger/adapters/failpoint"
)

// send publishes until the spool is closed, and then what waits while the broker takes it.
func (s *Spool) send() {
	away := false
	for {
		s.gather()
		began := time.Now()
		worked, err := s.sendSome()
		if (err != nil) != away {
			away = err != nil
			s.options.Log.Warn("spool", "waiting_for_broker", away, "bytes", s.disk.bytes(), "error", err)
		}
		switch {
		case s.isClosed() && (err != nil || !worked):
			return
		case err != nil:
			s.wait(s.options.Retry)
		case worked:
			s.yield(time.Since(began))
		default:
			select {
			case <-s.wake:
			case <-s.stop:
			}
		}
	}
}

// Events come together for so long where only a few bytes wait: a broker that syncs
// each publication takes many at the price of one.
const (
	together = 20 * time.Millisecond
	fewBytes = 64 << 10
)

func (s *Spool) gather() {
	if waiting := s.disk.bytes(); waiting > 0 && waiting < fewBytes {
		s.wait(together)
	}
}

// wait returns after d, or when the spool is closed.
func (s *Spool) wait(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.stop:
	}
}

// breath is how long nothing has to be kept for nobody to be in the way; after
// mostYielded a batch is sent all the same.
const (
	breath      = 5 * time.Millisecond
	mostYielded = 500 * time.Millisecond
)

// yield waits, after a batch that has taken so long, while there are those who keep
// events.
func (s *Spool) yield(took time.Duration) {
	if s.options.Yield == 0 || s.disk.bytes() > s.options.MaxBytes/2 {
		return
	}
	end := time.Now().Add(min(took*time.Duration(s.options.Yield), mostYielded))
	for kept := int64(-1); kept != s.kept.Load() && time.Now().Before(end) && !s.isClosed(); {
		kept = s.kept.Load()
		s.wait(breath)
	}
}

func (s *Spool) isClosed() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

// sendSome publishes the oldest batch of the files, and says whether there was anything.
func (s *Spool) sendSome() (worked bool, err error) {
	if s.disk.bytes() == 0 {
		return false, nil
	}
	batch, mark, unread, err := s.disk.next(s.options.Batch)
	if err != nil || len(batch)+unread == 0 {
		return err != nil, err
	}
	if err := s.publish(batch); err != nil {
		return true, err
	}
	failpoint.Here(failpoint.SpoolSent)
	if unread > 0 {
		s.lost.Add(int64(unread))
		s.options.Log.Error("events lost: their lines in the spool are damaged", "events", unread, "file", mark.file)
	}
	return true, s.disk.done(mark)
}

// publish returns nil when the broker has all of a batch.
func (s *Spool) publish(batch []*spooled) error {
	byTopic := make(map[string][]*message.Message)
	for _, e := range batch {
		m, err := EncodeStored(e.Stored)
		if err != nil {
			return err
		}
		byTopic[e.topic] = append(byTopic[e.topic], m)
	}
	for topic, msgs := range byTopic {
		if err := s.options.Publisher.Publish(topic, msgs...); err != nil {
			return err
		}
		s.sent.Add(int64(len(msgs)))
	}
	return nil
}

// sync brings to the disk what was kept, again and again until the spool is closed.
func (s *Spool) sync() {
	for !s.isClosed() {
		s.wait(s.options.Sync)
		if !s.dirty.Swap(false) {
			continue
		}
		if err := s.disk.sync(); err != nil {
			s.options.Log.Error("the spool is not synced", "error", err)
		}
	}
}
