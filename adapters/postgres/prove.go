package postgres

import (
	"context"
	"crypto/ed25519"
	"math"
	"strconv"

	"github.com/scanledger/scanledger/domain"
	"github.com/scanledger/scanledger/projections"
)

// Stream verifies one stream, in one snapshot: chain, signed heads, and of a
// scan evidence, findings, grade and report. Last is the newest checkpoint.
// The error is of the database, never of what does not hold.
func (p *Proofs) Stream(ctx context.Context, s domain.Stream, last domain.Checkpoint, v *domain.Verdict) error {
	return p.At(ctx, func(p *Proofs) error {
		signed, err := p.Signed(ctx, s)
		if err != nil {
			return err
		}
		head, err := p.Head(ctx, s)
		if err != nil {
			return err
		}
		begin := domain.Head{Stream: s}
		if head != nil {
			begin = *head
		}
		proof := projections.NewProof(begin, signed, v)
		if err := p.fold(ctx, s, proof, v); err != nil {
			return err
		}
		proof.Chain.End(head)
		if err := p.covered(ctx, s, signed, last, v); err != nil || proof.Scan == nil {
			return err
		}
		return p.evidence(ctx, s, proof, v)
	})
}

// fold goes through the events, and compares the report where the table of
// reports stands, which may be behind the log.
func (p *Proofs) fold(ctx context.Context, s domain.Stream, proof *projections.Proof, v *domain.Verdict) error {
	row, place, erased, err := p.reportPlace(ctx, s)
	if err != nil {
		return err
	}
	if row != place && !(erased && row == 0) {
		v.Fault(domain.Fault{Stream: s, Version: place, What: "report's version", Expected: strconv.Itoa(place), Found: strconv.Itoa(row)})
	}
	var want projections.ReportRow
	var document []byte
	err = p.Each(ctx, s, math.MaxInt32, func(k domain.Kept) error {
		proof.Next(k)
		if k.Version == row && proof.Whole {
			want, document, err = proof.Report()
		}
		return err
	})
	if err == nil {
		compareErased(s, proof.Chain, row, erased, v)
	}
	if err != nil || row == 0 || !proof.Whole {
		return err
	}
	if document == nil {
		v.Fault(domain.Fault{Stream: s, Version: row, What: "events of which the report is made", Expected: strconv.Itoa(row), Found: strconv.Itoa(proof.Chain.Version())})
		return nil
	}
	v.Checked.Reports++
	return p.compareReport(ctx, s, want, document, v)
}

