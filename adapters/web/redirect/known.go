package redirect

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Known are the links that were followed before. What this process has changed is
// seen at once, what others have within Fresh. While the links cannot be looked up,
// those that are known stay as they were last seen. It is safe for concurrent use.
type Known struct {
	// Read looks a link up; NotFound where no link has the code.
	Read  func(ctx context.Context, code string) (projections.LinkRow, error)
	Fresh time.Duration // how long a link is not asked about again
	Now   func() time.Time
	Log   *slog.Logger

	mu      sync.RWMutex
	links   map[string]*known // by domain.LinkKey
	streams map[domain.Stream]string
	changes int       // told by Forget since the start
	warned  time.Time // of links that cannot be looked up
}

// Link is a link that is known. Nobody may change it.
type Link struct {
	projections.LinkRow
	Stream domain.Stream
}

type known struct {
	link *Link
	seen time.Time // guarded by Known.mu
	ask  sync.Mutex
}

// Bounds of what is known: links, and how long one that is known waits for those
// who are asked about it. The operator is told of those who do not answer so often.
const (
	mostKnown = 100_000
	patience  = 500 * time.Millisecond
	warnEvery = 10 * time.Second
)

// Seen returns the link that a code leads to, where somebody was asked about it not
// long ago, else nil.
func (k *Known) Seen(code string) *Link {
	now := k.Now()
	k.mu.RLock()
	defer k.mu.RUnlock()
	if entry := k.links[domain.LinkKey(code)]; entry != nil && now.Sub(entry.seen) < k.Fresh {
		return entry.link
	}
	return nil
}

// At returns the link that a code leads to. It answers NotFound where there is none,
// and Unavailable where that cannot be found out.
func (k *Known) At(ctx context.Context, code string) (*Link, error) {
	if link := k.Seen(code); link != nil {
		return link, nil
	}
	key := domain.LinkKey(code)
	k.mu.RLock()
	entry := k.links[key]
	k.mu.RUnlock()
	switch {
	case entry != nil:
		return k.again(ctx, key, entry)
	case domain.CheckCode(code) != nil: // nobody need be asked
		return nil, domain.Errorf(domain.NotFound, "Link not found")
	default:
		return k.look(ctx, key)
	}
}

// again asks about a link that was known. Of many who come at one time one asks, and
// the others have what it was told.
func (k *Known) again(ctx context.Context, key string, entry *known) (*Link, error) {
	entry.ask.Lock()
	defer entry.ask.Unlock()
	k.mu.RLock()
	present, now := k.links[key], k.Now()
	if present == nil { // forgotten, for it has changed
		k.mu.RUnlock()
		return k.look(ctx, key)
	}
	link, seen := present.link, present.seen
	k.mu.RUnlock()
	if now.Sub(seen) < k.Fresh {
		return link, nil
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	asked, err := k.look(ctx, key)
	if err == nil || domain.CodeOf(err) == domain.NotFound {
		return asked, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if now.Sub(k.warned) >= warnEvery { // not for each of very many links
		k.warned = now
		k.Log.Warn("links are as they were last seen", "error", err)
	}
	present.seen = now // and is asked about again after that time
	return link, nil
}

// look asks about a link, and notes what was told unless something has changed
// meanwhile.
func (k *Known) look(ctx context.Context, key string) (*Link, error) {
	k.mu.RLock()
	before, now := k.changes, k.Now()
	k.mu.RUnlock()
	row, err := k.Read(ctx, key)
	link := &Link{row, domain.NewStream(domain.LinkFamily, row.ID)}
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case err == nil && k.changes == before:
		k.note(key, link, now)
	case domain.CodeOf(err) == domain.NotFound:
		k.drop(key)
	}
	return link, err
}

// knows says whether a code is that of a link that is known.
func (k *Known) knows(code string) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.links[domain.LinkKey(code)] != nil
}

// drop forgets a link; k.mu is held.
func (k *Known) drop(key string) {
	if entry := k.links[key]; entry != nil {
		delete(k.streams, entry.link.Stream)
		delete(k.links, key)
	}
}

// note keeps a link; k.mu is held. Beyond the bound any one is forgotten for it.
func (k *Known) note(key string, link *Link, now time.Time) {
	if k.links == nil {
		k.links, k.streams = map[string]*known{}, map[domain.Stream]string{}
	}
	if len(k.links) >= mostKnown && k.links[key] == nil {
		for any := range k.links {
			k.drop(any)
			break
		}
	}
	k.drop(key) // another link may have had the code
	k.links[key] = &known{link: link, seen: now}
	k.streams[link.Stream] = key
}

// Forget is told of streams that were appended to: those of links are asked about
// again before anybody follows them.
func (k *Known) Forget(streams ...domain.Stream) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, s := range streams {
		if s.Family() != domain.LinkFamily {
			continue
		}
		k.changes++
		if key, ok := k.streams[s]; ok {
			k.drop(key)
		}
	}
}
