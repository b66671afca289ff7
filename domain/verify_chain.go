package domain

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"github.com/google/uuid"
)

// Kept is an event with what the log keeps to prove it. A Payload of nil is
// erased: the chain holds by its digest none the less. It may be erased only
// where the stream's last event says so.
type Kept struct {
	Stored
	Sum  []byte // SHA-256 of the payload, as kept
	Hash []byte // ChainHash, as kept
}

// Head is the newest event of a stream, as the log or a checkpoint has it.
type Head struct {
	Stream     Stream
	Owner      uuid.UUID
	Version    int
	Hash       []byte
	Checkpoint int64 // the number of the checkpoint that says so; 0 for the log
}

// Chain verifies one stream, event by event: versions 1 to n without a gap,
// digests, hashes, and the heads that checkpoints have signed. It names the
// column that was changed where the hashes tell; of an event's id, time, actor
// and cause they tell only that it is one of them.
type Chain struct {
	stream  Stream
	owner   uuid.UUID
	signed  []Head
	verdict *Verdict
	version int
	hash    []byte // of the newest event, as kept
	doubt   *doubt
	erasing erasing
}

// doubt is an event whose hash is not what its columns come to. Which of the
// two was changed is told by what follows it.
type doubt struct {
	event    Kept
	before   []byte
	computed []byte
}

// NewChain begins a stream. Signed are the heads of checkpoints, oldest first.
func NewChain(s Stream, owner uuid.UUID, signed []Head, v *Verdict) *Chain {
	v.Checked.Streams++
	return &Chain{stream: s, owner: owner, signed: signed, verdict: v}
}

// Next takes the next event, and says whether its payload can be relied upon.
func (c *Chain) Next(k Kept) bool {
	c.verdict.Checked.Events++
	if k.Stream != c.stream {
		c.fault(k.Version, "stream of the event", string(c.stream), string(k.Stream))
	}
	digest, sound := k.Sum, true
	c.erase(k)
	if k.Payload == nil {
		c.verdict.Checked.Erased++
	} else {
		digest = k.Digest()
		sound = bytes.Equal(digest, k.Sum)
	}
	computed := k.Hash
	if k.Version != c.version+1 {
		c.settle(nil)
		c.fault(k.Version, "versions without a gap", strconv.Itoa(c.version+1), strconv.Itoa(k.Version))
		if !sound {
			c.faultHex(k.Version, "payload", k.Sum, digest)
		}
	} else {
		computed = c.link(k, digest, c.settle(&k))
	}
	if c.owner == uuid.Nil {
		c.owner = k.Owner
	} else if k.Owner != c.owner && c.doubt == nil {
		c.fault(k.Version, "owner of the stream", k.Owner.String(), c.owner.String())
		c.owner = k.Owner
	}
	c.compareSigned(k, computed)
	c.version, c.hash = k.Version, k.Hash
	return sound
}

// link compares an event with its digest and its hash, and returns the hash
// that its columns come to.
func (c *Chain) link(k Kept, digest, before []byte) []byte {
	byKept, byPayload := k.chainHash(before, k.Sum), k.chainHash(before, digest)
	computed := byKept
	if !bytes.Equal(digest, k.Sum) {
		if bytes.Equal(byPayload, k.Hash) {
			computed = byPayload
			c.faultHex(k.Version, "digest", digest, k.Sum)
		} else {
			c.faultHex(k.Version, "payload", k.Sum, digest)
		}
	}
	if !bytes.Equal(computed, k.Hash) {
		c.doubt = &doubt{k, before, computed}
	}
	return computed
}

// settle judges what is in doubt by the event that follows, nil for none that
// could tell, and returns the hash on which that one stands.
func (c *Chain) settle(next *Kept) []byte {
	d := c.doubt
	if d == nil {
		return c.hash
	}
	c.doubt = nil
	if next != nil && (bytes.Equal(next.chainHash(d.computed, next.Sum), next.Hash) ||
		next.Payload != nil && bytes.Equal(next.ChainHash(d.computed), next.Hash)) {
		c.faultHex(d.event.Version, "hash", d.computed, d.event.Hash)
		return d.computed
	}
	c.faultHex(d.event.Version, c.culprit(d), d.event.Hash, d.computed)
	return d.event.Hash
}

// culprit tries which column would make the event's hash hold.
func (c *Chain) culprit(d *doubt) string {
	holds := func(change func(*Kept)) bool {
		k := d.event
		change(&k)
		return bytes.Equal(k.chainHash(d.before, k.Sum), k.Hash)
	}
	if holds(func(k *Kept) { k.Owner = c.owner }) {
		return "owner"
	}
	for _, entry := range Catalog {
		if holds(func(k *Kept) { k.Type, k.Schema = entry.Kind, entry.Version }) {
			return "type"
		}
	}
	return "id, owner, type, time, actor or cause"
}

// compareSigned compares an event with the heads of its version.
func (c *Chain) compareSigned(k Kept, computed []byte) {
	for len(c.signed) > 0 && c.signed[0].Version <= k.Version {
		h := c.signed[0]
		c.signed = c.signed[1:]
		if h.Version < k.Version {
			c.fault(h.Version, "event that "+h.name()+" has", hex.EncodeToString(h.Hash), "none")
		} else if !bytes.Equal(h.Hash, k.Hash) && !bytes.Equal(h.Hash, computed) {
			c.faultHex(k.Version, "hash that "+h.name()+" has", h.Hash, k.Hash)
		}
	}
}

// name is the checkpoint's.
func (h Head) name() string { return "checkpoint " + strconv.FormatInt(h.Checkpoint, 10) }

// End compares the newest event with the stream's head; nil says that there
// is none.
func (c *Chain) End(head *Head) {
	hash := c.hash
	if d := c.doubt; d != nil && head != nil && bytes.Equal(d.computed, head.Hash) {
		c.doubt, hash = nil, d.computed
		c.faultHex(d.event.Version, "hash", d.computed, d.event.Hash)
	}
	c.settle(nil)
	c.unexplained()
	for _, h := range c.signed {
		c.fault(h.Version, "event that "+h.name()+" has", hex.EncodeToString(h.Hash), "none")
	}
	switch {
	case head == nil && c.version > 0:
		c.fault(c.version, "head of the stream", hex.EncodeToString(hash), "none")
	case head == nil:
	case head.Version != c.version:
		c.fault(max(c.version, head.Version), "newest version", strconv.Itoa(head.Version), strconv.Itoa(c.version))
	case !bytes.Equal(head.Hash, hash):
		c.faultHex(c.version, "head of the stream", hash, head.Hash)
	}
}

// Version is that of the newest event so far.
func (c *Chain) Version() int { return c.version }

func (c *Chain) fault(version int, what, expected, found string) {
	c.verdict.Fault(Fault{Stream: c.stream, Version: version, What: what, Expected: expected, Found: found})
}

func (c *Chain) faultHex(version int, what string, expected, found []byte) {
	c.fault(version, what, hex.EncodeToString(expected), hex.EncodeToString(found))
}

// HashOf is the SHA-256 of bytes, as evidence is named.
func HashOf(body []byte) Hash {
	sum := sha256.Sum256(body)
	return Hash(hex.EncodeToString(sum[:]))
}
