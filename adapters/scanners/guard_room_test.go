package scanners

import "testing"

// TestHold has sessions share what is there beyond each one's own.
func TestHold(t *testing.T) {
	guard := NewGuard(Policy{})
	first, second := guard.Session(), guard.Session()
	for _, step := range []struct {
		session *Session
		bytes   int
		want    bool
	}{
		{first, ownRoom, true}, {first, sharedRoom - 10, true}, {first, 11, false},
		{second, ownRoom - 1, true}, {second, 2, true}, {second, 9, true}, {second, 1, false}, {first, 1, false},
	} {
		if got := step.session.Hold(step.bytes); got != step.want {
			t.Errorf("%d bytes: %v, want %v", step.bytes, got, step.want)
		}
	}
	first.Close()
	first.Close()
	if !second.Hold(sharedRoom - 10) {
		t.Error("what a session held is not let go of with it")
	}
	second.Close()
	if guard.room.left != sharedRoom {
		t.Errorf("%d bytes are left of %d", guard.room.left, sharedRoom)
	}
}
