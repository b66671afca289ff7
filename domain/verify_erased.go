package domain

import "encoding/hex"

// erasing is what a chain has of payloads that are gone or have to be.
type erasing struct {
	missing []Fault // payloads that are gone, until an event says that they are erased
	kept    int     // the first version whose payload goes when the stream is erased; 0 for none
	done    bool    // an event says that the stream is erased
}

// erase looks whether an event's payload is there. An event that erases those
// before it makes good what is missing of them, and nothing else does.
func (c *Chain) erase(k Kept) {
	e := &c.erasing
	if e.done {
		c.fault(k.Version, "nothing after the stream is erased", "", k.Type)
	}
	erasable := Erasable(c.stream, k.Type, k.Schema)
	switch {
	case k.Payload == nil && !erasable:
		c.fault(k.Version, "payload", hex.EncodeToString(k.Sum), "none, of an event that is never erased")
	case k.Payload == nil && len(e.missing) < maxFaults:
		e.missing = append(e.missing, Fault{
			Version: k.Version, What: "payload", Expected: hex.EncodeToString(k.Sum), Found: "none, and nothing says that it was erased",
		})
	case k.Payload == nil:
	case Erases(k.Type):
		if e.kept > 0 {
			c.fault(e.kept, "payload that is erased", "none", "one")
		}
		e.missing, e.kept, e.done = nil, 0, true
	case erasable && e.kept == 0:
		e.kept = k.Version
	}
}

// unexplained names the payloads that are gone without a word.
func (c *Chain) unexplained() {
	for _, f := range c.erasing.missing {
		c.fault(f.Version, f.What, f.Expected, f.Found)
	}
}

// Erased says whether the stream's events say that it is erased.
func (c *Chain) Erased() bool { return c.erasing.done }