// covered counts the events that no checkpoint has yet. One whose place in the
// log is before the newest checkpoint's must be covered.
func (p *Proofs) covered(ctx context.Context, s domain.Stream, signed []domain.Head, last domain.Checkpoint, v *domain.Verdict) error {
	newest := 0
	if len(signed) > 0 {
		newest = signed[len(signed)-1].Version
	}
	xid := last.Xid
	if _, err := strconv.ParseUint(xid, 10, 64); err != nil {
		xid = "0"
	}
	var unsigned, overdue int
	err := p.q.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE (xid, position) <= ($3::text::xid8, $4))
		FROM events WHERE stream = $1 AND version > $2`, s, newest, xid, last.Position).Scan(&unsigned, &overdue)
	if err != nil {
		return away(err)
	}
	v.Checked.Unsigned += unsigned
	if overdue > 0 {
		v.Fault(domain.Fault{Stream: s, Version: newest + 1, What: "checkpoint that covers it",
			Expected: "one up to checkpoint " + strconv.FormatInt(last.Number, 10), Found: "none"})
	}
	return nil
}

// evidence compares what is kept with its hashes, and with those that events
// name.
func (p *Proofs) evidence(ctx context.Context, s domain.Stream, proof *projections.Proof, v *domain.Verdict) error {
	pieces, err := p.Pieces(ctx, s.ID())
	if err != nil {
		return err
	}
	named := proof.Scan.Named
	for _, piece := range pieces {
		body, err := p.Body(ctx, s.ID(), piece.Hash)
		if err != nil {
			return err
		}
		v.Checked.Evidence++
		version, known := named[piece.Hash]
		if !known {
			v.Checked.Unnamed++
		}
		if proof.Chain.Erased() {
			v.Fault(domain.Fault{Stream: s, Version: proof.Chain.Version(), What: "evidence of what is erased", Expected: "none", Found: string(piece.Hash)})
		}
		if found := domain.HashOf(body); found != piece.Hash {
			v.Fault(domain.Fault{Stream: s, Version: version, What: "evidence", Expected: string(piece.Hash), Found: string(found)})
		}
		delete(named, piece.Hash)
	}
	for hash, version := range named {
		v.Fault(domain.Fault{Stream: s, Version: version, What: "evidence", Expected: string(hash), Found: "none"})
	}
	return nil
}

// Chain verifies all checkpoints: numbers without a gap, signatures, each the
// hash of the one before, and the heads that each names. It returns the newest
// with its hash.
func (p *Proofs) Chain(ctx context.Context, key ed25519.PublicKey, v *domain.Verdict) (last domain.Checkpoint, hash string, err error) {
	err = p.Checkpoints(ctx, func(number int64, signed domain.SignedCheckpoint) error {
		v.Checked.Checkpoints++
		what := "checkpoint " + strconv.FormatInt(number, 10)
		c, err := signed.Read(key)
		if err != nil {
			v.Fault(domain.Fault{What: what, Expected: "a statement and its signature", Found: err.Error()})
		}
		if want := last.Number + 1; number != want || c.Number != number {
			v.Fault(domain.Fault{What: what + ": number", Expected: strconv.FormatInt(want, 10), Found: strconv.FormatInt(c.Number, 10)})
		}
		if c.Before != hash {
			v.Fault(domain.Fault{What: what + ": hash of the one before", Expected: hash, Found: c.Before})
		}
		last, hash = c, signed.Hash()
		last.Number = number
		return p.compareHeads(ctx, what, number, c, v)
	})
	return last, hash, err
}

// compareHeads compares the heads that are kept with those of the statement.
func (p *Proofs) compareHeads(ctx context.Context, what string, number int64, c domain.Checkpoint, v *domain.Verdict) error {
	heads, err := p.HeadsOf(ctx, number)
	if err != nil {
		return err
	}
	wanted := make(map[string]bool, len(c.Heads))
	for _, leaf := range c.Heads {
		wanted[leaf] = true
	}
	for _, h := range heads {
		leaf := h.Leaf()
		if !wanted[leaf] {
			v.Fault(domain.Fault{Stream: h.Stream, Version: h.Version, What: what + ": signed head", Expected: "one of the statement's", Found: leaf})
		}
		delete(wanted, leaf)
	}
	for leaf := range wanted {
		v.Fault(domain.Fault{What: what + ": signed head", Expected: leaf, Found: "none"})
	}
	return nil
}

// Of verifies the checkpoints that have heads of one stream, and returns the
// newest of all.
func (p *Proofs) Of(ctx context.Context, s domain.Stream, key ed25519.PublicKey, v *domain.Verdict) (domain.Checkpoint, error) {
	signed, err := p.Signed(ctx, s)
	if err != nil {
		return domain.Checkpoint{}, err
	}
	for _, h := range signed {
		c, err := p.Checkpoint(ctx, h.Checkpoint)
		if err != nil && domain.CodeOf(err) != domain.NotFound {
			return domain.Checkpoint{}, err
		}
		v.Checked.Checkpoints++
		if _, err := c.Covers(h, key); err != nil {
			v.Fault(domain.Fault{Stream: s, Version: h.Version, What: "checkpoint " + strconv.FormatInt(h.Checkpoint, 10),
				Expected: "a signed statement with this head", Found: err.Error()})
		}
	}
	return p.newest(ctx, key)
}

// newest reads the newest checkpoint; the zero value where there is none that
// can be read, which Chain tells.
func (p *Proofs) newest(ctx context.Context, key ed25519.PublicKey) (domain.Checkpoint, error) {
	var number *int64
	if err := p.q.QueryRow(ctx, "SELECT max(number) FROM checkpoints").Scan(&number); err != nil || number == nil {
		return domain.Checkpoint{}, away(err)
	}
	signed, err := p.Checkpoint(ctx, *number)
	if err != nil {
		return domain.Checkpoint{}, err
	}
	c, err := signed.Read(key)
	if err != nil {
		return domain.Checkpoint{}, nil
	}
	return c, nil
}

// page is how many streams All asks for at one time.
const page = 500

// All verifies the whole log. Seen is called after each stream.
func (p *Proofs) All(ctx context.Context, key ed25519.PublicKey, v *domain.Verdict, seen func()) (last domain.Checkpoint, hash string, err error) {
	if last, hash, err = p.Chain(ctx, key, v); err != nil {
		return last, hash, err
	}
	for after := domain.Stream(""); ; {
		names, err := p.Streams(ctx, after, page)
		if err != nil {
			return last, hash, err
		}
		for _, s := range names {
			if err := p.Stream(ctx, s, last, v); err != nil {
				return last, hash, err
			}
			seen()
			after = s
		}
		if len(names) < page {
			break
		}
	}
	strays, err := p.Strays(ctx, page)
	for _, scan := range strays {
		v.Fault(domain.Fault{Stream: domain.NewStream(domain.ScanFamily, scan), What: "stream of the evidence", Expected: "a stream", Found: "none"})
	}
	return last, hash, err
}
