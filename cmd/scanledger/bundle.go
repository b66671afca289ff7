package main

import (
	"context"
	"io"
	"time"

	"github.com/google/uuid"

	"github.com/scanledger/scanledger/adapters/bundle"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/domain"
)

// bundle signs what a scan has, and returns what writes its bundle out. A scan
// whose owner is not let is unknown.
func (p *platform) bundle(ctx context.Context, scan uuid.UUID, let func(owner uuid.UUID) bool) (func(context.Context, io.Writer) error, error) {
	proofs, stream := postgres.NewProofs(p.pool), domain.NewStream(domain.ScanFamily, scan)
	head, err := proofs.Head(ctx, stream)
	if err != nil {
		return nil, err
	}
	if head == nil || !let(head.Owner) {
		return nil, domain.Errorf(domain.NotFound, "Scan not found")
	}
	signer, err := p.signer(ctx)
	if err != nil {
		return nil, err
	}
	signed, err := signedHead(ctx, signer, proofs, *head)
	if err != nil {
		return nil, err
	}
	checkpoint, err := proofs.Checkpoint(ctx, signed.Checkpoint)
	if err != nil {
		return nil, err
	}
	b := bundle.NewBuilder(signed, domain.PublicKeys(signer.Public()), checkpoint)
	if err := proofs.Each(ctx, stream, signed.Version, b.Add); err != nil {
		return nil, err
	}
	kept, err := proofs.Pieces(ctx, scan)
	if err != nil {
		return nil, err
	}
	pieces := make([]bundle.Piece, len(kept))
	for i, k := range kept {
		pieces[i] = bundle.Piece(k)
	}
	return b.Seal(pieces, func(ctx context.Context, h domain.Hash) ([]byte, error) { return proofs.Body(ctx, scan, h) })
}

// signedHead signs until a checkpoint covers the head, and returns the newest
// that a checkpoint has of the stream. A transaction that is open elsewhere
// may hold it up.
func signedHead(ctx context.Context, signer *postgres.Signer, proofs *postgres.Proofs, head domain.Head) (domain.Head, error) {
	const patience, pause = 5 * time.Second, 100 * time.Millisecond
	for began := now(); now().Sub(began) < patience; {
		signed, err := proofs.Signed(ctx, head.Stream)
		if err != nil {
			return domain.Head{}, err
		}
		if n := len(signed); n > 0 && signed[n-1].Version >= head.Version {
			return signed[n-1], nil
		}
		if err := signer.Sign(ctx); err != nil {
			return domain.Head{}, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return domain.Head{}, ctx.Err()
		}
	}
	return domain.Head{}, domain.Errorf(domain.Unavailable, "The scan's newest events are not signed yet. Try again in a moment.")
}
