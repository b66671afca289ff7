package ports

import (
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// both is a wire that connects, and where the process may changes over to bare SYNs
// as soon as it knows that they do as well on this path. There are networks in which
// only a connect gets anywhere (a proxy of a cluster, for one), so that the target has
// to be heard by connects first, and then by each second ask; ports that were asked
// in vain meanwhile are asked again by the sweep, as any others.
type both struct {
	*sockets
	raw      *raw
	connects int // answers to connects
	asked    int // by bare SYNs
	heard    int // answers to those
	odd      bool
}

const (
	enoughConnects = 500 // a scan of the ports that are most often open needs no haste
	enoughHeard    = 50
	trial          = 500 // bare SYNs of which none was answered
	rawMark        = 1 << 30
)

// newWire is both where that is possible, else sockets alone.
func newWire(to netip.Addr) (wire, error) {
	s, err := newSockets(to)
	if err != nil {
		return nil, err
	}
	r, err := newRaw(to, s.slots())
	if err != nil {
		return s, nil // most processes may not, and need not
	}
	if unix.EpollCtl(s.poll, unix.EPOLL_CTL_ADD, r.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: rawMark}) != nil {
		r.close()
		return s, nil
	}
	return &both{sockets: s, raw: r}, nil
}

func (w *both) close() {
	w.sockets.close()
	w.raw.close()
}

func (w *both) drop(slot int) {
	w.sockets.drop(slot)
	w.raw.drop(slot)
}

func (w *both) dial(slot int, port uint16) state {
	if w.bare() {
		w.asked++
		return w.raw.dial(slot, port)
	}
	got := w.sockets.dial(slot, port)
	if got == open || got == closed {
		w.connects++
	}
	return got
}

// bare says whether the next port is asked by a SYN alone.
func (w *both) bare() bool {
	switch {
	case w.heard >= enoughHeard:
		return true
	case w.connects < enoughConnects, w.heard == 0 && w.asked >= trial:
		return false
	}
	w.odd = !w.odd
	return w.odd
}

func (w *both) wait(d time.Duration, found []outcome) []outcome {
	found = w.raw.read(found)
	bare := len(found)
	if bare > 0 {
		d = 0
	}
	found = w.sockets.wait(d, found)
	for _, o := range found[bare:] {
		if o.state == open || o.state == closed {
			w.connects++
		}
	}
	connected := len(found)
	found = w.raw.read(found)
	w.heard += bare + len(found) - connected
	return found
}
