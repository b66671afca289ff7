//go:build !linux

package ports

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// dialers is the wire of systems without epoll: one goroutine per connect.
type dialers struct {
	to    netip.Addr
	ends  []context.CancelFunc
	done  chan outcome
	works sync.WaitGroup
}

func newWire(to netip.Addr) (wire, error) {
	const most = 128
	return &dialers{to: to.Unmap(), ends: make([]context.CancelFunc, most), done: make(chan outcome, most)}, nil
}

func (w *dialers) slots() int { return len(w.ends) }

func (w *dialers) close() {
	for slot := range w.ends {
		w.drop(slot)
	}
	w.works.Wait()
}

func (w *dialers) drop(slot int) {
	if w.ends[slot] != nil {
		w.ends[slot]()
		w.ends[slot] = nil
	}
}

func (w *dialers) dial(slot int, port uint16) state {
	ctx, cancel := context.WithTimeout(context.Background(), mostTimeout)
	w.ends[slot] = cancel
	w.works.Go(func() {
		defer cancel()
		got := connect(ctx, netip.AddrPortFrom(w.to, port))
		if ctx.Err() != nil {
			return
		}
		select {
		case w.done <- outcome{slot, got}:
		case <-ctx.Done():
		}
	})
	return pending
}

func connect(ctx context.Context, to netip.AddrPort) state {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", to.String())
	switch {
	case err == nil:
		own := conn.LocalAddr().String() == conn.RemoteAddr().String()
		conn.Close()
		if own {
			return closed
		}
		return open
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return closed
	case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return starved
	default:
		return barred
	}
}

func (w *dialers) wait(d time.Duration, found []outcome) []outcome {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case o := <-w.done:
		return append(found, o)
	case <-timer.C:
		return found
	}
}
