package ports

import "time"

// state is what is known of a port.
type state uint8

const (
	unasked state = iota
	pending
	open
	closed
	silent  // no answer, however often it was asked
	barred  // a router or firewall answered instead: unreachable, prohibited
	refused // the guard does not let us ask
	shut    // the target stopped answering before this one was asked
	starved // this machine could not ask: no ephemeral port or no descriptor left
)

// wire starts connects. Slots number the connects in flight from 0.
type wire interface {
	// dial starts a connect. It returns pending, or what it knows at once.
	dial(slot int, port uint16) state
	// drop ends a pending connect.
	drop(slot int)
	// wait appends the outcomes that arrive within d to found; it returns
	// when there is one.
	wait(d time.Duration, found []outcome) []outcome
	// slots is how many connects can be in flight.
	slots() int
	close()
}

type outcome struct {
	slot  int
	state state
}
