package ports

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// sockets is the wire of Linux: non-blocking sockets watched by one epoll. A
// socket whose connect was refused can connect again, so that a closed port
// costs two system calls and no descriptor of its own.
type sockets struct {
	to     netip.Addr
	poll   int
	fds    []int    // by slot, 0 where there is none
	ports  []uint16 // by slot, 0 while nothing is in flight
	events []unix.EpollEvent
	four   unix.SockaddrInet4
	six    unix.SockaddrInet6
	eager  int // above 0 while answers tend to be there as soon as connect returns
}

const (
	mostSockets = 1 << slotBits
	mostEager   = 64
)

// files bounds the descriptors of all sweeps of this process together: half of
// what it may open, so that there is always as much left for everything else.
var files = newBudget(func() int {
	var most unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &most); err != nil {
		return mostSockets
	}
	return int(min(most.Cur/2, 1<<20))
})

func newSockets(to netip.Addr) (*sockets, error) {
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	n := files.take(leastWindow, mostSockets)
	w := &sockets{
		to: to.Unmap(), poll: poll, fds: make([]int, n), ports: make([]uint16, n),
		events: make([]unix.EpollEvent, 256), eager: mostEager,
	}
	if w.to.Is4() {
		w.four.Addr = w.to.As4()
	} else {
		w.six.Addr = w.to.As16()
	}
	return w, nil
}

func (w *sockets) slots() int { return len(w.fds) }

func (w *sockets) close() {
	for slot := range w.fds {
		w.drop(slot)
	}
	unix.Close(w.poll)
	files.give(len(w.fds))
}

func (w *sockets) drop(slot int) {
	if w.fds[slot] != 0 {
		unix.Close(w.fds[slot])
		w.fds[slot] = 0
	}
	w.ports[slot] = 0
}

func (w *sockets) dial(slot int, port uint16) state {
	if w.fds[slot] == 0 && w.socket(slot) != nil {
		return starved
	}
	w.ports[slot] = port
	got := w.connect(slot)
	if got == pending && w.eager > 0 {
		if got = w.connect(slot); got == pending {
			w.eager--
		} else {
			w.eager = min(w.eager+1, mostEager)
		}
	}
	if got != pending {
		w.ports[slot] = 0
	}
	return got
}

func (w *sockets) socket(slot int) error {
	family := unix.AF_INET6
	if w.to.Is4() {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	event := unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLET, Fd: int32(slot)}
	if err := unix.EpollCtl(w.poll, unix.EPOLL_CTL_ADD, fd, &event); err != nil {
		unix.Close(fd)
		return err
	}
	w.fds[slot] = fd
	return nil
}

// connect starts a connect, or asks how a started one is doing.
func (w *sockets) connect(slot int) state {
	var err error
	if w.to.Is4() {
		w.four.Port = int(w.ports[slot])
		err = unix.Connect(w.fds[slot], &w.four)
	} else {
		w.six.Port = int(w.ports[slot])
		err = unix.Connect(w.fds[slot], &w.six)
	}
	switch {
	case errors.Is(err, unix.EINPROGRESS), errors.Is(err, unix.EALREADY), errors.Is(err, unix.EINTR):
		return pending
	case err == nil, errors.Is(err, unix.EISCONN):
		return w.connected(slot)
	case errors.Is(err, unix.ECONNREFUSED):
		return closed
	case errors.Is(err, unix.EADDRNOTAVAIL), errors.Is(err, unix.ENOBUFS), errors.Is(err, unix.ENOMEM), errors.Is(err, unix.EAGAIN):
		w.drop(slot)
		return starved
	case errors.Is(err, unix.ECONNRESET), errors.Is(err, unix.ECONNABORTED):
		w.drop(slot)
		return closed
	default: // EHOSTUNREACH, ENETUNREACH, EACCES, EPERM and the like
		w.drop(slot)
		return barred
	}
}

// connected ends a connection with a reset, which leaves nothing behind in
// TIME_WAIT. A connect from the very port that it asks for meets itself
// (simultaneous open, RFC 9293, 3.5): then nobody listens there.
func (w *sockets) connected(slot int) state {
	fd := w.fds[slot]
	got := open
	if own, err := unix.Getsockname(fd); err == nil && w.isTarget(own, w.ports[slot]) {
		got = closed
	}
	// Without the option the close is merely slower to free the port.
	_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
	w.drop(slot)
	return got
}

func (w *sockets) isTarget(own unix.Sockaddr, port uint16) bool {
	switch a := own.(type) {
	case *unix.SockaddrInet4:
		return a.Port == int(port) && a.Addr == w.four.Addr && w.to.Is4()
	case *unix.SockaddrInet6:
		return a.Port == int(port) && a.Addr == w.six.Addr
	}
	return false
}

func (w *sockets) wait(d time.Duration, found []outcome) []outcome {
	n, err := unix.EpollWait(w.poll, w.events, int(d.Milliseconds()))
	if err != nil {
		return found // EINTR: the sweep comes again
	}
	for _, e := range w.events[:n] {
		slot := int(e.Fd)
		if slot >= len(w.ports) || w.ports[slot] == 0 {
			continue // an event of the connect before, or of another descriptor
		}
		if got := w.connect(slot); got != pending {
			w.ports[slot] = 0
			found = append(found, outcome{slot, got})
		}
	}
	return found
}
