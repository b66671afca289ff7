package scanners

import "sync"

// What all jobs of a process may hold at one time of what targets sent them: each
// the first ownRoom bytes, and all together sharedRoom beyond.
const (
	ownRoom    = 4 << 20
	sharedRoom = 64 << 20
)

// room is what is left of sharedRoom.
type room struct {
	mu   sync.Mutex
	left int64
}

func (r *room) take(n int64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n > r.left {
		return false
	}
	r.left -= n
	return true
}

// Hold says whether a scanner may keep n bytes more of what the target sent, for
// as long as the session lasts. Where it may not it says so by Coverage: targets
// decide how much they send, and other jobs have targets of their own.
func (s *Session) Hold(n int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	beyond := max(0, s.held+int64(n)-ownRoom) - max(0, s.held-ownRoom)
	if !s.guard.room.take(beyond) {
		return false
	}
	s.held += int64(n)
	return true
}

// Close ends the session: what it held is let go of.
func (s *Session) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.guard.room.take(-max(0, s.held-ownRoom))
	s.held = 0
}
