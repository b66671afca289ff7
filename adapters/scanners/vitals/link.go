package vitals

import (
	"context"
	"fmt"
	"sync"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/cdp/jsonv2"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// link speaks with a browser's DevTools. chromedp's own sessions are not used:
// they have the browser report of its DOM, styles and network, which slows the
// page that is measured.
type link struct {
	pipe    *chromedp.PipeConn
	events  chan *cdproto.Message // what happened, in order
	ended   chan struct{}         // closed when the browser says no more, after err is set
	err     error
	mu      sync.Mutex
	last    int64
	waiting map[int64]chan *cdproto.Message
}

func newLink(ctx context.Context, pipe *chromedp.PipeConn) *link {
	l := &link{pipe: pipe, events: make(chan *cdproto.Message), ended: make(chan struct{}), waiting: map[int64]chan *cdproto.Message{}}
	go l.read(ctx)
	return l
}

func (l *link) read(ctx context.Context) {
	defer close(l.ended)
	for {
		m := new(cdproto.Message)
		if l.err = l.pipe.Read(ctx, m); l.err != nil {
			return
		}
		if m.ID != 0 {
			l.answer(m)
			continue
		}
		select {
		case l.events <- m:
		case <-ctx.Done():
			l.err = ctx.Err()
			return
		}
	}
}

func (l *link) answer(m *cdproto.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.waiting[m.ID]; w != nil {
		w <- m // there is room for the one answer
		delete(l.waiting, m.ID)
	}
}

// send asks for something; the answer comes on the channel. Within "" is the
// browser itself.
func send[P, R any](ctx context.Context, l *link, within target.SessionID, c cdp.Command[P, R], params P) (<-chan *cdproto.Message, error) {
	raw, err := jsonv2.Marshal(params)
	if err != nil {
		return nil, err
	}
	answer := make(chan *cdproto.Message, 1)
	l.mu.Lock()
	l.last++
	m := &cdproto.Message{ID: l.last, SessionID: within, Method: cdproto.MethodType(c.Method), Params: raw}
	l.waiting[m.ID] = answer
	l.mu.Unlock()
	return answer, l.pipe.Write(ctx, m)
}

// call asks for something and waits for the answer. What happens meanwhile is
// handed to heed, which may be nil.
func call[P, R any](ctx context.Context, l *link, within target.SessionID, c cdp.Command[P, R], params P, heed func(*cdproto.Message) error) (result R, err error) {
	answer, err := send(ctx, l, within, c, params)
	if err != nil {
		return result, err
	}
	for {
		select {
		case m := <-answer:
			if m.Error != nil {
				return result, fmt.Errorf("%s: %w", c.Method, m.Error)
			}
			return result, jsonv2.Unmarshal(m.Result, &result)
		case m := <-l.events:
			if heed != nil {
				if err := heed(m); err != nil {
					return result, err
				}
			}
		case <-l.ended:
			return result, l.err
		case <-ctx.Done():
			return result, ctx.Err()
		}
	}
}

// close ends the link; the browser has ended before.
func (l *link) close() {
	l.pipe.Close()
	<-l.ended
}
