package bundle

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Builder gathers a scan's bundle, and proves it on the way: what does not
// hold is not written.
type Builder struct {
	head       domain.Head
	keys       domain.KeySet
	checkpoint domain.SignedCheckpoint
	events     bytes.Buffer
	proof      *projections.Proof
	verdict    domain.Verdict
}

// Piece is a piece of evidence: its hash and its size in bytes.
type Piece struct {
	Hash domain.Hash
	Size int64
}

// NewBuilder begins a bundle of the scan up to head, which the checkpoint
// covers.
func NewBuilder(head domain.Head, keys domain.KeySet, c domain.SignedCheckpoint) *Builder {
	b := &Builder{head: head, keys: keys, checkpoint: c}
	b.proof = projections.NewProof(domain.Head{Stream: head.Stream}, nil, &b.verdict)
	return b
}

// Add takes the next event.
func (b *Builder) Add(k domain.Kept) error {
	b.proof.Next(k)
	e := event{
		ID: k.ID, Stream: k.Stream, Version: k.Version, Owner: k.Owner, Type: k.Type, Schema: k.Schema, At: k.At.UTC(),
		Actor: k.Actor, Cause: k.Cause, Digest: hex.EncodeToString(k.Sum), Hash: hex.EncodeToString(k.Hash),
	}
	if k.Payload != nil {
		payload := string(k.Payload)
		e.Payload = &payload
	}
	raw, err := line(e)
	if err == nil && (len(raw) > maxWhole || b.events.Len()+len(raw) > maxEvents) {
		err = domain.Errorf(domain.TooLarge, "the scan is too large for a bundle")
	}
	if err == nil {
		b.events.Write(raw)
	}
	return err
}

// Seal ends the events, and returns what writes the bundle out. Pieces are the
// scan's evidence in the order of the hashes; body reads one. The error is
// that of a scan that does not hold.
func (b *Builder) Seal(pieces []Piece, body func(context.Context, domain.Hash) ([]byte, error)) (func(context.Context, io.Writer) error, error) {
	b.proof.Chain.End(&b.head)
	b.verdict.Close()
	if !b.verdict.OK {
		f := b.verdict.Faults[0]
		return nil, fmt.Errorf("%s does not hold, run scanledger verify: version %d: %s", b.head.Stream, f.Version, f.What)
	}
	files, err := b.files()
	if err != nil {
		return nil, err
	}
	m := manifest{Format: format, Stream: b.head.Stream, Version: b.head.Version, Head: hex.EncodeToString(b.head.Hash)}
	for i, raw := range files {
		m.Files = append(m.Files, file{fixed[i].name, int64(len(raw)), string(domain.HashOf(raw))})
	}
	for _, p := range pieces {
		m.Files = append(m.Files, file{evidenceFolder + string(p.Hash), p.Size, string(p.Hash)})
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("the scan is no bundle: %w", err)
	}
	first, err := line(m)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, w io.Writer) error { return write(ctx, w, first, files, pieces, body) }, nil
}

// files are those of a fixed name, in their order.
func (b *Builder) files() ([][]byte, error) {
	keys, err := line(b.keys)
	if err != nil {
		return nil, err
	}
	signed, err := line(checkpoint{string(b.checkpoint.Statement), b.checkpoint.Signature})
	if err != nil {
		return nil, err
	}
	report, err := reportOf(b.proof)
	return [][]byte{keys, signed, b.events.Bytes(), report}, err
}

func write(ctx context.Context, w io.Writer, first []byte, files [][]byte, pieces []Piece, body func(context.Context, domain.Hash) ([]byte, error)) error {
	if err := put(w, manifestName, first); err != nil {
		return err
	}
	for i, raw := range files {
		if err := put(w, fixed[i].name, raw); err != nil {
			return err
		}
	}
	for _, p := range pieces {
		raw, err := body(ctx, p.Hash)
		if err != nil {
			return err
		}
		if domain.HashOf(raw) != p.Hash {
			return fmt.Errorf("evidence %s does not hold, run scanledger verify", p.Hash)
		}
		if err := put(w, evidenceFolder+string(p.Hash), raw); err != nil {
			return err
		}
	}
	_, err := w.Write(make([]byte, 2*blockSize))
	return err
}

func put(w io.Writer, name string, body []byte) error {
	size := int64(len(body))
	head, err := header(name, size)
	if err != nil {
		return err
	}
	for _, part := range [][]byte{head, body, make([]byte, padding(size))} {
		if _, err := w.Write(part); err != nil {
			return err
		}
	}
	return nil
}
