package stream

import (
	"errors"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/scanledger/scanledger/adapters/failpoint"
)

// send publishes until the spool is closed: from disk while there is anything,
// else from memory. When it is closed, what is in memory has one more chance.
func (s *Spool) send() {
	away := false
	for {
		s.gather()
		closed := s.isClosed()
		if closed && s.disk.bytes() > 0 {
			return
		}
		began := time.Now()
		worked, err := s.sendSome()
		if (err != nil) != away {
			away = err != nil
			s.options.Log.Warn("spool", "waiting_for_broker", away, "bytes", s.disk.bytes(), "error", err)
		}
		switch {
		case err != nil:
			if !s.retry() {
				return
			}
		case !worked && closed:
			return
		case worked:
			s.yield(time.Since(began))
		case !worked:
			select {
			case <-s.wake:
			case <-s.stop:
			}
		}
	}
}

// gather lets events come together: a broker that syncs each publication takes
// many at the price of one, and leaves the disk to the log meanwhile.
func (s *Spool) gather() {
	s.mu.Lock()
	waiting := len(s.pending)
	s.mu.Unlock()
	if waiting == 0 || waiting >= s.options.Batch || s.disk.bytes() > 0 {
		return
	}
	select {
	case <-time.After(min(s.options.Patience/50, 20*time.Millisecond)):
	case <-s.stop:
	}
}

// breath is how long nothing has to be kept for nobody to be in the way.
const breath = 5 * time.Millisecond

// yield waits, after a batch that has taken so long, while there are those who keep
// events.
func (s *Spool) yield(took time.Duration) {
	if s.options.Yield == 0 || s.disk.bytes() > s.options.MaxBytes/2 {
		return
	}
	end := time.Now().Add(min(took*time.Duration(s.options.Yield), s.options.Patience/2))
	for kept := int64(-1); kept != s.kept.Load() && time.Now().Before(end); {
		kept = s.kept.Load()
		select {
		case <-time.After(breath):
		case <-s.stop:
			return
		}
	}
}

func (s *Spool) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// sendSome publishes one batch, and says whether there was anything.
func (s *Spool) sendSome() (bool, error) {
	if s.disk.bytes() > 0 {
		return true, s.sendFromDisk()
	}
	return s.sendFromMemory()
}

// retry waits until the broker may be tried again; false when the spool is closed.
func (s *Spool) retry() bool {
	timer := time.NewTimer(s.options.Retry)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.stop:
		return false
	}
}

// sendFromMemory publishes one batch; what is not taken goes to disk with all
// that came after it.
func (s *Spool) sendFromMemory() (bool, error) {
	s.mu.Lock()
	batch := s.pending[:min(len(s.pending), s.options.Batch)]
	s.taken = len(batch)
	s.mu.Unlock()
	if len(batch) == 0 {
		return false, nil
	}
	err := s.publish(batch)
	s.mu.Lock()
	if err != nil {
		s.spill()
	} else {
		s.pending, s.taken = s.pending[s.taken:], 0 // none of them when they were spilled meanwhile
	}
	s.mu.Unlock()
	if err != nil {
		return true, errors.Join(err, s.disk.sync())
	}
	return true, nil
}

// sendFromDisk publishes the oldest batch of the files.
func (s *Spool) sendFromDisk() error {
	batch, mark, unread, err := s.disk.next(s.options.Batch)
	if err != nil {
		return err
	}
	if err := s.publish(batch); err != nil {
		return err
	}
	failpoint.Here(failpoint.SpoolSent)
	if unread > 0 {
		s.lost.Add(int64(unread))
		s.options.Log.Error("events lost: their lines in the spool are damaged", "events", unread, "file", mark.file)
	}
	return s.disk.done(mark)
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

// rescue puts on disk what has been in memory for too long: because the broker
// takes its time, or because events before it wait on disk already.
func (s *Spool) rescue() {
	ticker := time.NewTicker(s.options.Patience / 4)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-s.stop:
			return
		}
		if s.dirty.Swap(false) {
			s.synced()
		}
		s.mu.Lock()
		late := len(s.pending) > 0 && (s.disk.bytes() > 0 || time.Since(s.pending[0].at) > s.options.Patience/2)
		if late {
			s.spill()
		}
		s.mu.Unlock()
		if !late {
			continue
		}
		s.synced()
	}
}

func (s *Spool) synced() {
	if err := s.disk.sync(); err != nil {
		s.options.Log.Error("the spool is not synced", "error", err)
	}
}
