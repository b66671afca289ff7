package zap

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/scanledger/scanledger/adapters/scanners"
)

// Two contexts are ours: one that whoever uses ZAP holds, and one for the site.
const (
	held = "scanledger"
	site = "scanledger-site"
)

// deaf is how many looks at a holder that shows no life make it a dead one.
const deaf = 30

// take waits until nobody else uses ZAP, and begins a session of its own. A holder
// writes something else into its context each time that it looks at ZAP; one that
// has stopped doing so is dead, and what it left running ends with the session.
func (r *run) take(ctx context.Context) error {
	var h holder
	for h.same < deaf {
		err := r.did(ctx, "context/action/newContext", "contextName", held)
		if err == nil {
			break
		}
		if !told(err, "already_exists") {
			return err
		}
		if _, err := r.look(ctx, &h); err != nil {
			return err
		}
		if err := scanners.Rest(ctx, r.pace); err != nil {
			return err
		}
	}
	r.holds = true
	if err := r.clear(ctx); err != nil {
		return err
	}
	return r.did(ctx, "context/action/newContext", "contextName", held)
}

// holder is whoever holds ZAP, as he was seen.
type holder struct {
	last string // that he has written
	same int    // looks that saw the same
}

// look looks at the holder once more. There is none where ZAP has not the context.
func (r *run) look(ctx context.Context, h *holder) (there bool, err error) {
	life, err := r.life(ctx)
	if err != nil && !told(err, "does_not_exist") {
		return false, err
	}
	if h.same++; life != h.last {
		h.last, h.same = life, 0
	}
	return err == nil, nil
}

// patience is how many looks make a holder a dead one where nobody waits for ZAP: whoever waits
// has taken it long before.
const patience = 3 * deaf

// dead waits until the holder is dead. It is false at once where there is none.
func (r *run) dead(ctx context.Context) (bool, error) {
	for h := (holder{}); h.same < patience; {
		there, err := r.look(ctx, &h)
		if err != nil || !there {
			return false, err
		}
		if err := scanners.Rest(ctx, r.pace); err != nil {
			return false, err
		}
	}
	return true, nil
}

// clear ends all that runs in ZAP, its way through a proxy of ours, and its session.
func (r *run) clear(ctx context.Context) error {
	if err := r.halt(ctx); err != nil {
		return err
	}
	if err := r.unpin(ctx); err != nil {
		return err
	}
	return r.do(ctx, "core/action/newSession", "name", "", "overwrite", "true")
}

// halt ends all that runs in ZAP.
func (r *run) halt(ctx context.Context) error {
	for _, component := range []string{"ascan", "spider"} {
		for _, action := range []string{"stopAllScans", "removeAllScans"} {
			if err := r.do(ctx, component+"/action/"+action); err != nil && !told(err, "no_implementor") {
				return err
			}
		}
	}
	return nil
}

// life is what a holder has written last.
func (r *run) life(ctx context.Context) (string, error) {
	var there struct {
		Regexes json.RawMessage `json:"excludeRegexs"`
	}
	err := r.ask(ctx, "context/view/excludeRegexs", &there, "contextName", held)
	return string(there.Regexes), err
}

// live shows that we are alive.
func (r *run) live(ctx context.Context) error {
	sign, err := json.Marshal([]string{"alive-" + strconv.FormatInt(time.Now().UnixNano(), 36)})
	if err != nil {
		return err
	}
	return r.do(ctx, "context/action/setContextRegexs", "contextName", held, "incRegexs", "[]", "excRegexs", string(sign))
}
