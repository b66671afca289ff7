package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/scanledger/scanledger/adapters/bundle"
	"github.com/scanledger/scanledger/adapters/postgres"
	"github.com/scanledger/scanledger/domain"
)

func exportCommand() *cobra.Command {
	var scan uuid.UUID
	var file string
	cmd := &cobra.Command{
		Use: "export ID --out FILE", Short: "Write a scan and all that proves it into one file",
		Long:    "Write a scan's events, raw evidence and report into one file, with the signed\ncheckpoint that covers them. scanledger verify FILE needs no server.",
		Example: "  scanledger export 0190a1b2-… --out scan.tar",
		Args: func(_ *cobra.Command, args []string) (err error) {
			if len(args) != 1 {
				return usage("the id of one scan is needed")
			}
			if scan, err = uuid.Parse(args[0]); err != nil {
				return usage("%q is no scan's id", args[0])
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "out", "", "the file to be written")
	return operatorCommand(cmd, func(ctx context.Context, p *platform, out printer) error {
		if file == "" {
			return usage("--out is needed")
		}
		write, err := p.bundle(ctx, scan, func(uuid.UUID) bool { return true })
		if err != nil {
			return err
		}
		size, err := writeWhole(file, func(w io.Writer) error { return write(ctx, w) })
		if err != nil {
			return err
		}
		return out.print(map[string]any{"scan": scan, "file": file, "bytes": size}, "scan %s is in %s, %d bytes", scan, file, size)
	})
}

// writeWhole writes a file that is there whole or not at all.
func writeWhole(name string, write func(io.Writer) error) (size int64, err error) {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	w := bufio.NewWriter(f)
	if err := errors.Join(write(w), w.Flush(), f.Sync()); err != nil {
		return 0, errors.Join(err, f.Close())
	}
	size, err = f.Seek(0, io.SeekEnd)
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, err
	}
	return size, os.Rename(f.Name(), name)
}

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
