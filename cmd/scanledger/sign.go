package main

import (
	"context"
	"time"

	"github.com/scanledger/scanledger/adapters/postgres"
)

// signer has the installation's signing key.
func (p *platform) signer(ctx context.Context) (*postgres.Signer, error) {
	return postgres.NewSigner(ctx, p.pool, now, random)
}

// signEvery is how long an event waits at most for a checkpoint, as long as
// transactions are short.
const signEvery = time.Minute

// sign writes checkpoints at intervals.
func (p *platform) sign(ctx context.Context) error {
	var signer *postgres.Signer
	for signer == nil {
		var err error
		if signer, err = p.signer(ctx); err == nil {
			break
		}
		p.log.Warn("no checkpoint is signed", "error", err)
		select {
		case <-time.After(signEvery):
		case <-ctx.Done():
			return nil
		}
	}
	return quiet(signer.Run(ctx, signEvery, p.log))
}
