package server_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"

	"golang.org/x/time/rate"
)

// perSecond is how many bytes a second a line has, each way.
const perSecond = 4_000_000

// lineTo is a line to a server, and says where it begins: all of its connections
// together move perSecond bytes a second each way, so that how long something takes
// is the line's, however busy the machine is.
func lineTo(t *testing.T, server string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	down, up := rate.NewLimiter(perSecond, 32<<10), rate.NewLimiter(perSecond, 32<<10)
	ctx, cut := context.WithCancel(context.WithoutCancel(t.Context()))
	var open sync.WaitGroup
	t.Cleanup(func() {
		cut()
		listener.Close()
		open.Wait()
	})
	open.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", strings.TrimPrefix(server, "http://"))
			if err != nil {
				near.Close()
				continue
			}
			context.AfterFunc(ctx, func() { near.Close(); far.Close() })
			open.Go(func() { paced(ctx, near, far, down) })
			open.Go(func() { paced(ctx, far, near, up) })
		}
	})
	return "http://" + listener.Addr().String()
}

// paced copies until either end is over, and then ends both.
func paced(ctx context.Context, to, from net.Conn, pace *rate.Limiter) {
	defer to.Close()
	defer from.Close()
	block := make([]byte, 32<<10)
	for {
		n, err := from.Read(block)
		if err != nil || pace.WaitN(ctx, n) != nil {
			return
		}
		if _, err := to.Write(block[:n]); err != nil {
			return
		}
	}
}
