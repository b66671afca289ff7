package sevenazzani

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/web"
	"github.com/scanledger/scanledger/commands"
	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// LiveClicks tell of clicks as they are counted. However many look at however many
// links, one question at a time is asked for all of them. It is safe for
// concurrent use.
type LiveClicks struct {
	Reader   projections.ClickReader
	Every    time.Duration   // between two questions
	Draining <-chan struct{} // ends all streams
	Log      *slog.Logger
	// Silence is how long a stream says nothing at most. So often Keys are asked whether
	// the client's credentials still hold.
	Silence time.Duration
	Keys    web.Keys

	mu       sync.Mutex
	watchers map[*watcher]bool
	asking   bool
}

// watcher is one stream.
type watcher struct {
	link  projections.LinkRef
	news  chan projections.ClickTotals // the newest alone
	known projections.ClickTotals      // what it was told
}

// How many streams there may be: of an account, and in this process.
const (
	streamsOfAccount = 20
	streamsOfAll     = 1000
)

// watch begins to look at a link, whose totals are known.
func (l *LiveClicks) watch(link projections.LinkRef, known projections.ClickTotals) (*watcher, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	own := 0
	for w := range l.watchers {
		if w.link.Account == link.Account {
			own++
		}
	}
	switch {
	case own >= streamsOfAccount:
		return nil, domain.Errorf(domain.TooMany, "At most %d live counters of an account are open at one time. Close one, or come again later", streamsOfAccount)
	case len(l.watchers) >= streamsOfAll:
		return nil, domain.Errorf(domain.TooMany, "All %d live counters of this server are taken. Come again later", streamsOfAll)
	}
	w := &watcher{link, make(chan projections.ClickTotals, 1), known}
	if l.watchers == nil {
		l.watchers = map[*watcher]bool{}
	}
	if l.watchers[w] = true; !l.asking {
		l.asking = true
		go l.ask()
	}
	return w, nil
}

func (l *LiveClicks) leave(w *watcher) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.watchers, w)
}

// watched are the links that anybody looks at. With none asking is over, and
// the next watcher begins it again.
func (l *LiveClicks) watched() []projections.LinkRef {
	l.mu.Lock()
	defer l.mu.Unlock()
	links := map[projections.LinkRef]bool{}
	for w := range l.watchers {
		links[w.link] = true
	}
	l.asking = len(links) > 0
	return slices.Collect(maps.Keys(links))
}

// ask asks for all links that are watched, for as long as any is.
func (l *LiveClicks) ask() {
	tick := time.NewTicker(l.Every)
	defer tick.Stop()
	for said := ""; ; {
		select {
		case <-tick.C:
		case <-l.Draining:
			return
		}
		links := l.watched()
		if len(links) == 0 {
			return
		}
		totals, err := l.Reader.ClickTotals(context.Background(), links...)
		if err != nil && err.Error() != said {
			l.Log.Warn("live counters stand still", "error", err)
		}
		if said = fmt.Sprint(err); err == nil {
			l.tell(totals)
		}
	}
}

// tell gives each watcher what is new to it.
func (l *LiveClicks) tell(totals map[uuid.UUID]projections.ClickTotals) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for w := range l.watchers {
		t := totals[w.link.Link]
		if t == w.known {
			continue
		}
		w.known = t
		select {
		case <-w.news: // it has not been told yet, and is old
		default:
		}
		w.news <- t
	}
}

// FollowClicks answers GET /shrinkit/{short_code}/stats/live/: the totals, or as a
// live stream the totals at once and whenever they are others.
func (a *API) FollowClicks(c *fiber.Ctx, by commands.Caller) error {
	_, link, err := a.linkAt(c, by)
	if err != nil {
		return err
	}
	live := a.Clicks.Live
	totals, err := live.Reader.ClickTotals(c.UserContext(), link)
	if err != nil {
		return err
	}
	if !web.WantsEvents(c) {
		return c.JSON(totalsOf(totals[link.Link]))
	}
	web.EventStream(c)
	if c.Method() == fiber.MethodHead {
		return nil
	}
	credentials, err := web.Bearer(c)
	if err != nil {
		return err
	}
	w, err := live.watch(link, totals[link.Link])
	if err != nil {
		return err
	}
	web.Stream(c, live.Log, "clicks", func(to *bufio.Writer) error {
		defer live.leave(w)
		return live.follow(to, w, totals[link.Link], func() bool { return a.sees(credentials, link) })
	})
	return nil
}

// sees says whether credentials still hold, and their account still has a link. While
// that cannot be found out, they do.
func (a *API) sees(credentials string, link projections.LinkRef) bool {
	if !web.StillSees(a.Clicks.Live.Keys, credentials, link.Account) {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_, err := a.Shortened.Link(ctx, link.Account, link.Link.String())
	return domain.CodeOf(err) != domain.NotFound
}

// follow writes until the client is gone or may look no longer, the server drains, or
// it is time to connect again.
func (l *LiveClicks) follow(to *bufio.Writer, w *watcher, totals projections.ClickTotals, sees func() bool) error {
	fmt.Fprint(to, "retry: 1000\n\n")
	end, ping := time.NewTimer(web.StreamMax), time.NewTicker(l.Silence)
	defer end.Stop()
	defer ping.Stop()
	if err := say(to, totals); err != nil {
		return err
	}
	for {
		var err error
		select {
		case t := <-w.news:
			err = say(to, t)
		case <-ping.C:
			if !sees() {
				return nil
			}
			fmt.Fprint(to, ": still here\n\n")
			err = to.Flush()
		case <-end.C:
			return nil
		case <-l.Draining:
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func say(to *bufio.Writer, t projections.ClickTotals) error {
	data, err := json.Marshal(totalsOf(t))
	if err != nil {
		return err
	}
	fmt.Fprintf(to, "event: clicks\ndata: %s\n\n", data)
	return to.Flush()
}
